/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* The life of a rule set: pushed, approved by somebody else, active, retired; activating a retired
 * one is the way back. A set that fails its own examples cannot be activated. */

#define ACTIVE_NAME "rules/active"

static sk_status compile(sk_engine *e, sk_str name, sk_str source, sk_ruleset **out, sk_error *err)
{
    sk_rules_source from = {
        .name = name, .text = source, .find = sk_engine_find_script, .context = e};

    return sk_ruleset_load(&from, e->words, out, err);
}

static void use(sk_engine *e, sk_ruleset *rules)
{
    sk_ruleset *old = e->rules;

    e->rules = rules;
    sk_matcher_set_rules(e->matcher, rules);
    snprintf(e->rules_hash, sizeof(e->rules_hash), "%s", sk_ruleset_about(rules)->hash);
    sk_ruleset_free(old);
    settle_all_aside(e);
}

/* ---- At opening ---- */

static sk_status first_rules(sk_engine *e, sk_buf *source, sk_ruleset **out, sk_error *err)
{
    sk_rules_record record = {.state = SK_RULES_ACTIVE};
    sk_status st = sk_engine_find_script(e, SK_STR("standaard"), source, err);

    if (st != SK_OK ||
        (st = compile(e, SK_STR("standaard"), sk_buf_view(source), out, err)) != SK_OK)
        return st;
    record.hash = sk_str_from(sk_ruleset_about(*out)->hash);
    record.name = sk_ruleset_about(*out)->name;
    record.source = sk_buf_view(source);
    sk_batch_clear(e->cmd.batch);
    sk_batch_put_rules(e->cmd.batch, &record);
    sk_batch_put_meta(e->cmd.batch, SK_STR(ACTIVE_NAME), record.hash);
    return sk_store_write(e->store, e->cmd.batch, err);
}

/* What the active rule set is based on came with another version of the program, or the rules
 * folder was changed: the same file is another rule set now, and the log says since when. */
static sk_status adopt_changed(sk_engine *e, sk_rules_record *record, const sk_ruleset *rules,
                               sk_error *err)
{
    sk_rules_record old = *record;

    old.state = SK_RULES_RETIRED;
    record->hash = sk_str_from(sk_ruleset_about(rules)->hash);
    record->activated_ms = e->now_ms;
    sk_log(SK_LOG_WARN, "rules=changed old=%.*s new=%.*s", SK_STR_ARG(old.hash),
           SK_STR_ARG(record->hash));
    sk_batch_clear(e->cmd.batch);
    sk_batch_put_rules(e->cmd.batch, &old);
    sk_batch_put_rules(e->cmd.batch, record);
    sk_batch_put_meta(e->cmd.batch, SK_STR(ACTIVE_NAME), record->hash);
    emit(e, "rules.activated", SK_STR(""), SK_STR(""), SK_STR(""), record->hash);
    pending_begin(e, e->relocate_pending);
    return sk_store_write(e->store, e->cmd.batch, err);
}

sk_status load_rules(sk_engine *e, sk_error *err)
{
    sk_arena *arena = e->cmd.arena;
    sk_rules_record record;
    sk_ruleset *rules = NULL;
    sk_buf source = {0};
    sk_str hash;
    sk_status st = sk_store_get_meta(e->store, SK_STR(ACTIVE_NAME), arena, &hash, err);

    if (st == SK_ENOTFOUND)
        st = first_rules(e, &source, &rules, err);
    else if (st == SK_OK &&
             (st = sk_store_get_rules(e->store, hash, arena, &record, err)) == SK_OK &&
             (st = compile(e, record.name, record.source, &rules, err)) == SK_OK &&
             !sk_str_eq(hash, sk_str_from(sk_ruleset_about(rules)->hash)))
        st = adopt_changed(e, &record, rules, err);
    if (st == SK_OK)
        use(e, rules);
    else
        sk_ruleset_free(rules);
    sk_buf_done(&source);
    return st;
}

/* ---- Push and approve ---- */

static sk_status find_record(sk_engine *e, sk_str hash, sk_rules_record *out, sk_error *err)
{
    sk_status st = sk_store_get_rules(e->store, hash, e->cmd.arena, out, err);

    if (st == SK_ENOTFOUND)
        return sk_fail_field(err, SK_ENOTFOUND, "hash", "there is no rule set with this hash");
    return st;
}

