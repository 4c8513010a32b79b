/* SPDX-License-Identifier: EUPL-1.2 */
#include "rules/describe.h"

/* An entry for the Dutch Algorithm Register, by the fields of its publication standard 1.0.0. What
 * follows from the rules is written here; what only the municipality knows stands as a field to
 * fill in, so that nobody publishes a guess. */

#define FIELDS 32
#define SHORT_CHARS 350 /**< What the standard allows of each field. */
#define LONG_CHARS 2500
#define TECHNICAL_CHARS 5000

typedef struct entry {
    sk_writer w;
    sk_register_field *fields;
    size_t count;
} entry;

/** Cut at `most` characters, at a space, with an ellipsis. */
static sk_str within(sk_str text, size_t most, sk_arena *arena)
{
    size_t chars = 0, at = 0, space = 0;

    for (; at < text.size; at++) {
        chars += ((unsigned char)text.data[at] & 0xC0) != 0x80;
        if (chars > most)
            break;
        if (chars < most && (text.data[at] == ' ' || text.data[at] == '\n'))
            space = at;
    }
    if (at == text.size)
        return text;
    return sk_arena_printf(arena, "%.*s…", (int)(space ? space : 0), text.data);
}

static void add(entry *e, const char *key, const char *label, sk_str text)
{
    if (e->count == FIELDS) {
        e->w.failed = true;
        return;
    }
    e->fields[e->count++] = (sk_register_field){.key = key, .label = label, .text = text};
}

/** Ends the text at hand as a field. */
static void add_taken(entry *e, const char *key, const char *label, size_t most)
{
    add(e, key, label, within(sk_writer_take(&e->w), most, e->w.arena));
}

static void add_to_fill(entry *e, const char *key, const char *label, const char *what)
{
    add(e, key, label, sk_arena_printf(e->w.arena, "[in te vullen: %s]", what));
    e->fields[e->count - 1].to_fill = true;
}

static void add_list(entry *e, const char *key, const char *label, sk_str member)
{
    add(e, key, label, member);
    e->fields[e->count - 1].list = true;
}

/* ---- General ---- */

static void add_general(entry *e)
{
    const sk_ruleset_info *info = &e->w.rules->info;

    sk_buf_printf(&e->w.text, "Voorstellen doen voor hulp in de buurt (%.*s)",
                  SK_STR_ARG(info->name));
    add_taken(e, "name", "Naam", 100);
    sk_buf_text(&e->w.text,
                "Het algoritme zoekt bij een hulpvraag wie in de buurt kan helpen, en zet de "
                "mogelijkheden op volgorde. Bij elk voorstel staat de reden. Een buurtverbinder "
                "beslist.");
    add_taken(e, "description_short", "Korte omschrijving", SHORT_CHARS);
    add_to_fill(e, "organization", "Organisatie", "volledige naam van de gemeente");
    add_list(e, "category", "Thema", SK_STR("Zorg en gezondheid"));
    add_to_fill(e, "status", "Status", "In ontwikkeling, In gebruik of Buiten gebruik");
    add_to_fill(e, "begin_date", "Begindatum", "jaar en maand, zoals 2026-03");
    add_to_fill(e, "contact_email", "Contactgegevens", "e-mailadres of website voor vragen");
    add_to_fill(e, "website", "Link naar publiekspagina", "adres, begint met https://");
    add_to_fill(e, "publication_category", "Publicatiecategorie",
                "Hoog-risico AI-systeem, Impactvolle algoritmes of Overige algoritmes");
}

/* ---- Responsible use ---- */

static void add_goal(entry *e)
{
    sk_buf_text(
        &e->w.text,
        "Mensen die hulp vragen en mensen die hulp bieden vinden elkaar sneller, en het werk "
        "wordt eerlijk verdeeld. Wie een vraag of aanbod plaatst, kan via een buurtverbinder "
        "een voorstel krijgen. Het algoritme geeft of weigert geen voorziening en geen "
        "geld.\n\n");
    sk_buf_str(&e->w.text, e->w.rules->info.policy);
    add_taken(e, "goal", "Doel en impact", LONG_CHARS);
}

static void add_human(entry *e)
{
    sk_buf_text(
        &e->w.text,
        "Het algoritme doet alleen voorstellen. Een buurtverbinder leest bij elk voorstel de "
        "redenen en beslist: doorgaan, afwijzen met een reden, of later. Daarna zeggen beide "
        "mensen zelf ja of nee. De buurtverbinder kan ook zien waarom iemand er niet bij "
        "staat. Nieuwe regels gelden pas nadat een tweede persoon ze heeft goedgekeurd.");
    add_taken(e, "human_intervention", "Menselijke tussenkomst", LONG_CHARS);
}

