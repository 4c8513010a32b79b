/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/describe.h"

/* A rule set as a page in Dutch, for council, residents and the privacy officer.
 *
 * Everything on the page comes from what is compiled: expressions are put into words by explain.c,
 * shares are computed from the weights, examples are judged here and now, and the data that is read
 * is found in the programs. So the page cannot say one thing while the engine does another. The
 * page is blocks of plain text; HTML and Markdown are made of it by whoever prints it. */

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* ---- Writing ---- */

sk_str sk_writer_take(sk_writer *w)
{
    sk_str copy = sk_arena_str(w->arena, sk_buf_view(&w->text));

    w->failed |= w->text.failed || !copy.data;
    sk_buf_reset(&w->text);
    return copy.data ? copy : SK_STR("");
}

static sk_block *add_block(sk_writer *w, sk_block_kind kind, const char *key)
{
    static sk_block nowhere;

    if (w->count == SK_PAGE_BLOCKS) {
        w->failed = true;
        return &nowhere;
    }
    w->blocks[w->count] = (sk_block){.kind = kind, .key = key, .code_column = -1};
    return &w->blocks[w->count++];
}

void sk_writer_heading(sk_writer *w, const char *key, const char *text)
{
    add_block(w, SK_BLOCK_HEADING, key)->text = sk_str_from(text);
}

void sk_writer_text(sk_writer *w, const char *key)
{
    sk_block *block = add_block(w, SK_BLOCK_TEXT, key);

    block->text = sk_writer_take(w);
}

void sk_writer_cell(sk_writer *w, sk_str text)
{
    sk_buf_str(&w->text, text);
    sk_writer_cell_taken(w);
}

void sk_writer_cell_taken(sk_writer *w)
{
    sk_str text = sk_writer_take(w);

    if (w->cell_count == w->cell_capacity) {
        sk_str *bigger = sk_arena_calloc(w->arena, w->cell_capacity * 2 + 64, sizeof *bigger);

        if (!bigger) {
            w->failed = true;
            return;
        }
        if (w->cell_count > 0)
            memcpy(bigger, w->cells, w->cell_count * sizeof *bigger);
        w->cells = bigger;
        w->cell_capacity = w->cell_capacity * 2 + 64;
    }
    w->cells[w->cell_count++] = text;
}

void sk_writer_table(sk_writer *w, const char *key, const char *caption, const char *const *keys,
                     const char *const *columns, size_t column_count, int code_column)
{
    sk_block *block;

    if (w->cell_count == 0)
        return;
    block = add_block(w, SK_BLOCK_TABLE, key);
    block->text = sk_str_from(caption);
    block->keys = keys;
    block->columns = columns;
    block->column_count = column_count;
    block->row_count = w->cell_count / column_count;
    block->cells = w->cells;
    block->code_column = code_column;
    w->cells = NULL;
    w->cell_count = w->cell_capacity = 0;
}

/* ---- Small words ---- */

void sk_describe_share(const sk_ruleset *rules, const sk_rule *rule, sk_buf *out)
{
    double all = 0;

    for (uint32_t i = 0; i < rules->info.term_count; i++)
        all += rules->terms[i].info.weight;
    sk_why_number(out, 100.0 * rule->info.weight / all, 1);
    sk_buf_text(out, " %");
}

void sk_describe_duration(int64_t ms, sk_buf *out)
{
    if (ms % SK_DAY_MS == 0)
        sk_explain_number((double)ms / (double)SK_DAY_MS, SK_U_DAY, out);
    else
        sk_explain_number((double)ms / (double)SK_MINUTE_MS, SK_U_MINUTE, out);
}

static void put_threshold(int64_t millionths, sk_buf *out)
{
    sk_why_number(out, (double)millionths / 1e6, 3);
}

static void explain_condition(sk_writer *w, sk_str expr)
{
    sk_declared declared = {w->rules->attributes, w->rules->info.attribute_count};

    w->failed |= sk_explain_condition(expr, declared, w->taxonomy, &w->text, NULL) != SK_OK;
}

static void explain_value(sk_writer *w, sk_str expr)
{
    sk_declared declared = {w->rules->attributes, w->rules->info.attribute_count};

    w->failed |= sk_explain_value(expr, declared, w->taxonomy, &w->text, NULL) != SK_OK;
}

static void put_condition(sk_writer *w, const sk_rule *rule)
{
    if (rule->when.size == 0)
        sk_buf_text(&w->text, "altijd");
    else
        explain_condition(w, rule->when);
}

