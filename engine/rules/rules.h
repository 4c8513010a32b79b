/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* The face of rules: a municipality's Lua file becomes programs that run over pairs, as
 * docs/matching.md 4 says. The only user of lua.h. Thread: one rule set belongs to one thread. */

#include "model/model.h"

#define SK_LANES 64 /**< Pairs that one evaluation takes at most. */
#define SK_MAX_TERMS 32
#define SK_MAX_HARD 32
#define SK_MAX_EXAMPLES 64
#define SK_MAX_NOTIFY 32
#define SK_MAX_TONGUES 8 /**< Languages of one text. */
#define SK_TWO_PHASE 100 /**< How many of the first ranking function rules see. */

typedef struct sk_ruleset sk_ruleset;

/** Finds the source of `based_on` and of a required library file by its name ("standaard",
 *  "lib/afstand"). Append it to `out`; SK_ENOTFOUND when there is none. */
typedef sk_status (*sk_rules_find)(void *context, sk_str name, sk_buf *out, sk_error *err);

typedef struct sk_rules_source {
    sk_str name; /**< For error messages: "wilgenmeer.lua". */
    sk_str text;
    sk_rules_find find; /**< NULL: neither based_on nor require. */
    void *context;
} sk_rules_source;

/** What travels inside the program: "standaard", the library as "lib/rust", "taxonomy.json". */
typedef struct sk_builtin_script {
    const char *name;
    const char *text;
    size_t size;
} sk_builtin_script;
/** Ends with a NULL name. */
extern const sk_builtin_script sk_builtin_scripts[];

/** Evaluates the file in the sandbox, compiles every expression, and hashes all sources. `words`
 *  is borrowed for the life of the rule set and gains the words that the rules name. Errors name
 *  rule, line and character ("term 'nabij', expr, character 7: ..."). */
sk_status sk_ruleset_load(const sk_rules_source *source, sk_intern *words, sk_ruleset **out,
                          sk_error *err);
void sk_ruleset_free(sk_ruleset *rules);

typedef struct sk_ruleset_info {
    sk_str name, policy;
    sk_str based_on; /**< Empty: nothing. */
    char hash[65];
    int64_t threshold;            /**< Millionths. */
    uint32_t max_open_per_demand; /**< Open suggestions of a demand listing, 5 in standaard. */
    uint32_t max_open_per_supply; /**< Open suggestions of a supply party, 3 in standaard. */
    uint32_t hard_count, term_count;
    bool has_functions; /**< Function terms or function hard rules: two phases. */
    uint32_t example_count;
    uint32_t attribute_count; /**< Declared ones. */
    uint32_t notify_count;
} sk_ruleset_info;
/** View. */
const sk_ruleset_info *sk_ruleset_about(const sk_ruleset *rules);
typedef struct sk_rule_info {
    sk_str name;
    double weight; /**< Terms only. */
    bool function;
    sk_str why;    /**< The template, or empty. */
    sk_str source; /**< The expression as written; empty for functions. */
} sk_rule_info;
const sk_rule_info *sk_ruleset_term(const sk_ruleset *rules, uint32_t index);
const sk_rule_info *sk_ruleset_hard_rule(const sk_ruleset *rules, uint32_t index);

/** An attribute that the rule set declares: `attributes = { verdieping = "number" }`. */
typedef struct sk_attribute_info {
    sk_str name;
    sk_attr_type type;
    sk_str unit; /**< "m", "min", "d" or empty. */
    sk_str note; /**< What it means, or empty. */
} sk_attribute_info;
/** In the order of the rule set: the base's, then its own by name. View. */
const sk_attribute_info *sk_ruleset_attribute(const sk_ruleset *rules, uint32_t index);

/* ---- Relaxing (relax.c): docs/matching.md 7 ---- */

/** What a demand listing is allowed. */
typedef struct sk_allowance {
    int64_t threshold; /**< Millionths. */
    double closeness;  /**< C3: at least this. */
    uint32_t extra_m;  /**< C4: so much beyond the larger reach. */
    bool any_language; /**< C6 always holds. */
} sk_allowance;
/** `relax { after = "3d", category = "vervoer", threshold = 0.35, reach = "5 km" }` */
typedef struct sk_relax {
    int64_t after_ms;
    uint32_t category;  /**< Word; 0: any. */
    sk_allowance gives; /**< What it leaves as it is has a value that widens nothing. */
} sk_relax;
/** View, in the order of the file. */
const sk_relax *sk_ruleset_relax(const sk_ruleset *rules, size_t *out_count);
bool sk_relax_covers(const sk_ruleset *rules, const sk_relax *step, const sk_facts *need);
/** `now_ms` may lie ahead. */
sk_allowance sk_ruleset_allowance(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms);
/** The same with other bits of sk_relax_bit than the listing's own. */
sk_allowance sk_ruleset_allowance_as(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms,
                                     uint8_t relaxed);
