/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <math.h>

/* Who may do what: one table, looked at by every command and question, so that NNG, the gateway and
 * a call in the same process have the same rights. */

#define ROLE(role) (1u << (role))
#define ALL                                                                                        \
    (ROLE(SK_ROLE_RESIDENT) | ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) |                      \
     ROLE(SK_ROLE_INTEGRATOR) | ROLE(SK_ROLE_READER) | ROLE(SK_ROLE_RULE_AUTHOR))

static const struct {
    uint32_t roles;
    const char *what;
} table[] = {
    [RIGHT_READ] = {ALL, "read"},
    [RIGHT_PUT] = {ROLE(SK_ROLE_RESIDENT) | ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) |
                       ROLE(SK_ROLE_INTEGRATOR),
                   "put listings and parties"},
    [RIGHT_ERASE] = {ROLE(SK_ROLE_RESIDENT) | ROLE(SK_ROLE_ADMIN), "erase or export a party"},
    [RIGHT_CONTACT] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN), "see contact details"},
    [RIGHT_EVENTS] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR) |
                          ROLE(SK_ROLE_READER),
                      "read events"},
    [RIGHT_DECIDE] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR),
                      "decide about suggestions"},
    [RIGHT_ANSWER] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR) |
                          ROLE(SK_ROLE_RESIDENT),
                      "answer for a side"},
    [RIGHT_RELAX] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN), "relax a case"},
    [RIGHT_REFERENCE] = {ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR),
                         "import areas or the taxonomy"},
    [RIGHT_RULES] = {ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_RULE_AUTHOR), "push or approve rules"},
    [RIGHT_EXPORT] = {ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR), "export"},
    [RIGHT_CHANNEL] = {ROLE(SK_ROLE_CHANNEL) | ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR),
                       "take messages or report on them"},
    [RIGHT_MESSAGES] = {ROLE(SK_ROLE_CONNECTOR) | ROLE(SK_ROLE_ADMIN) | ROLE(SK_ROLE_INTEGRATOR),
                        "list messages or send them anew"},
    [RIGHT_ADMIN] = {ROLE(SK_ROLE_ADMIN), "administer the engine"},
};

sk_status require_right(const sk_actor *actor, right wanted, sk_error *err)
{
    if (actor && (table[wanted].roles & ROLE(actor->role)))
        return SK_OK;
    return sk_fail(err, SK_EDENIED, "this token may not %s", table[wanted].what);
}

bool actor_covers(const sk_actor *actor, sk_str buurt, sk_str wijk, sk_str gemeente)
{
    if (actor->areas.count == 0)
        return true;
    for (size_t i = 0; i < actor->areas.count; i++) {
        sk_str area = actor->areas.items[i];

        if (sk_str_eq(area, buurt) || sk_str_eq(area, wijk) || sk_str_eq(area, gemeente))
            return true;
    }
    return false;
}

bool actor_sees_points(const sk_actor *actor)
{
    return actor->role == SK_ROLE_ADMIN || actor->role == SK_ROLE_INTEGRATOR;
}

bool actor_sees_distances(const sk_actor *actor)
{
    return actor_sees_points(actor) || actor->role == SK_ROLE_CONNECTOR;
}

/** `why` with the text `exact`, should it stand there, replaced by `coarse`. */
static sk_str why_coarsen(sk_arena *arena, sk_str why, sk_str exact, sk_str coarse)
{
    const char *at =
        exact.size && why.size ? memmem(why.data, why.size, exact.data, exact.size) : NULL;

    if (!at)
        return why;
    size_t before = (size_t)(at - why.data), after = why.size - before - exact.size;
    return sk_arena_printf(arena, "%.*s%.*s%.*s", (int)before, why.data, SK_STR_ARG(coarse),
                           (int)after, at + exact.size);
}

/** Values in tenths; a reason that tells the distance tells "minder dan 1 km" instead. */
static sk_status terms_coarsen(sk_arena *arena, double exact_m, double coarse_m,
                               const sk_term_value **terms, size_t count, sk_error *err)
{
    sk_term_value *copy = sk_arena_calloc(arena, count, sizeof(*copy));
    sk_buf exact = {0}, coarse = {0};
    sk_status st = SK_OK;

    if (sk_why_distance(exact_m, &exact)) {
        sk_buf_text(&coarse, "minder dan ");
        sk_why_distance(coarse_m, &coarse);
    }
    if (!copy || exact.failed || coarse.failed)
        st = sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    for (size_t i = 0; i < count && st == SK_OK; i++) {
        copy[i] = (*terms)[i];
        copy[i].value = floor(copy[i].value * 10 + 0.5) / 10;
        copy[i].why = why_coarsen(arena, copy[i].why, sk_buf_view(&exact), sk_buf_view(&coarse));
        if (!copy[i].why.data)
            st = sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    }
    sk_buf_done(&exact);
    sk_buf_done(&coarse);
    if (st == SK_OK)
        *terms = copy;
    return st;
}

/* A distance to a listing gives its place away to who asks from three sides; so do a term, a score
 * and a reason that were made from it. */
sk_status distance_coarsen(const sk_actor *actor, sk_arena *arena, double *distance_m,
                           const sk_term_value **terms, size_t term_count, int64_t *score,
                           sk_error *err)
{
    double coarse_m = (floor(*distance_m / 500) + 1) * 500;
    sk_status st;

    if (actor_sees_distances(actor))
        return SK_OK;
    if ((st = terms_coarsen(arena, *distance_m, coarse_m, terms, term_count, err)) != SK_OK)
        return st;
    *score -= *score % 10000;
    *distance_m = coarse_m;
    return SK_OK;
}

/* How much farther somebody lives than others may goes as well. */
sk_status relaxed_coarsen(const sk_actor *actor, sk_arena *arena, const sk_relaxed **items,
                          size_t count, sk_error *err)
{
    sk_relaxed *copy;

    if (actor_sees_distances(actor) || count == 0)
        return SK_OK;
    if ((copy = sk_arena_calloc(arena, count, sizeof(*copy))) == NULL)
        return sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    for (size_t i = 0; i < count; i++) {
        sk_str why = (*items)[i].why;
        const char *from = memmem(why.data, why.size, " (", 2);
        const char *to = from ? memchr(from, ')', why.size - (size_t)(from - why.data)) : NULL;

        copy[i] = (*items)[i];
        if (copy[i].constraint == SK_RELAX_DISTANCE && to)
            copy[i].why = sk_arena_printf(arena, "%.*s%.*s", (int)(from - why.data), why.data,
                                          (int)(why.data + why.size - to - 1), to + 1);
        if (!copy[i].why.data)
            return sk_fail(err, SK_ELIMIT, "this answer would be too large; ask for fewer");
    }
    *items = copy;
    return SK_OK;
}

sk_status suggestion_coarsen(const sk_actor *actor, sk_arena *arena, sk_suggestion *s,
                             sk_error *err)
{
    sk_status st = distance_coarsen(actor, arena, &s->values.distance_m, &s->terms, s->term_count,
                                    &s->score, err);

    return st == SK_OK ? relaxed_coarsen(actor, arena, &s->relaxed, s->relaxed_count, err) : st;
}

sk_status question_begin(sk_engine *e, const sk_actor *actor, right wanted, sk_error *err)
{
    sk_status st = require_right(actor, wanted, err);

    return st == SK_OK ? advance(e, err) : st;
}