static void put_names(sk_writer *w, bool hard)
{
    const sk_ruleset *rules = w->rules;
    uint32_t count = hard ? rules->info.hard_count : rules->info.term_count;

    for (uint32_t i = 0; i < count; i++) {
        const sk_rule *rule = hard ? &rules->hards[i] : &rules->terms[i];

        sk_buf_text(&w->text, i == 0 ? "" : i + 1 == count ? " en " : ", ");
        sk_buf_str(&w->text, rule->info.name);
        if (!hard) {
            sk_buf_text(&w->text, " (");
            sk_describe_share(rules, rule, &w->text);
            sk_buf_text(&w->text, ")");
        }
    }
}

static void add_risks(entry *e, const sk_uses *uses)
{
    sk_buf *text = &e->w.text;

    if (e->w.rules->info.hard_count > 0) {
        sk_buf_text(text, "Eisen (");
        put_names(&e->w, true);
        sk_buf_text(text,
                    ") sluiten mensen uit. Blijft een lijst leeg, dan zegt het algoritme welke "
                    "eis dat deed en wat zou helpen. ");
    }
    if (uses->side[SK_SUPPLY][SK_F_LOAD] || uses->side[SK_SUPPLY][SK_F_ASKED] ||
        uses->side[SK_SUPPLY][SK_F_OPEN])
        sk_buf_text(
            text,
            "Overvragen: de regels wegen mee hoe vaak een helper al is gevraagd of gekoppeld. ");
    else
        sk_buf_text(text,
                    "Overvragen: deze regels wegen niet mee hoe vaak iemand al is gevraagd. ");
    if (uses->attribute_count > 0 || uses->any_attribute)
        sk_buf_text(text,
                    "Eigen kenmerken: de regels lezen kenmerken die de gemeente zelf bijhoudt; "
                    "ga na of zij nodig zijn en niemand ongelijk behandelen. ");
    if (uses->side[SK_DEMAND][SK_F_LANGUAGES] || uses->side[SK_SUPPLY][SK_F_LANGUAGES])
        sk_buf_text(text,
                    "Taal: de regels lezen welke talen mensen spreken. Dat kan samenhangen met "
                    "afkomst; het mag alleen dienen om elkaar te verstaan. ");
    sk_buf_text(text,
                "Fouten in regels: elke regelset heeft voorbeelden die vooraf worden getoetst, "
                "kan worden geprobeerd op de bestaande plaatsingen voordat hij geldt, en kan "
                "in een minuut worden teruggedraaid. Elk voorstel bewaart de versie van de "
                "regels, de score en de redenen.");
    add_taken(e, "risks", "Risicobeheer", LONG_CHARS);
}

static void add_responsible(entry *e, const sk_uses *uses)
{
    add_goal(e);
    add_to_fill(e, "proportionality", "Afwegingen",
                "voor- en nadelen, en welke andere manieren zijn overwogen");
    add_human(e);
    add_risks(e, uses);
    add_to_fill(e, "lawful_basis", "Wettelijke basis", "bijvoorbeeld de Wmo 2015");
    add_list(e, "lawful_basis_grouping", "Verwijzingen wettelijke basis", SK_STR(""));
    add_to_fill(e, "process_index_url", "Link naar verwerkingsregister", "adres");
    add_to_fill(e, "impacttoetsen", "Toelichting op impacttoetsen",
                "of er een DPIA of IAMA is gedaan, en zo niet waarom");
    add_list(e, "impacttoetsen_grouping", "Verwijzingen impacttoetsen", SK_STR(""));
}

/* ---- How it works ---- */

static void put_data(sk_writer *w, const sk_uses *uses)
{
    for (int id = 0; id < SK_F_COUNT_; id++) {
        for (int side = 0; side < 2; side++) {
            bool read = sk_fields[id].of_side ? uses->side[side][id] : side == 0 && uses->pair[id];

            if (read)
                sk_buf_printf(&w->text, "- %s\n", sk_explain_field((sk_field_id)id, (sk_side)side));
        }
    }
    for (size_t i = 0; i < uses->attribute_count; i++)
        sk_buf_printf(&w->text, "- het eigen kenmerk '%.*s' van %s\n",
                      SK_STR_ARG(uses->attributes[i].name),
                      uses->attributes[i].side == SK_DEMAND ? "de vraag" : "het aanbod");
    if (uses->any_attribute)
        sk_buf_text(&w->text, "- eigen kenmerken van vraag en aanbod, die een functie leest\n");
}