/** Without any step, and the widest that a demand listing can have. Views. */
const sk_allowance *sk_ruleset_usual(const sk_ruleset *rules);
const sk_allowance *sk_ruleset_widest(const sk_ruleset *rules);
/** Bits of sk_relax_bit: in which of the four `a` is wider than `b`. */
uint8_t sk_allowance_wider(const sk_allowance *a, const sk_allowance *b);
/** Index of the step whose age the listing reaches next, strictly after `now_ms`, or -1. */
int sk_ruleset_next_relax(const sk_ruleset *rules, const sk_facts *need, int64_t now_ms);

/** A pair to judge. Everything borrowed. */
typedef struct sk_pair {
    const sk_facts *need, *offer; /**< Demand and supply side. */
    const sk_party_facts *need_party, *offer_party;
    double distance_m; /**< NAN: missing (both remote, or a point absent). */
    double overlap_min, longest_min;
    double closeness;
} sk_pair;

/** Bit i of the result: pair i passes every `hard` rule given as an expression. count <= SK_LANES.
 */
uint64_t sk_ruleset_pass(sk_ruleset *rules, int64_t now_ms, const sk_pair *pairs, size_t count);
/** Scores by the expression terms alone; count <= SK_LANES. */
void sk_ruleset_score(sk_ruleset *rules, int64_t now_ms, const sk_pair *pairs, size_t count,
                      double *out_scores);

/** One pair in full, functions included. */
typedef struct sk_verdict {
    bool pass;
    int failed_hard; /**< Index of the first hard rule that is not true, or -1. */
    double score;
    struct {
        bool applies;
        double value; /**< Clamped to [0, 1]. */
    } term[SK_MAX_TERMS];
    uint32_t
        failed_functions;  /**< How many functions failed (limits, errors); they do not apply. */
    char failure[160];     /**< The first failure's reason; empty when none. */
    uint32_t failed_terms; /**< Bit t: the function of term t failed. */
    uint32_t failed_hards; /**< Bit r: that of hard rule r. */
} sk_verdict;
/** Before a batch of sk_ruleset_judge calls: collects the garbage of earlier ones. Each call does
 * so too where needed, so that fuel never depends on history. */
void sk_ruleset_begin(sk_ruleset *rules);
void sk_ruleset_judge(sk_ruleset *rules, int64_t now_ms, const sk_pair *pair, sk_verdict *out);
/** The hard rules alone, functions included; of the verdict what concerns them. */
void sk_ruleset_judge_hards(sk_ruleset *rules, int64_t now_ms, const sk_pair *pair,
                            sk_verdict *out);

/** How the function of a term or hard rule failed when it last did; a view, empty when never. */
const char *sk_ruleset_failure(const sk_ruleset *rules, bool hard, uint32_t index);

/** Switch a function term off, after failures, or on again; off it does not apply. Others stay. */
void sk_ruleset_switch_term(sk_ruleset *rules, uint32_t index, bool on);

/** What is known of all counterparts in a block. Ranges are closed; NAN-free. */
typedef struct sk_bounds {
    const sk_facts *query; /**< NULL: neither side is known. */
    const sk_party_facts *query_party;
    sk_side query_side;
    double distance_lo_m, distance_hi_m;
    bool distance_may_miss; /**< Some pair may have no distance. */
    double closeness_lo, closeness_hi;
    double overlap_hi_min; /**< Overlap and longest lie in [0, overlap_hi]. */
    int64_t created_lo_ms, created_hi_ms;
} sk_bounds;
/** An upper bound of the expression score of every pair within the bounds. */
double sk_ruleset_bound(sk_ruleset *rules, int64_t now_ms, const sk_bounds *bounds);
/** The same, when since the rule set's last bound only distance, closeness and creation moved:
 *  a search asks for dozens that differ in nothing else. */
double sk_ruleset_bound_again(sk_ruleset *rules, int64_t now_ms, const sk_bounds *bounds);

/** floor(score * 1e6 + 0.5) */
int64_t sk_millionths(double score);

/** Values for the placeholders of a `why` template: {distance}, {times}, {overlap}, {category},
 *  {value} (per cent), {need.field}, {offer.field}. */
typedef struct sk_why {
    double distance_m; /**< NAN: none */
    double overlap_min;
    sk_str times;        /**< "dinsdag 14.00-16.00 uur" or empty */
    sk_str category;     /**< Dutch label of the best shared category */
    double value;        /**< The term's value */
    const sk_pair *pair; /**< For {need.field} and {offer.field}; NULL: they have no value. */
    int64_t now_ms;      /**< With `pair`. */
} sk_why;
/** A distance as {distance} writes it: "600 m", "1,2 km"; false for none. */
bool sk_why_distance(double distance_m, sk_buf *out);
/** Dutch text of term `index`, appended to `out`: numbers with comma, "600 m", "1,2 km",
 *  "2 uur en 15 minuten"; nothing when the template is empty or a placeholder has no value. */
