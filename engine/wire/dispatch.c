/* SPDX-License-Identifier: EUPL-1.2 */
#include "wire/dispatch.h"

/* Problem: bytes of anybody come in, and one Response has to go out whatever they are.
 *
 *   bytes -> size cap -> Request in the arena -> who asks -> id -> operation -> Response -> bytes
 *
 * The operation's number, the field of the request's choice, is the index into one table; a handler
 * reads its message, calls the engine and sets the result. Everything that can go wrong on the way
 * is one sk_error, which becomes the answer in one place (answer_error).
 *
 * Memory: `arena` holds the request and the answer, `scratch` the model values of one item. Both
 * are capped and reset with each request, so that neither many nor large requests let memory grow;
 * an answer that does not fit is refused and asks for less.
 *
 * Paths: the engine and the codec name a field relative to their own record ("point.lat"); handlers
 * add the place in the operation's message, and turn_place the operation itself.
 *
 * Failure: once the engine has stopped (a disk that failed in the midst of a command), everything
 * is answered with IO, also the command that met it: what reached the disk shows after the restart,
 * and the same request sent again gets the answer. */

/** The request unpacked: its bytes in messages and pointers, a few times larger. */
#define UNPACK_MAX (8u << 20)
/** Messages of an answer of SK_RESPONSE_MAX bytes: small ones weigh some eight times their bytes.
 */
#define ARENA_MAX (192u << 20)
/** Model values of one item or one page, with what the store needs to read them. */
#define SCRATCH_MAX (96u << 20)

struct sk_dispatcher {
    sk_engine *engine;
    sk_arena *arena, *scratch;
};

sk_status sk_dispatcher_new(sk_engine *engine, sk_dispatcher **out, sk_error *err)
{
    sk_dispatcher *made = sk_calloc(1, sizeof(*made));

    if (!made)
        return sk_fail(err, SK_ENOMEM, "no memory for a dispatcher");
    made->engine = engine;
    made->arena = sk_arena_new(ARENA_MAX);
    made->scratch = sk_arena_new(SCRATCH_MAX);
    if (!made->arena || !made->scratch) {
        sk_dispatcher_free(made);
        return sk_fail(err, SK_ENOMEM, "no memory for a dispatcher");
    }
    *out = made;
    return SK_OK;
}

void sk_dispatcher_free(sk_dispatcher *dispatcher)
{
    if (!dispatcher)
        return;
    sk_arena_free(dispatcher->arena);
    sk_arena_free(dispatcher->scratch);
    sk_free(dispatcher);
}

/* ---- The table ---- */

#define OP(name) [SCHAKEL__V1__REQUEST__OP_##name]

