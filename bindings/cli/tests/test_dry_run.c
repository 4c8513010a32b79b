/* SPDX-License-Identifier: EUPL-1.2 */
#include "talk.h"

#include "../dry_run.h"

/* The report of a dry run: which figures it hides, what it escapes, and how the command asks. */

/* ---- Hiding ---- */

static uint32_t chance = 12345;

static uint32_t below(uint32_t bound)
{
    chance = chance * 1664525u + 1013904223u;
    return (chance >> 8) % bound;
}

static void fill(dry_line *line)
{
    int64_t same = below(8);

    line->n[DRY_MOVED] = below(7);
    line->n[DRY_APPEAR] = below(9);
    line->n[DRY_VANISH] = below(9);
    line->n[DRY_BEFORE] = same + line->n[DRY_MOVED] + line->n[DRY_VANISH];
    line->n[DRY_AFTER] = same + line->n[DRY_MOVED] + line->n[DRY_APPEAR];
    line->n[DRY_LISTINGS] = below(12);
}

static void make_areas(dry_areas *areas, dry_line *wijken, dry_line *buurten)
{
    *areas = (dry_areas){.wijken = {.items = wijken, .count = 2 + below(4)},
                         .buurten = {.items = buurten}};
    memset(wijken, 0, 8 * sizeof(*wijken));
    memset(buurten, 0, 64 * sizeof(*buurten));
    for (size_t w = 0; w < areas->wijken.count; w++) {
        size_t count = 1 + below(5);

        for (size_t i = 0; i < count; i++) {
            dry_line *line = &buurten[areas->buurten.count++];

            line->group = w;
            fill(line);
            for (int f = 0; f < DRY_FIGURES; f++)
                wijken[w].n[f] += line->n[f];
        }
    }
}

/* An equation over figures, of which one that is alone in being unknown can be worked out. */
typedef struct sum {
    bool *known[16];
    size_t count;
} sum;

static bool learn(const sum *s)
{
    size_t unknown = 0, at = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (!*s->known[i]) {
            unknown++;
            at = i;
        }
    }
    if (unknown == 1)
        *s->known[at] = true;
    return unknown == 1;
}

static bool learn_line(bool *known)
{
    sum s = {{&known[DRY_BEFORE], &known[DRY_AFTER], &known[DRY_APPEAR], &known[DRY_VANISH]}, 4};

    return learn(&s);
}

typedef bool figures[DRY_FIGURES];

static bool learn_column(const dry_areas *areas, figures *wijken, figures *buurten, int f)
{
    sum all = {.count = 0};
    bool changed = false;

    for (size_t w = 0; w < areas->wijken.count; w++) {
        sum part = {{&wijken[w][f]}, 1};

        for (size_t i = 0; i < areas->buurten.count; i++)
            if (areas->buurten.items[i].group == w)
                part.known[part.count++] = &buurten[i][f];
        changed |= learn(&part);
        all.known[all.count++] = &wijken[w][f];
    }
    return learn(&all) || changed;
}

static void test_hide__nothing_small_can_be_worked_out(void **state)
{
    dry_line wijken[8], buurten[64];
    figures know_w[8], know_b[64];
    dry_areas areas;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        bool changed = true;

        make_areas(&areas, wijken, buurten);
        dry_hide(&areas);
        for (size_t i = 0; i < areas.wijken.count; i++)
            for (int f = 0; f < DRY_FIGURES; f++)
                know_w[i][f] = wijken[i].hidden[f] == DRY_SHOWN;
        for (size_t i = 0; i < areas.buurten.count; i++)
            for (int f = 0; f < DRY_FIGURES; f++)
                know_b[i][f] = buurten[i].hidden[f] == DRY_SHOWN;
        while (changed) {
            changed = false;
            for (size_t i = 0; i < areas.wijken.count; i++)
                changed |= learn_line(know_w[i]);
            for (size_t i = 0; i < areas.buurten.count; i++)
                changed |= learn_line(know_b[i]);
            for (int f = 0; f < DRY_FIGURES; f++)
                changed |= learn_column(&areas, know_w, know_b, f);
        }
        for (size_t i = 0; i < areas.buurten.count; i++)
            for (int f = 0; f < DRY_FIGURES; f++)
                if (know_b[i][f] && buurten[i].n[f] > 0 && buurten[i].n[f] < DRY_LEAST)
                    fail_msg("round %d: buurt %zu, figure %d is known", round, i, f);
    }
}