/** A reason with its gaps named in Dutch: "woont [afstand] verderop". */
static void put_why(sk_writer *w, sk_str why)
{
    static const char *const gaps[][2] = {{"{distance}", "[afstand]"},
                                          {"{times}", "[tijden]"},
                                          {"{overlap}", "[tijd samen]"},
                                          {"{category}", "[onderwerp]"},
                                          {"{value}", "[per cent]"}};

    for (size_t i = 0; i < why.size;) {
        sk_str rest = {why.data + i, why.size - i};
        size_t gap = 0;

        while (gap < COUNT(gaps) && !sk_str_starts(rest, sk_str_from(gaps[gap][0])))
            gap++;
        if (gap < COUNT(gaps)) {
            sk_buf_text(&w->text, gaps[gap][1]);
            i += strlen(gaps[gap][0]);
        } else {
            sk_buf_add(&w->text, rest.data, 1);
            i++;
        }
    }
    sk_writer_cell_taken(w);
}

/* ---- The parts ---- */

static void describe_version(sk_writer *w)
{
    static const char *const keys[] = {"what", "value"}, *const columns[] = {"Wat", "Waarde"};
    const sk_ruleset_info *info = &w->rules->info;

    sk_writer_cell(w, SK_STR("Naam"));
    sk_writer_cell(w, info->name);
    sk_writer_cell(w, SK_STR("Gebaseerd op"));
    sk_writer_cell(w, info->based_on.size ? info->based_on : SK_STR("niets; alles staat hier"));
    sk_writer_cell(w, SK_STR("Versie (hash)"));
    sk_writer_cell(w, sk_str_from(info->hash));
    sk_writer_table(w, "version", "Welke regels dit zijn", keys, columns, COUNT(keys), -1);
    sk_buf_text(
        &w->text,
        "De hash is een vingerafdruk van de regels en van alles wat zij overnemen. Verandert "
        "er één teken, dan verandert de hash. Bij elk voorstel staat onder welke hash het "
        "is gemaakt.");
    sk_writer_text(w, "versionNote");
}

static void describe_policy(sk_writer *w)
{
    sk_writer_heading(w, "policyHeading", "Waarom deze regels");
    if (w->rules->info.policy.size > 0)
        sk_buf_str(&w->text, w->rules->info.policy);
    else
        sk_buf_text(&w->text, "De gemeente heeft nog geen toelichting geschreven.");
    sk_writer_text(w, "policy");
}

static void describe_hard(sk_writer *w)
{
    static const char *const keys[] = {"name", "when", "demand", "why"}, *const columns[] = {
                                                                             "Eis", "Geldt als",
                                                                             "Wat moet", "Reden"};

    sk_writer_heading(w, "hardHeading", "Wat moet");
    sk_buf_text(&w->text,
                w->rules->info.hard_count
                    ? "Voldoet een aanbod niet aan een eis, dan komt er geen voorstel. Is "
                      "een gegeven niet bekend, dan is niet aan de eis voldaan."
                    : "Deze regels stellen geen eigen eisen. De eisen van vraag en aanbod "
                      "zelf, zoals tijd, afstand, taal en bewijzen, gelden altijd.");
    sk_writer_text(w, "hardNote");
    for (uint32_t i = 0; i < w->rules->info.hard_count; i++) {
        const sk_rule *rule = &w->rules->hards[i];

        sk_writer_cell(w, rule->info.name);
        put_condition(w, rule);
        sk_writer_cell_taken(w);
        if (rule->info.function)
            sk_buf_text(&w->text, "een functie; zie de regels zelf");
        else
            explain_condition(w, rule->info.source);
        sk_writer_cell_taken(w);
        put_why(w, rule->info.why);
    }
    sk_writer_table(w, "hard", "De eisen", keys, columns, COUNT(keys), -1);
}