void sk_ruleset_why(const sk_ruleset *rules, uint32_t index, const sk_why *values, sk_buf *out);

/** The programs of the rule set as text, one instruction a line, appended to `out`. */
sk_status sk_ruleset_disassemble(const sk_ruleset *rules, sk_buf *out, sk_error *err);

/** Run the `example` blocks; appends a table of differences in text to `report`. */
sk_status sk_ruleset_test(sk_ruleset *rules, uint32_t *out_run, uint32_t *out_failed,
                          sk_buf *report, sk_error *err);

/* ---- Who is told (docs/notifications.md) ---- */

/** What a `notify` block can be about. */
typedef enum sk_on {
    SK_ON_NONE = 0,
    SK_ON_CREATED,
    SK_ON_ACCEPTED,
    SK_ON_INTRODUCED,
    SK_ON_DECLINED,
    SK_ON_REJECTED,
    SK_ON_CONNECTED,
    SK_ON_LISTING_EXPIRED,
    SK_ON_COUNT_
} sk_on;
/** "suggestion.created" ...; NONE for what no block can be about. Thread: any. */
const char *sk_on_name(sk_on on);
sk_on sk_on_from(sk_str name);
/** It tells of one listing, not of a pair. */
static inline bool sk_on_is_listing(sk_on on)
{
    return on == SK_ON_LISTING_EXPIRED;
}

typedef enum sk_to {
    SK_TO_NONE = 0,
    SK_TO_CONNECTOR,
    SK_TO_NEED_PARTY,
    SK_TO_OFFER_PARTY,
    SK_TO_ADMIN,
    SK_TO_RULE_AUTHOR
} sk_to;
/** "connector", "need_party" ... Thread: any. */
const char *sk_to_name(sk_to to);

typedef struct sk_tongue {
    sk_str language, text;
} sk_tongue;
/** A text in several languages; Dutch is always there, first. */
typedef struct sk_letter {
    sk_tongue tongues[SK_MAX_TONGUES];
    uint32_t count;
} sk_letter;

/** What holds messages back; a block may break through these. */
#define SK_BREAKS_QUIET 1u
#define SK_BREAKS_BUDGET 2u
#define SK_BREAKS_DIGEST 4u

/** How a municipality spares people; its `pacing` block. */
typedef struct sk_pacing {
    bool has_quiet;
    uint16_t quiet_from_min, quiet_to_min;
    uint8_t quiet_days;                 /**< Bit 0: Monday. */
    uint32_t max_per_day, max_per_week; /**< 0: any number. */
    sk_str channel;                     /**< Where to, when nobody says. */
} sk_pacing;
const sk_pacing *sk_ruleset_pacing(const sk_ruleset *rules);

typedef struct sk_notify_info {
    sk_str name;
    sk_on on;
    sk_to to;
    sk_str channel; /**< Empty: the recipient's own preference, or the usual one. */
    sk_letter subject, text;
    unsigned breaks; /**< SK_BREAKS_ bits. */
    bool has_digest; /**< Collected until a moment of the day. */
    uint16_t digest_min;
    uint8_t digest_days; /**< 0: every day. */
} sk_notify_info;
/** View. */
const sk_notify_info *sk_ruleset_notify(const sk_ruleset *rules, uint32_t index);
/** Bit i: block i is about `on`. */
uint32_t sk_ruleset_notify_on(const sk_ruleset *rules, sk_on on);

#define SK_KNOWS_NEED 1u
#define SK_KNOWS_OFFER 2u
#define SK_KNOWS_PAIR 4u
/** Bit i: block i is about `on`, and its `when` holds. `knows`: what of the pair is known; a `when`
 *  that reads anything else is false. Both sides must point at something. */
uint32_t sk_ruleset_notify_holds(sk_ruleset *rules, int64_t now_ms, sk_on on, const sk_pair *pair,
                                 unsigned knows);

/** What a letter's placeholders stand for; an empty one has no value. */
typedef enum sk_letter_field {
    SK_LETTER_NEED_TITLE,
    SK_LETTER_OFFER_TITLE,
    SK_LETTER_BUURT,
    SK_LETTER_DISTANCE,
    SK_LETTER_TIMES,
    SK_LETTER_REASONS,
    SK_LETTER_APPOINTMENT,
    SK_LETTER_PARTY,
    SK_LETTER_DEADLINE,
    SK_LETTER_FIELDS
} sk_letter_field;
/** Which of a letter's texts is for `language`: itself, else Dutch. */
const sk_tongue *sk_letter_tongue(const sk_letter *letter, sk_str language);
/** Bit f: the text has placeholder f. */
uint32_t sk_letter_uses(sk_str text);
/** Appends the text with its placeholders filled in; a sentence with one that has no value stays
 *  out. */
