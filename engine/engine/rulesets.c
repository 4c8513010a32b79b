/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <stdio.h>

/* The life of a rule set: pushed, approved by somebody else, active (activate.c), retired;
 * activating a retired one is the way back. A set that fails its own examples cannot be approved or
 * activated. */

sk_status rules_compile(sk_engine *e, sk_str name, sk_str source, sk_ruleset **out, sk_error *err)
{
    sk_rules_source from = {
        .name = name, .text = source, .find = sk_engine_find_script, .context = e};

    return sk_ruleset_load(&from, e->words, out, err);
}

static bool same_limits(const sk_ruleset_info *a, const sk_ruleset_info *b)
{
    return a->max_open_per_demand == b->max_open_per_demand &&
           a->max_open_per_supply == b->max_open_per_supply;
}

static bool relaxes(const sk_ruleset *rules)
{
    size_t count;

    return sk_ruleset_relax(rules, &count) && count > 0;
}

void rules_use(sk_engine *e, sk_ruleset *rules, const sk_rules_record *record)
{
    sk_ruleset *old = e->rules;

    e->rules = rules;
    sk_matcher_set_rules(e->matcher, rules);
    snprintf(e->rules_hash, sizeof(e->rules_hash), "%s", sk_ruleset_about(rules)->hash);
    health_load(e, record);
    if (!old || !same_limits(sk_ruleset_about(old), sk_ruleset_about(rules)))
        settle_all_aside(e);
    if (relaxes(rules) || (old && relaxes(old)))
        due_plan_relax_anew(e);
    if (e->notices)
        notify_use_rules(e);
    sk_ruleset_free(old);
}

/* ---- At opening ---- */

static sk_status first_rules(sk_engine *e, sk_buf *source, sk_rules_record *out_record,
                             sk_ruleset **out, sk_error *err)
{
    sk_rules_record record = {.state = SK_RULES_ACTIVE};
    sk_status st = sk_engine_find_script(e, SK_STR("standaard"), source, err);

    if (st != SK_OK ||
        (st = rules_compile(e, SK_STR("standaard"), sk_buf_view(source), out, err)) != SK_OK)
        return st;
    record.hash = sk_str_from(sk_ruleset_about(*out)->hash);
    record.name = sk_ruleset_about(*out)->name;
    record.source = sk_buf_view(source);
    record.policy = sk_ruleset_about(*out)->policy;
    sk_batch_clear(e->cmd.batch);
    sk_batch_put_rules(e->cmd.batch, &record);
    sk_batch_put_meta(e->cmd.batch, SK_STR(ACTIVE_NAME), record.hash);
    *out_record = record;
    return sk_store_write(e->store, e->cmd.batch, err);
}

/* What the active rule set is based on came with another version of the program, or the rules
 * folder was changed: the same file is another rule set now, and the log says since when. */
static sk_status adopt_changed(sk_engine *e, sk_rules_record *record, const sk_ruleset *rules,
                               sk_error *err)
{
    sk_rules_record old = *record;
    sk_rules_activation note = {.at_ms = e->now_ms, .before = old.hash};
    sk_status st;

    old.state = SK_RULES_RETIRED;
    record->hash = sk_str_from(sk_ruleset_about(rules)->hash);
    record->policy = sk_ruleset_about(rules)->policy;
    record->activated_ms = e->now_ms;
    record->faults = NULL;
    record->fault_count = 0;
    if ((st = activation_note(e, record, &note, err)) != SK_OK)
        return st;
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
        st = first_rules(e, &source, &record, &rules, err);
    else if (st == SK_OK &&
             (st = sk_store_get_rules(e->store, hash, arena, &record, err)) == SK_OK &&
             (st = rules_compile(e, record.name, record.source, &rules, err)) == SK_OK &&
             !sk_str_eq(hash, sk_str_from(sk_ruleset_about(rules)->hash)))
        st = adopt_changed(e, &record, rules, err);
    if (st == SK_OK)
        rules_use(e, rules, &record);
    else
        sk_ruleset_free(rules);
    sk_buf_done(&source);
    return st;
}

/* ---- Push and approve ---- */

sk_status rules_find(sk_engine *e, sk_str hash, sk_rules_record *out, sk_error *err)
{
    sk_status st = sk_store_get_rules(e->store, hash, e->cmd.arena, out, err);

    if (st == SK_ENOTFOUND)
        return sk_fail_field(err, SK_ENOTFOUND, "hash", "there is no rule set with this hash");
    return st;
}

void rules_put(sk_engine *e, const sk_rules_record *record, const char *event)
{
    sk_batch_put_rules(e->cmd.batch, record);
    emit(e, event, SK_STR(""), SK_STR(""), SK_STR(""), record->hash);
    audit(e, event, record->hash);
}

static sk_status run_examples(sk_ruleset *rules, sk_receipt *out, sk_error *err)
{
    sk_buf report = {0};
    sk_status st = sk_ruleset_test(rules, &out->examples_run, &out->examples_failed, &report, err);

    sk_buf_done(&report);
    return st;
}

