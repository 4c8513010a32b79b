/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* Inside rules: `notify` blocks (docs/notifications.md). */

#include "rules/rules.h"

typedef struct lua_State lua_State;
typedef struct sk_item sk_item;

/** A `notify` block with what its expression reads. */
typedef struct sk_notify {
    sk_notify_info info;
    sk_str when; /**< Empty: always. */
    int when_reg;
    unsigned reads; /**< SK_KNOWS_ bits: whose fields `when` needs. */
    char place[96];
} sk_notify;

/** Read one `notify` block: the table at `spec`. */
void sk_read_notify(lua_State *state, int spec, const sk_item *item);
/** Read a `pacing` block over what the base says. */
void sk_read_pacing(lua_State *state, int spec, const sk_item *item);
/** Check the placeholders of a text. */
sk_status sk_letter_check(sk_str text, sk_error *err);
/** Compile the expressions of all blocks. */
sk_status sk_notify_compile(sk_ruleset *rules, sk_error *err);