static const operation table[] = {
    OP(PUT_LISTINGS) = {"putListings", true, run_put_listings},
    OP(GET_LISTING) = {"getListing", false, run_get_listing},
    OP(LIST_LISTINGS) = {"listListings", false, run_list_listings},
    OP(WITHDRAW_LISTING) = {"withdrawListing", true, run_withdraw_listing},
    OP(SET_LISTING_STATUS) = {"setListingStatus", true, run_set_listing_status},
    OP(PUT_PARTIES) = {"putParties", true, run_put_parties},
    OP(GET_PARTY) = {"getParty", false, run_get_party},
    OP(ERASE_PARTY) = {"eraseParty", true, run_erase_party},
    OP(EXPORT_PARTY) = {"exportParty", false, run_export_party},
    OP(MATCH) = {"match", false, run_match},
    OP(WHY_NOT) = {"whyNot", false, run_why_not},
    OP(LIST_SUGGESTIONS) = {"listSuggestions", false, run_list_suggestions},
    OP(GET_SUGGESTION) = {"getSuggestion", false, run_get_suggestion},
    OP(DECIDE) = {"decide", true, run_decide},
    OP(HAND_OVER) = {"handOver", true, run_hand_over},
    OP(UNDO) = {"undo", true, run_undo},
    OP(RELAX_CASE) = {"relaxCase", true, run_relax_case},
    OP(SET_APPOINTMENTS) = {"setAppointments", true, run_set_appointments},
    OP(PUT_CONNECTORS) = {"putConnectors", true, run_put_connectors},
    OP(LIST_CONNECTORS) = {"listConnectors", false, run_list_connectors},
    OP(READ_EVENTS) = {"readEvents", false, run_read_events},
    OP(ACK_EVENTS) = {"ackEvents", true, run_ack_events},
    OP(PUT_AREAS) = {"putAreas", true, run_put_areas},
    OP(LIST_AREAS) = {"listAreas", false, run_list_areas},
    OP(FIND_AREA) = {"findArea", false, run_find_area},
    OP(PUT_TAXONOMY) = {"putTaxonomy", true, run_put_taxonomy},
    OP(GET_TAXONOMY) = {"getTaxonomy", false, run_get_taxonomy},
    OP(PUSH_RULES) = {"pushRules", true, run_push_rules},
    OP(TEST_RULES) = {"testRules", false, run_test_rules},
    OP(DRY_RUN_RULES) = {"dryRunRules", false, run_dry_run_rules},
    OP(GET_DRY_RUN) = {"getDryRun", false, run_get_dry_run},
    OP(CANCEL_DRY_RUN) = {"cancelDryRun", false, run_cancel_dry_run},
    OP(APPROVE_RULES) = {"approveRules", true, run_approve_rules},
    OP(ACTIVATE_RULES) = {"activateRules", true, run_activate_rules},
    OP(ROLLBACK_RULES) = {"rollbackRules", true, run_rollback_rules},
    OP(LIST_RULES) = {"listRules", false, run_list_rules},
    OP(GET_RULES) = {"getRules", false, run_get_rules},
    OP(EXPORT) = {"export", false, run_export},
    OP(GET_STATUS) = {"getStatus", false, run_get_status},
    OP(BACKUP) = {"backup", false, run_backup},
    OP(CREATE_TOKEN) = {"createToken", true, run_create_token},
    OP(LIST_TOKENS) = {"listTokens", false, run_list_tokens},
    OP(REVOKE_TOKEN) = {"revokeToken", true, run_revoke_token},
    OP(STEP_CLOCK) = {"stepClock", true, run_step_clock},
    OP(TAKE_MESSAGES) = {"takeMessages", false, run_take_messages},
    OP(REPORT_MESSAGE) = {"reportMessage", true, run_report_message},
    OP(LIST_MESSAGES) = {"listMessages", false, run_list_messages},
    OP(RETRY_MESSAGE) = {"retryMessage", true, run_retry_message},
};

static const operation *find_operation(uint32_t number)
{
    const operation *found = NULL;

    if (number < sizeof(table) / sizeof(table[0]))
        found = &table[number];
    return found && found->run ? found : NULL;
}

/* ---- Reading the request ---- */

/** The id of a request that could not be read, when it stands in front, as every encoder puts it.
 */
static sk_str peek_id(sk_str bytes)
{
    sk_str id = SK_STR("");

    if (bytes.size < 2 || bytes.data[0] != 0x0A || (uint8_t)bytes.data[1] > bytes.size - 2)
        return id;
    id = (sk_str){bytes.data + 2, (uint8_t)bytes.data[1]};
    return sk_id_valid(id) ? id : SK_STR("");
}

static sk_status read_request(turn *t, sk_str bytes)
{
    ProtobufCMessage *message = NULL;
    sk_status st = SK_OK;

    if (bytes.size > SK_MESSAGE_MAX)
        return sk_fail(t->err, SK_ELIMIT, "a request of %zu bytes; at most %d are taken",
                       bytes.size, SK_MESSAGE_MAX);
    st = sk_message_unpack(&schakel__v1__request__descriptor, bytes, UNPACK_MAX, t->arena, &message,
                           t->err);
    if (st != SK_OK)
        return st;
    t->request = (const Schakel__V1__Request *)message;
    t->number = (uint32_t)t->request->op_case;
    t->operation = find_operation(t->number);
    return SK_OK;
}

