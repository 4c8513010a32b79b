/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* Functions of rules that fail (docs/matching.md 7).
 *
 *   a round, a test again   the matcher counts failures while a command runs
 *   health_account          the command's end: three of a term within five minutes switch it off,
 *                           behind this command; a hard rule's first one is told
 *   the rule set's record   has what still counts and what is off, in the command's own batch, so
 *                           that a restart goes on with the same
 *   activation              starts with a clean record
 *
 * A question counts nothing, but sees a term that is off as rounds do: there is one rule set in
 * memory. Times are the engine's. What a function said when it failed goes to the log and the
 * record without what it may have read of a listing. */

#define WINDOW_MS (5 * SK_MINUTE_MS)

/* ---- Reasons ---- */

static bool holds(sk_str text, sk_str part)
{
    return memmem(text.data, text.size, part.data, part.size) != NULL;
}

/* Lua names what it could not use in quotes. What the file itself says may be told; anything else
 * is taken from a listing. */
static void tell(const char *reason, sk_str source, char *out, size_t size)
{
    sk_buf text = {0};
    const char *at = reason;

    while (*at) {
        const char *open = strchr(at, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
        const char *end = close ? close + 1 : at + strlen(at);

        if (close && !holds(source, (sk_str){open + 1, (size_t)(close - open - 1)})) {
            sk_buf_add(&text, at, (size_t)(open - at));
            sk_buf_text(&text, "'...'");
        } else {
            sk_buf_add(&text, at, (size_t)(end - at));
        }
        at = end;
    }
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] > '~' || text.data[i] == '"')
            text.data[i] = ' ';
    snprintf(out, size, "%.*s", (int)text.size, text.failed || !text.data ? "" : text.data);
    sk_buf_done(&text);
}

/* ---- What is off ---- */

static void list_off(sk_engine *e)
{
    e->rules_off_count = 0;
    for (uint32_t i = 0; i < sk_ruleset_about(e->rules)->term_count; i++)
        if (e->term_health[i].off_ms)
            e->rules_off[e->rules_off_count++] = sk_ruleset_term(e->rules, i)->name;
}

/** Index of the rule that a fault is about; -1: none of this set. */
static int rule_of(const sk_ruleset *rules, const sk_rules_fault *fault)
{
    const sk_ruleset_info *about = sk_ruleset_about(rules);
    uint32_t count = fault->hard ? about->hard_count : about->term_count;

    for (uint32_t i = 0; i < count; i++) {
        const sk_rule_info *rule =
            fault->hard ? sk_ruleset_hard_rule(rules, i) : sk_ruleset_term(rules, i);

        if (sk_str_eq(rule->name, fault->rule))
            return (int)i;
    }
    return -1;
}

void health_switch_off(sk_ruleset *rules, const sk_rules_fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int rule = rule_of(rules, &faults[i]);

        if (rule >= 0 && faults[i].off_ms)
            sk_ruleset_switch_term(rules, (uint32_t)rule, false);
    }
}

void health_load(sk_engine *e, const sk_rules_record *record)
{
    memset(e->term_health, 0, sizeof(e->term_health));
    memset(e->hard_health, 0, sizeof(e->hard_health));
    for (size_t i = 0; i < record->fault_count; i++) {
        const sk_rules_fault *fault = &record->faults[i];
        int rule = rule_of(e->rules, fault);
        rule_health *health;

        if (rule < 0)
            continue;
        health = fault->hard ? &e->hard_health[rule] : &e->term_health[rule];
        memcpy(health->failed_ms, fault->failed_ms, sizeof(health->failed_ms));
        health->failed_count = fault->failed_count;
        health->off_ms = fault->off_ms;
        snprintf(health->reason, sizeof(health->reason), "%.*s", SK_STR_ARG(fault->reason));
    }
    health_switch_off(e->rules, record->faults, record->fault_count);
    list_off(e);
}

bool health_is_clean(const sk_engine *e)
{
    for (uint32_t i = 0; i < SK_MAX_TERMS; i++)
        if (e->term_health[i].failed_count)
            return false;
    for (uint32_t i = 0; i < SK_MAX_HARD; i++)
        if (e->hard_health[i].failed_count)
            return false;
    return true;
}

/* ---- The record ---- */

