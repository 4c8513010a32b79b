/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

#include <math.h>

/* What a channel gets: the texts of a message in the recipient's language, and where to send it.
 * Put together when it is taken and forgotten with the answer; nothing of it is kept.
 *
 * What a recipient may know: residents read distances as "minder dan 1 km", connectors exactly; the
 * other one's name is told only after both said yes. */

typedef struct writer {
    sk_engine *e;
    const notice *m;
    const lane *to;
    sk_arena *arena;
    sk_str language;
    uint32_t wanted; /**< Bit per sk_letter_field. */
    uint32_t slot[2];
    bool known[2];
    sk_listing listing[2];
    sk_suggestion suggestion;
    sk_str values[SK_LETTER_FIELDS];
    sk_error *err;
} writer;

static bool wants(const writer *w, sk_letter_field field)
{
    return w->wanted & (UINT32_C(1) << field);
}

static bool is_dutch(const writer *w)
{
    return sk_str_eq(w->language, SK_STR("nl"));
}

static sk_status give(writer *w, sk_letter_field field, const sk_buf *text)
{
    sk_str view = text->size ? sk_buf_view(text) : SK_STR("");

    w->values[field] = sk_arena_str(w->arena, view);
    if (!w->values[field].data || text->failed)
        return sk_fail(w->err, SK_ELIMIT, "too much at once; take fewer messages");
    return SK_OK;
}

/* ---- Dates ---- */

static const char *const days_nl[] = {"maandag", "dinsdag",  "woensdag", "donderdag",
                                      "vrijdag", "zaterdag", "zondag"};