static void add_data(entry *e, const sk_uses *uses)
{
    sk_buf_text(&e->w.text,
                "Gegevens die mensen zelf opgeven bij hun vraag of aanbod, of die daaruit "
                "volgen. De regels lezen:\n\n");
    put_data(&e->w, uses);
    sk_buf_text(&e->w.text,
                "\nNamen, adressen, telefoonnummers, burgerservicenummers en vrije tekst "
                "lezen de regels niet. Welke vraag en welk aanbod bij elkaar kunnen, "
                "hangt ook af van plaats, tijd, taal en gevraagde bewijzen.");
    add_taken(e, "source_data", "Gegevens", LONG_CHARS);
    add_list(e, "source_data_grouping", "Verwijzingen gegevensbronnen", SK_STR(""));
}

static void add_methods(entry *e)
{
    const sk_ruleset_info *info = &e->w.rules->info;
    sk_buf *text = &e->w.text;

    sk_buf_text(text,
                "Vaste regels, niet zelflerend. Invoer: een vraag en de aanbiedingen die open "
                "staan. Eerst vallen aanbiedingen af die niet kunnen (onderwerp, afstand, tijd, "
                "taal, gevraagde bewijzen");
    if (info->hard_count > 0) {
        sk_buf_text(text, ", en de eisen ");
        put_names(&e->w, true);
    }
    sk_buf_text(text, "). Dan krijgt elk paar een score van 0 tot 1: het gewogen gemiddelde van ");
    put_names(&e->w, false);
    sk_buf_text(text, ". Een onderdeel waarvoor een gegeven ontbreekt, telt niet mee. Vanaf ");
    sk_why_number(text, (double)info->threshold / 1e6, 3);
    sk_buf_printf(
        text,
        " komt er een voorstel, hoogstens %u per vraag en %u per helper. Uitvoer: voorstellen "
        "op volgorde, elk met zijn redenen. Dezelfde invoer geeft altijd dezelfde uitvoer. "
        "Regelset '%.*s', versie %s.",
        info->max_open_per_demand, info->max_open_per_supply, SK_STR_ARG(info->name), info->hash);
    add_taken(e, "methods_and_models", "Technische werking", TECHNICAL_CHARS);
}

static void add_working(entry *e, const sk_uses *uses)
{
    const sk_ruleset_info *info = &e->w.rules->info;

    add_data(e, uses);
    add_methods(e);
    add(e, "provider", "Leverancier", SK_STR("Schakel (open source, EUPL-1.2)"));
    add_to_fill(e, "publiccode", "Link naar broncode", "adres van de broncode en van deze regels");
    add(e, "lang", "Taal", SK_STR("nld"));
    add(e, "standard_version", "Versie publicatiestandaard", SK_STR("1.0.0"));
    sk_buf_printf(&e->w.text, "%.*s@%.12s", SK_STR_ARG(info->name), info->hash);
    add_taken(e, "source_id", "Bron-ID", 100);
    add(e, "tags", "Zoektermen",
        SK_STR("hulpvraag, vrijwilligers, buurt, matchen, buurtverbinder, Wmo"));
}

sk_status sk_ruleset_register(sk_ruleset *rules, const sk_taxonomy *taxonomy, sk_arena *arena,
                              const sk_register_field **out, size_t *out_count, sk_error *err)
{
    entry e = {.w = {.rules = rules, .taxonomy = taxonomy, .arena = arena}};
    sk_uses uses;
    sk_status st = sk_uses_of(rules, &uses, err);

    if (st != SK_OK)
        return st;
    if (!(e.fields = sk_arena_calloc(arena, FIELDS, sizeof *e.fields)))
        return sk_fail(err, SK_ENOMEM, "out of memory");
    add_general(&e);
    add_responsible(&e, &uses);
    add_working(&e, &uses);
    for (size_t i = 0; i < e.count; i++)
        e.w.failed |= !e.fields[i].text.data;
    if (e.w.failed || e.w.text.failed)
        st = sk_fail(err, SK_ENOMEM, "out of memory");
    sk_buf_done(&e.w.text);
    if (st == SK_OK) {
        *out = e.fields;
        *out_count = e.count;
    }
    return st;
}