static size_t add_faults(const sk_engine *e, bool hard, sk_rules_fault *out)
{
    const sk_ruleset_info *about = sk_ruleset_about(e->rules);
    uint32_t count = hard ? about->hard_count : about->term_count;
    size_t added = 0;

    for (uint32_t i = 0; i < count; i++) {
        const rule_health *health = hard ? &e->hard_health[i] : &e->term_health[i];
        sk_rules_fault *fault = &out[added];

        if (health->failed_count == 0)
            continue;
        *fault = (sk_rules_fault){.hard = hard,
                                  .failed_count = health->failed_count,
                                  .off_ms = health->off_ms,
                                  .reason = sk_str_from(health->reason)};
        fault->rule =
            hard ? sk_ruleset_hard_rule(e->rules, i)->name : sk_ruleset_term(e->rules, i)->name;
        memcpy(fault->failed_ms, health->failed_ms, sizeof(fault->failed_ms));
        added++;
    }
    return added;
}

static sk_status put_faults(sk_engine *e, sk_rules_record *record, sk_error *err)
{
    sk_rules_fault *faults =
        sk_arena_calloc(e->cmd.arena, SK_MAX_TERMS + SK_MAX_HARD, sizeof(*faults));

    if (!faults)
        return sk_fail(err, SK_ENOMEM, "no memory for what failed");
    record->fault_count = add_faults(e, true, faults);
    record->fault_count += add_faults(e, false, faults + record->fault_count);
    record->faults = faults;
    sk_batch_put_rules(e->cmd.batch, record);
    return SK_OK;
}

/* ---- Counting ---- */

static void say(sk_engine *e, const char *event, sk_str rule, const rule_health *health)
{
    emit_rules(e, event, rule);
    audit_own(e, event, rule);
    sk_log(SK_LOG_WARN, "event=%s rules=%.12s rule=%.*s reason=\"%s\"", event, e->rules_hash,
           SK_STR_ARG(rule), health->reason);
}

static void account_hard(sk_engine *e, uint32_t i, const sk_failure *failure, sk_str source)
{
    rule_health *health = &e->hard_health[i];

    if (failure->count == 0 || health->failed_count)
        return;
    health->failed_ms[health->failed_count++] = e->now_ms;
    tell(failure->reason, source, health->reason, sizeof(health->reason));
    say(e, "rules.hard_failing", sk_ruleset_hard_rule(e->rules, i)->name, health);
}

static void forget_old(rule_health *health, int64_t now_ms)
{
    uint32_t kept = 0;

    for (uint32_t k = 0; k < health->failed_count; k++)
        if (health->failed_ms[k] > now_ms - WINDOW_MS)
            health->failed_ms[kept++] = health->failed_ms[k];
    health->failed_count = kept;
}

static void account_term(sk_engine *e, uint32_t i, const sk_failure *failure, sk_str source)
{
    rule_health *health = &e->term_health[i];

    if (failure->count == 0)
        return;
    forget_old(health, e->now_ms);
    for (uint32_t n = 0; n < failure->count && health->failed_count < SK_RULES_FAILURES; n++)
        health->failed_ms[health->failed_count++] = e->now_ms;
    tell(failure->reason, source, health->reason, sizeof(health->reason));
    if (health->failed_count < SK_RULES_FAILURES)
        return;
    health->off_ms = e->now_ms;
    sk_ruleset_switch_term(e->rules, i, false);
    say(e, "rules.term_off", sk_ruleset_term(e->rules, i)->name, health);
}

/** A hard rule that goes on failing is no news. */
static bool is_news(const sk_engine *e, const sk_failures *failures)
{
    for (uint32_t i = 0; i < SK_MAX_TERMS; i++)
        if (failures->term[i].count)
            return true;
    for (uint32_t i = 0; i < SK_MAX_HARD; i++)
        if (failures->hard[i].count && !e->hard_health[i].failed_count)
            return true;
    return false;
}

sk_status health_account(sk_engine *e, sk_error *err)
{
    const sk_failures *failures = sk_matcher_failures(e->matcher);
    const sk_ruleset_info *about = sk_ruleset_about(e->rules);
    sk_rules_record record;
    sk_status st;

    if (!failures->any || !is_news(e, failures))
        return SK_OK;
    if ((st = rules_find(e, sk_str_from(e->rules_hash), &record, err)) != SK_OK)
        return st;
    for (uint32_t i = 0; i < about->hard_count; i++)
        account_hard(e, i, &failures->hard[i], record.source);
    for (uint32_t i = 0; i < about->term_count; i++)
        account_term(e, i, &failures->term[i], record.source);
    list_off(e);
    return put_faults(e, &record, err);
}