static void put_record(sk_engine *e, const sk_rules_record *record, const char *event)
{
    sk_batch_put_rules(e->cmd.batch, record);
    emit(e, event, SK_STR(""), SK_STR(""), SK_STR(""), record->hash);
    audit(e, event, record->hash);
}

sk_status sk_engine_push_rules(sk_engine *e, const sk_call *call, sk_str source, sk_receipt *out,
                               sk_error *err)
{
    sk_rules_record record = {.state = SK_RULES_PUSHED, .source = source}, old;
    sk_ruleset *rules = NULL;
    bool created;
    sk_status st = require_right(call->actor, RIGHT_RULES, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    if ((st = compile(e, SK_STR("source"), source, &rules, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    record.hash = sk_str_from(sk_ruleset_about(rules)->hash);
    record.name = sk_ruleset_about(rules)->name;
    record.author = call_token(call);
    record.pushed_ms = e->now_ms;
    created = sk_store_get_rules(e->store, record.hash, e->cmd.arena, &old, NULL) != SK_OK;
    if (created)
        put_record(e, &record, "rules.pushed");
    st = command_commit(e, record.hash, 1, created, out, err);
    sk_ruleset_free(rules);
    return st;
}

sk_status sk_engine_approve_rules(sk_engine *e, const sk_call *call, sk_str hash, sk_receipt *out,
                                  sk_error *err)
{
    sk_rules_record record;
    sk_status st = require_right(call->actor, RIGHT_RULES, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    st = find_record(e, hash, &record, err);
    if (st == SK_OK && record.state != SK_RULES_PUSHED)
        st = sk_fail_field(err, SK_ECONFLICT, "hash", "this rule set was approved before");
    if (st == SK_OK && sk_str_eq(record.author, call_token(call)))
        st = sk_fail(err, SK_EDENIED,
                     "who wrote a rule set may not approve it: ask a second person");
    if (st != SK_OK) {
        command_cancel(e);
        return st;
    }
    record.state = SK_RULES_APPROVED;
    record.approved_by = call_token(call);
    record.approved_ms = e->now_ms;
    put_record(e, &record, "rules.approved");
    return command_commit(e, hash, 1, false, out, err);
}

/* ---- Activate ---- */

static sk_status check_examples(sk_engine *e, sk_ruleset *rules, sk_error *err)
{
    uint32_t run, failed;
    sk_buf report = {0};
    sk_status st = sk_ruleset_test(rules, &run, &failed, &report, err);

    (void)e;
    sk_buf_done(&report);
    if (st == SK_OK && failed)
        return sk_fail_field(err, SK_EINVAL, "hash",
                             "%u of its %u examples fail; `schakel rules test` shows them", failed,
                             run);
    return st;
}

static sk_status retire_active(sk_engine *e, sk_error *err)
{
    sk_rules_record record;
    sk_status st = find_record(e, sk_str_from(e->rules_hash), &record, err);

    if (st != SK_OK)
        return st;
    record.state = SK_RULES_RETIRED;
    sk_batch_put_rules(e->cmd.batch, &record);
    return SK_OK;
}

static sk_status check_activation(sk_engine *e, sk_str hash, sk_rules_record *record,
                                  sk_ruleset **out, sk_error *err)
{
    sk_status st = find_record(e, hash, record, err);

    if (st != SK_OK)
        return st;
    if (record->state == SK_RULES_PUSHED)
        return sk_fail_field(err, SK_ECONFLICT, "hash",
                             "a second person has to approve this rule set first");
    if (record->state == SK_RULES_ACTIVE)
        return sk_fail_field(err, SK_ECONFLICT, "hash", "this rule set is active already");
    if ((st = compile(e, record->name, record->source, out, err)) != SK_OK)
        return st;
    if (!sk_str_eq(hash, sk_str_from(sk_ruleset_about(*out)->hash)))
        return sk_fail_field(err, SK_ECONFLICT, "hash",
                             "what this rule set is based on has changed since; push it again");
    return check_examples(e, *out, err);
}

sk_status sk_engine_activate_rules(sk_engine *e, const sk_call *call, sk_str hash, sk_receipt *out,
                                   sk_error *err)
{
    sk_rules_record record;
    sk_ruleset *rules = NULL;
    sk_status st = require_right(call->actor, RIGHT_ADMIN, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    st = check_activation(e, hash, &record, &rules, err);
    if (st == SK_OK)
        st = retire_active(e, err);
    if (st != SK_OK) {
        sk_ruleset_free(rules);
        command_cancel(e);
        return st;
    }
    record.state = SK_RULES_ACTIVE;
    record.activated_ms = e->now_ms;
    put_record(e, &record, "rules.activated");
    sk_batch_put_meta(e->cmd.batch, SK_STR(ACTIVE_NAME), hash);
    pending_begin(e, false);
    if ((st = command_commit(e, hash, 1, false, out, err)) != SK_OK) {
        sk_ruleset_free(rules);
        return st;
    }
    use(e, rules);
    return pending_finish(e, err);
}

/* ---- Questions ---- */

static sk_status source_of(sk_engine *e, sk_str hash, sk_arena *arena, sk_str *source,
                           sk_error *err)
{
    sk_rules_record record;
    sk_status st = sk_store_get_rules(e->store, hash, arena, &record, err);

    if (st == SK_ENOTFOUND)
        return sk_fail_field(err, SK_ENOTFOUND, "hash", "there is no rule set with this hash");
    if (st == SK_OK)
        *source = record.source;
    return st;
}

sk_status sk_engine_test_rules(sk_engine *e, const sk_actor *actor, sk_str source, sk_str hash,
                               sk_arena *arena, sk_rules_test *out, sk_error *err)
{
    sk_ruleset *rules = NULL;
    sk_buf report = {0};
    sk_status st = question_begin(e, actor, RIGHT_RULES, err);

    if (st == SK_OK && source.size == 0)
        st = source_of(e, hash, arena, &source, err);
    if (st == SK_OK)
        st = compile(e, SK_STR("source"), source, &rules, err);
    if (st == SK_OK)
        st = sk_ruleset_test(rules, &out->run, &out->failed, &report, err);
    if (st == SK_OK) {
        out->report = sk_arena_str(arena, sk_buf_view(&report));
        out->name = sk_arena_str(arena, sk_ruleset_about(rules)->name);
        out->hash = sk_arena_str(arena, sk_str_from(sk_ruleset_about(rules)->hash));
    }
    sk_buf_done(&report);
    sk_ruleset_free(rules);
    return st;
}

typedef struct rules_walk {
    sk_arena *arena;
    sk_rules_record *items;
    size_t count, capacity;
} rules_walk;

static sk_status visit_rules(void *context, const sk_rules_record *record, sk_error *err)
{
    rules_walk *walk = context;
    void *items = walk->items;
    sk_rules_record *copy;

    if (!sk_grow(&items, &walk->capacity, walk->count + 1, sizeof(*walk->items)))
        return sk_fail(err, SK_ENOMEM, "no memory for rule sets");
    walk->items = items;
    copy = &walk->items[walk->count++];
    *copy = *record;
    copy->source = SK_STR("");
    copy->hash = sk_arena_str(walk->arena, record->hash);
    copy->name = sk_arena_str(walk->arena, record->name);
    copy->author = sk_arena_str(walk->arena, record->author);
    copy->approved_by = sk_arena_str(walk->arena, record->approved_by);
    return SK_OK;
}

sk_status sk_engine_list_rules(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                               const sk_rules_record **out, size_t *out_count, sk_error *err)
{
    rules_walk walk = {.arena = arena};
    sk_rules_record *items;
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st == SK_OK)
        st = sk_store_each_rules(e->store, visit_rules, &walk, err);
    if (st == SK_OK) {
        items = sk_arena_calloc(arena, walk.count, sizeof(*items));
        if (!items) {
            st = sk_fail(err, SK_ENOMEM, "no memory for rule sets");
        } else {
            memcpy(items, walk.items, walk.count * sizeof(*items));
            *out = items;
            *out_count = walk.count;
        }
    }
    sk_free(walk.items);
    return st;
}

sk_status sk_engine_get_rules(sk_engine *e, const sk_actor *actor, sk_str hash, sk_arena *arena,
                              sk_rules_record *out, sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st != SK_OK)
        return st;
    if (hash.size == 0)
        hash = sk_str_from(e->rules_hash);
    st = sk_store_get_rules(e->store, hash, arena, out, err);
    if (st == SK_ENOTFOUND)
        return sk_fail_field(err, SK_ENOTFOUND, "hash", "there is no rule set with this hash");
    return st;
}