static void describe_terms(sk_writer *w)
{
    static const char *const keys[] = {"name", "share", "value", "when", "why"},
                             *const columns[] = {"Onderdeel", "Aandeel", "Hoe het telt",
                                                 "Telt mee als", "Wat de buurtverbinder leest"};

    sk_writer_heading(w, "termsHeading", "Wat meeweegt");
    sk_buf_text(&w->text,
                "Elk onderdeel geeft een waarde van 0 (niets) tot 1 (vol). De score is het "
                "gemiddelde, waarin elk onderdeel telt voor zijn aandeel. Telt een "
                "onderdeel niet mee, of ontbreekt een gegeven, dan verdelen de andere "
                "onderdelen zijn aandeel; niet voor en niet tegen.");
    sk_writer_text(w, "termsNote");
    for (uint32_t i = 0; i < w->rules->info.term_count; i++) {
        const sk_rule *rule = &w->rules->terms[i];

        sk_writer_cell(w, rule->info.name);
        sk_describe_share(w->rules, rule, &w->text);
        sk_writer_cell_taken(w);
        if (rule->info.function)
            sk_buf_text(&w->text, "een functie; alleen voor de beste honderd");
        else
            explain_value(w, rule->info.source);
        sk_writer_cell_taken(w);
        put_condition(w, rule);
        sk_writer_cell_taken(w);
        put_why(w, rule->info.why);
    }
    sk_writer_table(w, "terms", "De onderdelen en hun aandeel", keys, columns, COUNT(keys), -1);
}

/** Parts what is allowed from what stands before. */
static void next_allowed(sk_writer *w)
{
    sk_buf_text(&w->text, w->text.size > 0 ? "; " : "");
}

static void put_allowed(sk_writer *w, const sk_relax *relax)
{
    const sk_allowance *usual = &w->rules->usual, *gives = &relax->gives;

    if (gives->threshold < usual->threshold) {
        sk_buf_text(&w->text, "een score vanaf ");
        put_threshold(gives->threshold, &w->text);
    }
    if (gives->extra_m > 0) {
        next_allowed(w);
        sk_explain_number(gives->extra_m, SK_U_METRE, &w->text);
        sk_buf_text(&w->text, " verder weg");
    }
    if (gives->any_language) {
        next_allowed(w);
        sk_buf_text(&w->text, "zonder een taal die beiden kennen");
    }
    if (gives->closeness < usual->closeness) {
        next_allowed(w);
        sk_buf_text(&w->text, "een onderwerp dat minder goed past (");
        sk_why_number(&w->text, gives->closeness, 3);
        sk_buf_text(&w->text, " in plaats van ");
        sk_why_number(&w->text, usual->closeness, 3);
        sk_buf_text(&w->text, ")");
    }
    sk_writer_cell_taken(w);
}

static void describe_relax(sk_writer *w)
{
    static const char *const keys[] = {"after", "category", "allowed"}, *const columns[] = {
                                                                            "Na",
                                                                            "Voor welke vragen",
                                                                            "Wat er dan mag"};

    for (uint32_t i = 0; i < w->rules->relax_count; i++) {
        const sk_relax *relax = &w->rules->relax[i];
        sk_str code = sk_intern_str(w->rules->words, relax->category);

        sk_describe_duration(relax->after_ms, &w->text);
        sk_writer_cell_taken(w);
        sk_writer_cell(w, relax->category ? sk_explain_category(code, w->taxonomy)
                                          : SK_STR("alle vragen"));
        put_allowed(w, relax);
    }
    sk_writer_table(w, "relax", "Vragen die wachten", keys, columns, COUNT(keys), -1);
}

static void describe_threshold(sk_writer *w)
{
    const sk_ruleset_info *info = &w->rules->info;

    sk_writer_heading(w, "limitsHeading", "Wanneer er een voorstel komt");
    sk_buf_text(&w->text, "Vanaf een score van ");
    put_threshold(info->threshold, &w->text);
    sk_buf_printf(
        &w->text,
        " komt er een voorstel. Een vraag heeft hoogstens %u open voorstellen tegelijk en "
        "een helper hoogstens %u.",
        info->max_open_per_demand, info->max_open_per_supply);
    if (w->rules->relax_count > 0)
        sk_buf_text(&w->text, " Wacht een vraag langer, dan mag er meer.");
    sk_writer_text(w, "limits");
    describe_relax(w);
}

static const char *dutch_event(sk_on on)
{
    static const char *const words[SK_ON_COUNT_] = {
        [SK_ON_CREATED] = "er is een voorstel",
        [SK_ON_ACCEPTED] = "een voorstel is goedgekeurd",
        [SK_ON_INTRODUCED] = "twee mensen zijn aan elkaar voorgesteld",
        [SK_ON_DECLINED] = "iemand zei nee",
        [SK_ON_REJECTED] = "een voorstel is afgewezen",
        [SK_ON_CONNECTED] = "twee mensen zeiden allebei ja",
        [SK_ON_LISTING_EXPIRED] = "een vraag of aanbod is verlopen",
    };

    return words[on];
}