static const char *const days_en[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
static const char *const months_nl[] = {"januari",   "februari", "maart",    "april",
                                        "mei",       "juni",     "juli",     "augustus",
                                        "september", "oktober",  "november", "december"};
static const char *const months_en[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

/** "dinsdag 3 maart", with " om 14.00 uur" behind it when `clock`. */
static void put_date(writer *w, int64_t at_ms, bool clock, sk_buf *out)
{
    bool dutch = is_dutch(w);
    int64_t local_s = 0, day;
    unsigned minute;
    char iso[32];
    int month, date;

    if (sk_calendar_to_local(w->e->calendar, SK_STR(""), at_ms, &local_s, NULL) != SK_OK)
        return;
    day = sk_floor_div(local_s, 86400);
    minute = (unsigned)(local_s - day * 86400) / 60;
    sk_time_format(local_s * 1000, iso);
    month = (iso[5] - '0') * 10 + iso[6] - '1';
    date = (iso[8] - '0') * 10 + iso[9] - '0';
    /* 1970-01-01 was a Thursday. */
    sk_buf_printf(out, "%s %d %s", (dutch ? days_nl : days_en)[(day % 7 + 7 + 3) % 7], date,
                  (dutch ? months_nl : months_en)[month]);
    if (clock)
        sk_buf_printf(out, dutch ? " om %u.%02u uur" : " at %u:%02u", minute / 60, minute % 60);
}

/* ---- Values ---- */

static sk_status give_titles(writer *w)
{
    static const sk_letter_field fields[2] = {SK_LETTER_NEED_TITLE, SK_LETTER_OFFER_TITLE};

    for (int side = 0; side < 2; side++)
        if (w->known[side])
            w->values[fields[side]] = w->listing[side].title;
    return SK_OK;
}

static sk_status give_buurt(writer *w)
{
    sk_str code = w->listing[SK_DEMAND].buurt;
    const sk_area *area;

    if (!wants(w, SK_LETTER_BUURT) || !w->known[SK_DEMAND] || code.size == 0)
        return SK_OK;
    area = area_named(w->e, code);
    w->values[SK_LETTER_BUURT] = area ? area->name : SK_STR("");
    return SK_OK;
}

/** Whoever is no connector learns no exact distance. */
static double shown_distance(const writer *w)
{
    double exact = w->suggestion.values.distance_m;

    return w->to->kind == SK_RECIPIENT_CONNECTOR || !isfinite(exact)
               ? exact
               : (floor(exact / 500) + 1) * 500;
}

static sk_status give_distance(writer *w)
{
    sk_buf text = {0}, number = {0};
    sk_status st;

    if (!wants(w, SK_LETTER_DISTANCE) || w->m->about != ABOUT_PAIRING)
        return SK_OK;
    if (sk_why_distance(shown_distance(w), &number)) {
        if (w->to->kind != SK_RECIPIENT_CONNECTOR)
            sk_buf_text(&text, is_dutch(w) ? "minder dan " : "less than ");
        sk_buf_str(&text, sk_buf_view(&number));
    }
    st = give(w, SK_LETTER_DISTANCE, &text);
    sk_buf_done(&text);
    sk_buf_done(&number);
    return st;
}

static sk_status give_times(writer *w)
{
    uint64_t bits[2][SK_HORIZON_WORDS];
    size_t least = 0;
    sk_buf text = {0};
    sk_status st;

    /* Described in Dutch only. */
    if (!wants(w, SK_LETTER_TIMES) || w->m->about != ABOUT_PAIRING || !is_dutch(w))
        return SK_OK;
    for (int side = 0; side < 2; side++)
        sk_index_availability(w->e->index, sk_index_facts(w->e->index, w->slot[side]), w->e->now_ms,
                              bits[side]);
    for (size_t i = 0; i < SK_HORIZON_WORDS; i++)
        bits[0][i] &= bits[1][i];
    least = (w->listing[SK_DEMAND].duration_min + 14) / 15;
    st = sk_calendar_describe(w->e->calendar, sk_floor_div(w->e->now_ms, SK_SLOT_MS), bits[0],
                              SK_HORIZON_SLOTS, least ? least : 1, 2, &text, w->err);
    if (st == SK_OK)
        st = give(w, SK_LETTER_TIMES, &text);
    sk_buf_done(&text);
    return st;
}

/** The reasons of the terms that apply, the first three. */
static sk_status give_reasons(writer *w)
{
    static const sk_actor outsider = {.role = SK_ROLE_RESIDENT};
    sk_buf text = {0};
    int given = 0;
    sk_status st = SK_OK;

    if (!wants(w, SK_LETTER_REASONS) || w->m->about != ABOUT_PAIRING || !is_dutch(w))
        return SK_OK;
    if (w->to->kind != SK_RECIPIENT_CONNECTOR)
        st = suggestion_coarsen(&outsider, w->arena, &w->suggestion, w->err);
    for (size_t i = 0; i < w->suggestion.term_count && given < 3 && st == SK_OK; i++) {
        const sk_term_value *term = &w->suggestion.terms[i];

        if (!term->applies || term->why.size == 0)
            continue;
        sk_buf_text(&text, given++ ? "; " : "");
        sk_buf_str(&text, term->why);
    }
    if (st == SK_OK)
        st = give(w, SK_LETTER_REASONS, &text);
    sk_buf_done(&text);
    return st;
}

static sk_status give_dates(writer *w)
{
    sk_buf appointment = {0}, deadline = {0};
    int side = w->known[SK_DEMAND] ? SK_DEMAND : SK_SUPPLY;
    sk_status st = SK_OK;

    if (wants(w, SK_LETTER_APPOINTMENT) && w->m->about == ABOUT_PAIRING &&
        w->suggestion.appointment_count)
        put_date(w, w->suggestion.appointments[0].start_ms, true, &appointment);
    if (wants(w, SK_LETTER_DEADLINE))
        put_date(w, w->listing[side].valid_until_ms, false, &deadline);
    st = give(w, SK_LETTER_APPOINTMENT, &appointment);
    if (st == SK_OK)
        st = give(w, SK_LETTER_DEADLINE, &deadline);
    sk_buf_done(&appointment);
    sk_buf_done(&deadline);
    return st;
}

/** The name of the other side; a connector reads who asked. */
static sk_status give_party(writer *w)
{
    bool from_need =
        w->to->kind == SK_RECIPIENT_PARTY &&
        sk_str_eq(w->suggestion.demand_party_id, sk_intern_str(w->e->words, w->to->recipient));
    sk_str id = from_need ? w->suggestion.supply_party_id : w->suggestion.demand_party_id;
    sk_party party;
    sk_status st;

    if (!wants(w, SK_LETTER_PARTY) || w->m->about != ABOUT_PAIRING ||
        w->e->pairings[w->m->subject].state != SK_STATE_CONNECTED)
        return SK_OK;
    st = sk_store_get_party(w->e->store, id, true, w->arena, &party, w->err);
    if (st == SK_OK && party.has_contact)
        w->values[SK_LETTER_PARTY] = party.contact.name;
    return st;
}

static sk_status give_all(writer *w)
{
    sk_status st;

    if ((st = give_titles(w)) != SK_OK || (st = give_buurt(w)) != SK_OK ||
        (st = give_distance(w)) != SK_OK || (st = give_times(w)) != SK_OK ||
        (st = give_party(w)) != SK_OK || (st = give_dates(w)) != SK_OK)
        return st;
    return give_reasons(w);
}

/* ---- Reading what it is about ---- */

static sk_status read_subject(writer *w)
{
    sk_engine *e = w->e;
    char id[16];
    sk_status st = SK_OK;

    if (w->m->about == ABOUT_PAIRING) {
        const pairing *p = &e->pairings[w->m->subject];

        w->slot[SK_DEMAND] = p->demand;
        w->slot[SK_SUPPLY] = p->supply;
        w->known[SK_DEMAND] = w->known[SK_SUPPLY] = true;
        st = sk_store_get_suggestion(e->store, pairing_id(p->number, id), w->arena, &w->suggestion,
                                     w->err);
    } else {
        const sk_facts *f = sk_index_facts(e->index, w->m->subject);
        sk_side side = sk_kind_side((sk_kind)f->kind);

        w->slot[side] = w->m->subject;
        w->known[side] = true;
    }
    for (int side = 0; side < 2 && st == SK_OK; side++)
        if (w->known[side])
            st = sk_store_get_listing(e->store, sk_index_id(e->index, w->slot[side]), w->arena,
                                      &w->listing[side], w->err);
    return st;
}

/* ---- To whom ---- */

/** A party's own address, or that of who speaks for it. */
static sk_status address_party(writer *w, sk_delivery *out)
{
    sk_str id = sk_intern_str(w->e->words, w->to->recipient);
    sk_party party, speaker;
    sk_status st = sk_store_get_party(w->e->store, id, true, w->arena, &party, w->err);

    if (st != SK_OK)
        return st;
    w->language = party.languages.count ? party.languages.items[0] : SK_STR("nl");
    if (party.preferences.language.size)
        w->language = party.preferences.language;
    if (party.represented_by.size &&
        sk_index_party_find(w->e->index, party.represented_by) != SK_NO_SLOT) {
        st =
            sk_store_get_party(w->e->store, party.represented_by, true, w->arena, &speaker, w->err);
        if (st != SK_OK)
            return st;
        party.has_contact = speaker.has_contact;
        party.contact = speaker.contact;
    }
    if (party.has_contact) {
        out->to_name = party.contact.name;
        out->to_email = party.contact.email;
        out->to_phone = party.contact.phone;
        out->to_address = party.contact.address;
    }
    return SK_OK;
}

static sk_status address(writer *w, sk_delivery *out)
{
    const sk_connector *c;

    w->language = SK_STR("nl");
    if (w->to->kind == SK_RECIPIENT_PARTY)
        return address_party(w, out);
    c = connector_find(w->e, sk_intern_str(w->e->words, w->to->recipient));
    if (w->to->kind == SK_RECIPIENT_CONNECTOR && c)
        out->to_name = c->name;
    return SK_OK;
}

/* ---- The whole ---- */

static sk_status write_texts(writer *w, const sk_notify_info *block, sk_delivery *out)
{
    const sk_tongue *text = sk_letter_tongue(&block->text, w->language);
    const sk_tongue *subject = sk_letter_tongue(&block->subject, text->language);
    sk_str shown = subject ? subject->text : SK_STR("");
    sk_buf buf = {0};
    sk_status st;

    w->language = text->language;
    w->wanted = sk_letter_uses(text->text) | sk_letter_uses(shown);
    if ((st = give_all(w)) != SK_OK)
        return st;
    sk_letter_write(text->text, w->values, &buf);
    out->text = sk_arena_str(w->arena, buf.size ? sk_buf_view(&buf) : SK_STR(""));
    sk_buf_reset(&buf);
    sk_letter_write(shown, w->values, &buf);
    out->subject = sk_arena_str(w->arena, buf.size ? sk_buf_view(&buf) : SK_STR(""));
    out->language = w->language;
    if (!out->text.data || !out->subject.data || buf.failed)
        st = sk_fail(w->err, SK_ELIMIT, "too much at once; take fewer messages");
    sk_buf_done(&buf);
    return st;
}

static sk_status name_it(writer *w, sk_delivery *out)
{
    char ids[3][16];
    sk_notice record;

    notice_record(w->e, w->m, ids, &record);
    *out = (sk_delivery){.id = sk_arena_str(w->arena, record.id),
                         .recipient_kind = record.recipient_kind,
                         .recipient_id = record.recipient_id,
                         .rule = record.rule,
                         .on = record.on,
                         .suggestion_id = sk_arena_str(w->arena, record.suggestion_id),
                         .listing_id = record.listing_id};
    return out->id.data && out->suggestion_id.data
               ? SK_OK
               : sk_fail(w->err, SK_ELIMIT, "too much at once; take fewer messages");
}

sk_status letter_compose(sk_engine *e, const notice *m, sk_arena *arena, sk_delivery *out,
                         sk_error *err)
{
    writer w = {.e = e, .m = m, .to = &e->notices->lanes[m->lane], .arena = arena, .err = err};
    sk_status st;

    if ((st = name_it(&w, out)) != SK_OK || (st = read_subject(&w)) != SK_OK ||
        (st = address(&w, out)) != SK_OK)
        return st;
    return write_texts(&w, notify_block(e, m), out);
}