static void test_hide__leaves_large_ones(void **state)
{
    dry_line wijken[1] = {{.n = {100, 200, 180, 20, 40, 30}}};
    dry_line buurten[2] = {{.n = {50, 100, 90, 10, 20, 15}}, {.n = {50, 100, 90, 10, 20, 15}}};
    dry_areas areas = {{wijken, 1, 1}, {buurten, 2, 2}};

    (void)state;
    dry_hide(&areas);
    for (int f = 0; f < DRY_FIGURES; f++) {
        assert_int_equal(wijken[0].hidden[f], DRY_SHOWN);
        assert_int_equal(buurten[0].hidden[f], DRY_SHOWN);
    }
}

/* ---- The command ---- */

#define EVIL "<script>alert('x')</script>&\\\""
#define BINS20                                                                                     \
    "[\"1\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\","  \
    "\"0\",\"0\",\"0\",\"0\",\"7\"]"
#define SIDE(name)                                                                                 \
    "{\"name\": \"" name "\", \"hash\": \"abcdef0123456789\", \"policy\": \"" EVIL                 \
    "\", \"load\": {\"helpers\": \"4\", \"reached\": \"2\", \"lorenz\": [0, 0.5, 1], \"gini\": "   \
    "0.25}, \"scores\": " BINS20 ", \"medianM\": 350}"
#define COUNTS                                                                                     \
    "{\"listings\": \"1204\", \"before\": \"9\", \"after\": \"8\", \"same\": \"6\", \"appear\": "  \
    "\"2\", \"vanish\": \"3\"}"

static const char done[] =
    "{\"dryRun\": {\"id\": \"r1\", \"state\": \"DONE\", \"report\": {\"before\": " SIDE(
        "nu-set") ", \"after\": " SIDE(EVIL) ", \"total\": " COUNTS
                                             ", \"moments\": [{\"at\": \"2026-03-05T10:00:00Z\"}], "
                                             "\"areas\": [{\"key\": \"BU1\", \"name\": "
                                             "\"" EVIL "\", \"wijk\": \"WK1\", \"wijkName\": "
                                             "\"Wijk\", \"counts\": " COUNTS
                                             "}], \"categories\": [{\"key\": \"vervoer\", "
                                             "\"name\": \"Vervoer\", \"counts\": " COUNTS
                                             "}], \"ages\": [{\"key\": \"1-7\", \"counts\": " COUNTS
                                             "}], \"cases\": [{\"listingId\": \"n1\", \"title\": "
                                             "\"" EVIL "\", \"kind\": \"NEED\", "
                                             "\"category\": \"vervoer\", \"vanish\": 1, \"pairs\": "
                                             "[{\"listingId\": \"o1\", \"title\": "
                                             "\"Ik rijd\", \"rankBefore\": 1, \"scoreBefore\": "
                                             "\"870000\", \"scoreAfter\": \"410000\", "
                                             "\"why\": \"rule:samen\", \"termsBefore\": "
                                             "[{\"name\": \"nabij\", \"why\": \"woont dichtbij\"}]"
                                             "}]}], \"losers\": [{\"partyId\": \"p-9\", "
                                             "\"before\": 3, \"after\": 1}], \"failures\": "
                                             "[{\"after\": true, \"rule\": \"kapot\", \"count\": "
                                             "\"5\", \"reason\": \"" EVIL "\"}]}}}";
static const char started[] = "{\"dryRun\": {\"id\": \"r1\", \"state\": \"RUNNING\"}}";
static const char broken[] =
    "{\"dryRun\": {\"id\": \"r1\", \"state\": \"FAILED\", \"status\": \"INVALID\", \"error\": "
    "{\"message\": \"source:1: unknown field 'x'\"}}}";