static sk_status check_id(turn *t)
{
    sk_str id = sk_str_from(t->request->id);

    if (id.size == 0 && t->operation->command)
        return sk_fail_field(t->err, SK_EINVAL, "id",
                             "a command needs an id of its own, so that it can be sent again");
    if (id.size && !sk_id_valid(id))
        return sk_fail_field(t->err, SK_EINVAL, "id", "1-64 of A-Z a-z 0-9 . _ : - are allowed");
    return SK_OK;
}

/* ---- The answer ---- */

/** Forget what a handler put in the answer. */
static void answer_clear(turn *t)
{
    sk_str id = sk_str_from(t->response->id);

    schakel__v1__response__init(t->response);
    if (id.size)
        t->response->id = (char *)id.data;
}

static void answer_error(turn *t, sk_status st)
{
    t->response->status = (Schakel__V1__Status)st;
    t->response->error = turn_make_error(t, st, t->err);
    if (t->response->error && st == SK_EBUSY)
        t->response->error->retry_after_ms = t->retry_ms;
}

static sk_status fail_stopped(turn *t)
{
    return sk_fail(t->err, SK_EIO,
                   "the engine has stopped after a failure; send this again after its restart");
}

static sk_status run(turn *t, const sk_actor *local)
{
    sk_status st = SK_OK;

    if (sk_engine_failed(t->engine))
        return fail_stopped(t);
    if (!local && (st = sk_engine_authenticate(t->engine, sk_str_from(t->request->token), &t->named,
                                               t->err)) != SK_OK)
        return st;
    t->actor = local ? local : &t->named;
    if (!t->operation)
        return sk_fail(t->err, SK_EINVAL, "the request names no operation that this engine knows");
    if ((st = check_id(t)) != SK_OK)
        return st;
    st = t->operation->run(t);
    if (sk_engine_failed(t->engine)) {
        answer_clear(t);
        return fail_stopped(t);
    }
    if (st == SK_ENOMEM && !t->operation->command)
        return turn_no_memory(t, t->err);
    if (st != SK_OK && !t->placed && t->err->field[0])
        turn_place(t, NULL, 0, t->err);
    return st;
}

/** Messages never take less room than their bytes, so that most answers need not be counted. */
static bool is_too_large(const turn *t)
{
    return sk_arena_used(t->arena) > SK_RESPONSE_MAX &&
           protobuf_c_message_get_packed_size(&t->response->base) > SK_RESPONSE_MAX;
}

/** The bytes of the answer; a larger one than allowed becomes an error. */
static sk_status write_answer(turn *t, sk_buf *out)
{
    if (is_too_large(t)) {
        answer_clear(t);
        answer_error(t, sk_fail(t->err, SK_ELIMIT,
                                "the answer would be larger than %d MiB; ask for less at a time",
                                SK_RESPONSE_MAX >> 20));
    }
    sk_buf_reset(out);
    /* An answer that once found no memory says nothing about the next. */
    out->failed = false;
    sk_message_pack(&t->response->base, out);
    return out->failed ? SK_ENOMEM : SK_OK;
}

sk_status sk_dispatch(sk_dispatcher *dispatcher, const sk_actor *local, sk_str request_bytes,
                      sk_buf *out_response, sk_dispatch_wait *out_wait)
{
    Schakel__V1__Response response = SCHAKEL__V1__RESPONSE__INIT;
    sk_error err = {0};
    turn t = {.engine = dispatcher->engine,
              .arena = dispatcher->arena,
              .scratch = dispatcher->scratch,
              .response = &response,
              .err = &err};
    sk_str id = SK_STR("");
    sk_status st = read_request(&t, request_bytes);

    if (st == SK_OK && sk_id_valid(sk_str_from(t.request->id)))
        id = sk_str_from(t.request->id);
    else if (st != SK_OK)
        id = peek_id(request_bytes);
    if (id.size && (response.id = turn_str(&t, id)) == NULL)
        st = turn_no_memory(&t, t.err);
    if (st == SK_OK)
        st = run(&t, local);
    if (st != SK_OK)
        answer_error(&t, st);
    st = write_answer(&t, out_response);
    if (out_wait)
        *out_wait = t.wait;
    sk_arena_reset(dispatcher->arena);
    sk_arena_reset(dispatcher->scratch);
    return st;
}
