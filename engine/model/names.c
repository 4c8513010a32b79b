/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/records.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kinds[] = {NULL,    "NEED",  "INITIATIVE", "OFFER",
                                    "SKILL", "PLACE", "ACTIVITY"};
static const char *const listing_statuses[] = {NULL,        "OPEN",      "PAUSED",
                                               "FULFILLED", "WITHDRAWN", "EXPIRED"};
static const char *const states[] = {NULL,        "PROPOSED",  "ACCEPTED",  "REJECTED",
                                     "PARKED",    "WITHDRAWN", "EXPIRED",   "INTRODUCED",
                                     "CONNECTED", "DECLINED",  "COMPLETED", "ENDED"};
static const char *const roles[] = {NULL,         "RESIDENT", "CONNECTOR",   "ADMIN",
                                    "INTEGRATOR", "READER",   "RULE_AUTHOR", "CHANNEL"};
static const char *const message_states[] = {NULL,   "PLANNED",   "SENDING",
                                             "SENT", "CANCELLED", "DEAD"};

static const char *name_of(const char *const *names, size_t count, int number)
{
    return number > 0 && (size_t)number < count ? names[number] : NULL;
}

static int number_of(const char *const *names, size_t count, sk_str name)
{
    for (size_t i = 1; i < count; i++) {
        if (sk_str_eq(sk_str_from(names[i]), name))
            return (int)i;
    }
    return 0;
}

const char *sk_kind_name(sk_kind kind)
{
    return name_of(kinds, COUNT(kinds), (int)kind);
}

const char *sk_listing_status_name(sk_listing_status status)
{
    return name_of(listing_statuses, COUNT(listing_statuses), (int)status);
}

const char *sk_state_name(sk_state state)
{
    return name_of(states, COUNT(states), (int)state);
}

const char *sk_role_name(sk_role role)
{
    return name_of(roles, COUNT(roles), (int)role);
}

static const char *const relax_names[SK_RELAX_BITS] = {"distance", "language", "category",
                                                       "threshold"};

const char *sk_relax_name(sk_relax_bit bit)
{
    for (int i = 0; i < SK_RELAX_BITS; i++) {
        if ((int)bit == 1 << i)
            return relax_names[i];
    }
    return NULL;
}

uint8_t sk_relax_from(sk_str name)
{
    for (int i = 0; i < SK_RELAX_BITS; i++) {
        if (sk_str_eq(sk_str_from(relax_names[i]), name))
            return (uint8_t)(1 << i);
    }
    return 0;
}

const char *sk_message_state_name(sk_message_state state)
{
    return name_of(message_states, COUNT(message_states), (int)state);
}

sk_kind sk_kind_from(sk_str name)
{
    return (sk_kind)number_of(kinds, COUNT(kinds), name);
}

sk_role sk_role_from(sk_str name)
{
    return (sk_role)number_of(roles, COUNT(roles), name);
}