sk_status rules_compile_stored(sk_engine *e, const sk_rules_record *record, sk_ruleset **out,
                               sk_error *err)
{
    sk_ruleset *rules = NULL;
    sk_receipt tested = {0};
    sk_status st = rules_compile(e, record->name, record->source, &rules, err);

    if (st != SK_OK)
        return st;
    if (!sk_str_eq(record->hash, sk_str_from(sk_ruleset_about(rules)->hash)))
        st = sk_fail_field(err, SK_ECONFLICT, "hash",
                           "what this rule set is based on has changed since; push it again");
    else if ((st = run_examples(rules, &tested, err)) == SK_OK && tested.examples_failed)
        st = sk_fail_field(err, SK_EINVAL, "hash",
                           "%u of its %u examples fail; `schakel rules test` shows them",
                           tested.examples_failed, tested.examples_run);
    if (st == SK_OK)
        *out = rules;
    else
        sk_ruleset_free(rules);
    return st;
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
    if ((st = rules_compile(e, SK_STR("source"), source, &rules, err)) != SK_OK ||
        (st = run_examples(rules, out, err)) != SK_OK) {
        sk_ruleset_free(rules);
        command_cancel(e);
        return st;
    }
    record.hash = sk_str_from(sk_ruleset_about(rules)->hash);
    record.name = sk_ruleset_about(rules)->name;
    record.policy = sk_ruleset_about(rules)->policy;
    record.author = call_token(call);
    record.author_name = token_name(e, record.author);
    record.pushed_ms = e->now_ms;
    created = sk_store_get_rules(e->store, record.hash, e->cmd.arena, &old, NULL) != SK_OK;
    if (created)
        rules_put(e, &record, "rules.pushed");
    st = command_commit(e, record.hash, 1, created, out, err);
    sk_ruleset_free(rules);
    return st;
}

/** A person may have several tokens; those have the person's name. */
static bool is_author(const sk_engine *e, const sk_rules_record *record, const sk_call *call)
{
    sk_str id = call_token(call), name = token_name(e, id);

    return sk_str_eq(record->author, id) ||
           (name.size && (sk_str_eq(record->author_name, name) ||
                          sk_str_eq(token_name(e, record->author), name)));
}

static sk_status check_approval(sk_engine *e, const sk_call *call, sk_str hash,
                                sk_rules_record *record, sk_error *err)
{
    sk_ruleset *rules = NULL;
    sk_status st = rules_find(e, hash, record, err);

    if (st != SK_OK)
        return st;
    if (record->state != SK_RULES_PUSHED)
        return sk_fail_field(err, SK_ECONFLICT, "hash", "this rule set was approved before");
    if (is_author(e, record, call))
        return sk_fail(err, SK_EDENIED,
                       "who wrote a rule set may not approve it: ask a second person");
    if ((st = rules_compile_stored(e, record, &rules, err)) == SK_OK)
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
    if ((st = check_approval(e, call, hash, &record, err)) != SK_OK) {
        command_cancel(e);
        return st;
    }
    record.state = SK_RULES_APPROVED;
    record.approved_by = call_token(call);
    record.approved_by_name = token_name(e, record.approved_by);
    record.approved_ms = e->now_ms;
    rules_put(e, &record, "rules.approved");
    return command_commit(e, hash, 1, false, out, err);
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
        st = rules_compile(e, SK_STR("source"), source, &rules, err);
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

/* ---- Lists ---- */

typedef struct rules_walk {
    sk_engine *e;
    sk_arena *arena;
    sk_rules_record *items;
    size_t count, capacity;
} rules_walk;

static bool copy_lists(sk_arena *arena, const sk_rules_record *record, sk_rules_record *out)
{
    sk_rules_activation *activations =
        sk_arena_calloc(arena, record->activation_count, sizeof(*activations));
    sk_rules_fault *faults = sk_arena_calloc(arena, record->fault_count, sizeof(*faults));

    if (!activations || !faults)
        return false;
    for (size_t i = 0; i < record->activation_count; i++) {
        activations[i] = record->activations[i];
        activations[i].by = sk_arena_str(arena, record->activations[i].by);
        activations[i].by_name = sk_arena_str(arena, record->activations[i].by_name);
        activations[i].before = sk_arena_str(arena, record->activations[i].before);
    }
    for (size_t i = 0; i < record->fault_count; i++) {
        faults[i] = record->faults[i];
        faults[i].rule = sk_arena_str(arena, record->faults[i].rule);
        faults[i].reason = sk_arena_str(arena, record->faults[i].reason);
    }
    out->activations = activations;
    out->faults = faults;
    return true;
}

/** Without source and policy, which are long. */
static bool copy_record(sk_arena *arena, const sk_rules_record *record, sk_rules_record *out)
{
    *out = *record;
    out->source = out->policy = SK_STR("");
    out->hash = sk_arena_str(arena, record->hash);
    out->name = sk_arena_str(arena, record->name);
    out->author = sk_arena_str(arena, record->author);
    out->author_name = sk_arena_str(arena, record->author_name);
    out->approved_by = sk_arena_str(arena, record->approved_by);
    out->approved_by_name = sk_arena_str(arena, record->approved_by_name);
    return out->hash.data && out->name.data && copy_lists(arena, record, out);
}

static sk_status visit_rules(void *context, const sk_rules_record *record, sk_error *err)
{
    rules_walk *walk = context;
    void *items = walk->items;
    sk_rules_record *copy;

    if (!sk_grow(&items, &walk->capacity, walk->count + 1, sizeof(*walk->items)))
        return sk_fail(err, SK_ENOMEM, "no memory for rule sets");
    walk->items = items;
    copy = &walk->items[walk->count++];
    if (!copy_record(walk->arena, record, copy))
        return sk_fail(err, SK_ENOMEM, "no memory for rule sets");
    return dry_summary_of(walk->e, walk->arena, copy, err);
}

sk_status sk_engine_list_rules(sk_engine *e, const sk_actor *actor, sk_arena *arena,
                               const sk_rules_record **out, size_t *out_count, sk_error *err)
{
    rules_walk walk = {.e = e, .arena = arena};
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
    return st == SK_OK ? dry_summary_of(e, arena, out, err) : st;
}