static const char *dutch_recipient(sk_to to)
{
    static const char *const words[] = {
        [SK_TO_NONE] = "",
        [SK_TO_CONNECTOR] = "de buurtverbinder",
        [SK_TO_NEED_PARTY] = "wie de vraag stelde",
        [SK_TO_OFFER_PARTY] = "wie hulp aanbood",
        [SK_TO_ADMIN] = "de beheerder",
        [SK_TO_RULE_AUTHOR] = "de regelschrijver",
    };

    return words[to];
}

static void describe_one_notify(sk_writer *w, const sk_notify *notify)
{
    sk_writer_cell(w, notify->info.name);
    sk_writer_cell(w, sk_str_from(dutch_event(notify->info.on)));
    if (notify->when_reg >= 0)
        explain_condition(w, notify->when);
    sk_writer_cell_taken(w);
    sk_writer_cell(w, sk_str_from(dutch_recipient(notify->info.to)));
    sk_writer_cell(w, notify->info.text.tongues[0].text);
}

static void describe_notify(sk_writer *w)
{
    static const char *const keys[] = {"name", "on", "when", "to", "text"}, *const columns[] = {
                                                                                "Bericht",
                                                                                "Wanneer",
                                                                                "Alleen als", "Aan",
                                                                                "Tekst"};

    if (w->rules->info.notify_count == 0)
        return;
    sk_writer_heading(w, "notifyHeading", "Wie bericht krijgt");
    for (uint32_t i = 0; i < w->rules->info.notify_count; i++)
        describe_one_notify(w, &w->rules->notify[i]);
    sk_writer_table(w, "notify", "Berichten", keys, columns, COUNT(keys), -1);
}

static void describe_people(sk_writer *w)
{
    sk_writer_heading(w, "humanHeading", "Wie beslist");
    sk_buf_text(
        &w->text,
        "De regels doen een voorstel. Een mens beslist: de buurtverbinder leest bij elk "
        "voorstel waarom het er staat, en kiest of hij of zij het doet. Daarna zeggen beide "
        "mensen zelf ja of nee. Niemand wordt zonder mens gekoppeld.\n\n"
        "Nieuwe regels gaan pas gelden als een tweede persoon ze heeft goedgekeurd. De "
        "gemeente kan altijd terug naar de vorige regels.");
    sk_writer_text(w, "human");
}

static void describe_source(sk_writer *w)
{
    static const char *const keys[] = {"name", "code"}, *const columns[] = {"Regel", "Uitdrukking"};

    sk_writer_heading(w, "rulesHeading", "De regels zelf");
    for (uint32_t i = 0; i < w->rules->info.hard_count + w->rules->info.term_count; i++) {
        bool hard = i < w->rules->info.hard_count;
        const sk_rule *rule =
            hard ? &w->rules->hards[i] : &w->rules->terms[i - w->rules->info.hard_count];

        sk_writer_cell(w, rule->info.name);
        if (rule->when.size > 0)
            sk_buf_printf(&w->text, "when %.*s: ", SK_STR_ARG(rule->when));
        sk_buf_str(&w->text, rule->info.function ? SK_STR("(functie)") : rule->info.source);
        sk_writer_cell_taken(w);
    }
    sk_writer_table(w, "rules", "Wat de computer uitrekent, letterlijk", keys, columns, COUNT(keys),
                    1);
}

/* ---- Face ---- */

sk_status sk_ruleset_describe(sk_ruleset *rules, const sk_taxonomy *taxonomy, sk_arena *arena,
                              sk_page *out, sk_error *err)
{
    sk_writer w = {.rules = rules, .taxonomy = taxonomy, .arena = arena};
    sk_status st = SK_OK;

    w.blocks = sk_arena_calloc(arena, SK_PAGE_BLOCKS, sizeof *w.blocks);
    if (!w.blocks)
        return sk_fail(err, SK_ENOMEM, "out of memory");
    describe_version(&w);
    describe_policy(&w);
    describe_hard(&w);
    describe_terms(&w);
    describe_threshold(&w);
    describe_notify(&w);
    sk_describe_examples(&w);
    st = sk_describe_data(&w, err);
    describe_people(&w);
    describe_source(&w);
    if (st == SK_OK && (w.failed || w.text.failed))
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    if (st == SK_OK)
        *out = (sk_page){w.blocks, w.count};
    sk_buf_done(&w.text);
    return st;
}