void sk_letter_write(sk_str text, const sk_str values[SK_LETTER_FIELDS], sk_buf *out);

/* ---- What an author asks ---- */

typedef enum sk_finding_level {
    SK_FINDING_NOTE,
    SK_FINDING_WARNING,
    SK_FINDING_ERROR
} sk_finding_level;

/** Something that an author should look at. */
typedef struct sk_finding {
    sk_finding_level level;
    const char *code; /**< A word for programs: "never-applies". */
    sk_str place;     /**< "wilgenmeer.lua:12"; empty: the file as a whole. */
    sk_str rule;      /**< "term 'nabij'"; empty: none in particular. */
    sk_str text;
} sk_finding;

/** What of a pair lowers the upper bound of a term, so that the index can skip whole blocks. */
enum {
    SK_INDEX_DISTANCE = 1,
    SK_INDEX_CLOSENESS = 2,
    SK_INDEX_OVERLAP = 4,
    SK_INDEX_AGE = 8,
    SK_INDEX_ONE_SIDE = 16, /**< Fields of one side alone: known when that side asks. */
};

typedef struct sk_rule_check {
    double lo, hi; /**< Between what its value lies; lo > hi: it never has one. */
    bool may_miss;
    unsigned index;        /**< SK_INDEX_ bits; terms only. */
    uint32_t instructions; /**< Of `expr` and `when`, with what it shares with others. */
    double cost_ns;        /**< Of one pair, an order of magnitude. */
} sk_rule_check;

typedef struct sk_rules_check {
    const sk_finding *findings;
    size_t finding_count;
    uint32_t errors, warnings, notes;
    sk_rule_check hard[SK_MAX_HARD], term[SK_MAX_TERMS];
    double score_lo, score_hi; /**< Between these lies every score. */
    uint32_t instructions;     /**< Of the whole rule set, for one pair. */
    double cost_ns;            /**< Of those; every candidate pays it. */
    double function_ns;        /**< Of the functions, for each of the best 100. */
} sk_rules_check;

typedef struct sk_check_options {
    const sk_taxonomy *taxonomy; /**< NULL: codes are not looked up. */
    sk_str text;                 /**< The file, to see what functions do; empty: not looked at. */
} sk_check_options;

/** Look for what loads but cannot be meant: rules that never or always hold, thresholds out of
 *  reach, unknown words, what has no reason or example. `arena` owns the findings. */
sk_status sk_ruleset_check(sk_ruleset *rules, const sk_check_options *options, sk_arena *arena,
                           sk_rules_check *out, sk_error *err);

/* ---- The page that a municipality publishes ---- */

typedef enum sk_block_kind {
    SK_BLOCK_HEADING,
    SK_BLOCK_TEXT, /**< Plain text: empty lines part paragraphs. */
    SK_BLOCK_TABLE
} sk_block_kind;

/** A piece of a page, in Dutch and without any mark-up: whoever prints it escapes it. */
typedef struct sk_block {
    sk_block_kind kind;
    const char *key;                          /**< For programs: "terms". */
    sk_str text;                              /**< The heading, the text, or the table's caption. */
    const char *const *keys, *const *columns; /**< Of a table: its columns for programs, people. */
    size_t column_count, row_count;
    const sk_str *cells;
    int code_column; /**< Cells that are code; -1: none. */
} sk_block;

typedef struct sk_page {
    const sk_block *blocks;
    size_t count;
} sk_page;

/** The rule set in words: why, what must be, what counts for how much, when there is a suggestion,
 *  how people are told, examples, the data that it reads, who decides, and the rules themselves.
 *  `taxonomy` may be NULL. `arena` owns the page. */
sk_status sk_ruleset_describe(sk_ruleset *rules, const sk_taxonomy *taxonomy, sk_arena *arena,
                              sk_page *out, sk_error *err);

/** A field of the Dutch Algorithm Register, publication standard 1.0.0. */
typedef struct sk_register_field {
    const char *key, *label; /**< "goal", "Doel en impact" */
    sk_str text;
    bool list;    /**< A list in JSON; the text is its only member, or it is empty. */
    bool to_fill; /**< Only the municipality can say; the text says what. */
} sk_register_field;

sk_status sk_ruleset_register(sk_ruleset *rules, const sk_taxonomy *taxonomy, sk_arena *arena,
                              const sk_register_field **out, size_t *out_count, sk_error *err);