static char *tell(talk *t, const char *request)
{
    const char *answer;

    pthread_mutex_lock(&t->lock);
    answer = t->answer;
    pthread_mutex_unlock(&t->lock);
    return fake_text("%s", strstr(request, "getDryRun") ? answer : started);
}

/** Behind the file of a rule set, in the talk's folder. */
static int dry_run(talk *t, const char *answer, const char *more)
{
    char *line = fake_text("rules dry-run %s/proef.lua%s", t->folder, more);
    int code;

    fake_file(t->folder, "proef.lua", "return ruleset { }\n");
    pthread_mutex_lock(&t->lock);
    t->special = tell;
    t->answer = answer;
    pthread_mutex_unlock(&t->lock);
    code = run(t, line);
    free(line);
    return code;
}

static void test_dry_run__sends_the_file_and_prints_dutch(void **state)
{
    talk *t = *state;

    assert_int_equal(dry_run(t, done, ""), CLI_DONE);
    says(t->requests, "\"dryRunRules\":{\"source\":\"return ruleset { }\\n\"}");
    says(t->requests, "\"getDryRun\":{\"id\":\"r1\"");
    says(t->out, "1.204");
    says(t->out, "5 maart 2026, 10.00 uur (UTC)");
    says(t->out, "1 tot 7 dagen");
    says(t->out, "mag niet volgens de proefregels: regel 'samen'");
    says(t->out, "score 0,87 -> 0,41");
    says(t->out, "woont dichtbij");
    says(t->out, "p-9");
    says(t->out, "regel 'kapot': 5 keer");
    says(t->out, "< 5");
}

static void test_dry_run__asks_for_moments(void **state)
{
    talk *t = *state;

    assert_int_equal(dry_run(t, done, " --json --from 2026-02-01 --to 2026-02-03T08:00:00Z"),
                     CLI_DONE);
    says(t->requests, "\"from\":\"2026-02-01T12:00:00Z\",\"to\":\"2026-02-03T08:00:00Z\"");
    says(t->out, "\"report\":");
    says_not(t->out, "RUNNING");
    assert_int_equal(dry_run(t, done, " --backup gisteren --at 2026-02-01"), CLI_DONE);
    says(t->requests, "\"backup\":\"gisteren\",\"at\":\"2026-02-01T12:00:00Z\"");
}

static void test_dry_run__page_is_escaped_and_whole(void **state)
{
    talk *t = *state;
    char *path = fake_text("%s/proef.html", t->folder);
    char *more = fake_text(" --html %s", path);
    sk_buf page = {0};
    sk_error err = {0};

    assert_int_equal(dry_run(t, done, more), CLI_DONE);
    assert_int_equal(sk_file_read(path, 1 << 20, &page, &err), SK_OK);
    sk_buf_add(&page, "", 1);
    says_not(page.data, "<script");
    says_not(page.data, "alert('x')");
    says(page.data, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;");
    says(page.data, "<html lang=\"nl\">");
    says(page.data, "<svg viewBox");
    says(page.data, "</html>");
    says(page.data, "&lt; 5");
    sk_buf_done(&page);
    free(path);
    free(more);
}

static void test_dry_run__tells_faults(void **state)
{
    talk *t = *state;

    assert_int_equal(dry_run(t, broken, ""), CLI_REFUSED);
    says(t->err, "unknown field 'x'");
    assert_string_equal(t->out, "");
    assert_int_equal(dry_run(t, done, " --html /nergens/proef.html"), CLI_REFUSED);
    says(t->err, "--html");
    assert_int_equal(run(t, "rules dry-run weg.lua"), CLI_USAGE);
    says(t->err, "there is no file weg.lua");
}

int main(void)
{
    talk_forget_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hide__nothing_small_can_be_worked_out),
        cmocka_unit_test(test_hide__leaves_large_ones),
        TALK_TEST(test_dry_run__sends_the_file_and_prints_dutch),
        TALK_TEST(test_dry_run__asks_for_moments),
        TALK_TEST(test_dry_run__page_is_escaped_and_whole),
        TALK_TEST(test_dry_run__tells_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
