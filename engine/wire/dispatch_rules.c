/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

/* Rule sets: from pushed to active, and questions about them. */

sk_status run_push_rules(turn *t)
{
    const Schakel__V1__PushRules *m = t->request->push_rules;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_push_rules(t->engine, &call, sk_str_from(m->source), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_approve_rules(turn *t)
{
    const Schakel__V1__ApproveRules *m = t->request->approve_rules;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_approve_rules(t->engine, &call, sk_str_from(m->hash), &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_activate_rules(turn *t)
{
    const Schakel__V1__ActivateRules *m = t->request->activate_rules;
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &m->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_activate_rules(t->engine, &call, sk_str_from(m->hash), m->max_change_percent,
                                      &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

sk_status run_rollback_rules(turn *t)
{
    sk_receipt receipt;
    sk_call call;
    sk_status st = turn_call(t, 0, &t->request->rollback_rules->base, &call, t->err);

    if (st == SK_OK)
        st = sk_engine_rollback_rules(t->engine, &call, &receipt, t->err);
    return turn_receipt(t, st, &receipt);
}

/* ---- Questions ---- */

sk_status run_test_rules(turn *t)
{
    const Schakel__V1__TestRules *m = t->request->test_rules;
    sk_str source = sk_str_from(m->source), hash = sk_str_from(m->hash);
    Schakel__V1__RulesTest *out = turn_make(t, &schakel__v1__rules_test__descriptor);
    sk_rules_test test;
    sk_status st = SK_OK;

    if (!source.size == !hash.size)
        return sk_fail_field(t->err, SK_EINVAL, source.size ? "hash" : "source",
                             "give either the text of a rule set or the hash of a stored one");
    st = sk_engine_test_rules(t->engine, t->actor, source, hash, t->scratch, &test, t->err);
    if (st != SK_OK)
        return st;
    if (!out || (out->report = turn_str(t, test.report)) == NULL ||
        (out->hash = turn_str(t, test.hash)) == NULL ||
        (out->name = turn_str(t, test.name)) == NULL)
        return turn_no_memory(t, t->err);
    out->run = test.run;
    out->failed = test.failed;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_RULES_TEST;
    t->response->rules_test = out;
    return SK_OK;
}

sk_status run_list_rules(turn *t)
{
    Schakel__V1__RulesList *out = turn_make(t, &schakel__v1__rules_list__descriptor);
    const sk_rules_record *items = NULL;
    size_t count = 0;
    sk_status st = sk_engine_list_rules(t->engine, t->actor, t->scratch, &items, &count, t->err);

    if (st != SK_OK)
        return st;
    if (!out || (out->items = turn_pointers(t, count)) == NULL)
        return turn_no_memory(t, t->err);
    for (size_t i = 0; i < count; i++)
        if ((out->items[i] = sk_rules_to_message(&items[i], t->arena)) == NULL)
            return turn_no_memory(t, t->err);
    out->n_items = count;
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_RULES;
    t->response->rules = out;
    return SK_OK;
}

sk_status run_get_rules(turn *t)
{
    sk_str hash = sk_str_from(t->request->get_rules->hash);
    sk_rules_record record;
    sk_status st = sk_engine_get_rules(t->engine, t->actor, hash, t->scratch, &record, t->err);

    if (st != SK_OK)
        return st;
    t->response->rules_record = sk_rules_to_message(&record, t->arena);
    if (!t->response->rules_record)
        return turn_no_memory(t, t->err);
    t->response->result_case = SCHAKEL__V1__RESPONSE__RESULT_RULES_RECORD;
    return SK_OK;
}
