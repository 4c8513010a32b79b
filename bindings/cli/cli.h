/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What the files of the schakel command share. Thread: one, unless said otherwise. */

#include "core/core.h"

#include <stdio.h>

#include <jansson.h>
#include <schakel/client.h>

/** Exit statuses, as docs/man/schakel.1 promises them. */
enum { CLI_DONE = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_NO_CONNECTION = 3 };

typedef struct cli_app {
    FILE *in, *out, *err;
    bool json;
    bool terminal; /**< `err` is a terminal: progress may be shown. */
    const char *data_dir, *url, *token_file, *ca_file;
    uint32_t timeout_ms;
    schakel_client *client; /**< NULL until the first request. */
    sk_arena *arena;        /**< For texts that live until the command ends. */
    const char *rules_file; /**< Whose text goes along, as its errors name it; or NULL. */
    const char *op;         /**< Of the request under way, as its errors begin. */
    const struct cli_args *args;
} cli_app;

/* ---- Commands ---- */

/** A flag of a command: --name, with a value when `argument` is not NULL. */
typedef struct cli_flag {
    const char *name, *argument, *help;
} cli_flag;

#define CLI_MAX_WORDS 8
#define CLI_MAX_FLAGS 128

typedef struct cli_args {
    const char *word[CLI_MAX_WORDS]; /**< What is neither command nor flag. */
    size_t word_count;
    struct {
        const cli_flag *flag;
        const char *value;
    } given[CLI_MAX_FLAGS];
    size_t given_count;
} cli_args;

/** The value of a flag (the last one given), NULL when it was not given. */
const char *cli_get(const cli_args *args, const char *name);
bool cli_has(const cli_args *args, const char *name);

typedef struct cli_command {
    const char *verb;      /**< NULL: the group is the command. */
    const char *arguments; /**< For the usage line: "<id> [--limit N]". */
    const char *summary;
    const char *help; /**< What it does and an example. */
    const cli_flag *flags;
    size_t flag_count;
    size_t least, most; /**< Words. */
    int (*run)(cli_app *cli, const cli_args *args);
} cli_command;

typedef struct cli_group {
    const char *name, *summary, *help;
    const cli_command *commands;
    size_t command_count;
} cli_group;

/** All groups, in the order of the help; ends with NULL. */
extern const cli_group *const cli_groups[];
extern const cli_group listing_group, party_group, match_group, whynot_group, suggestion_group,
    message_group, connector_group, events_group, area_group, taxonomy_group, rules_group,
    import_group, export_group, backup_group, restore_group, verify_group, status_group,
    token_group, clock_group;

#define CLI_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CLI_FLAGS(array) (array), CLI_COUNT(array)

const cli_group *cli_find_group(const char *name);
/** `verb` NULL: the command of a group without verbs. */
const cli_command *cli_find_command(const cli_group *group, const char *verb);
/** The whole program; returns its exit status. */
int cli_main(int argc, char **argv, FILE *in, FILE *out, FILE *err);

void help_program(FILE *out);
void help_group(FILE *out, const cli_group *group);
void help_command(FILE *out, const cli_group *group, const cli_command *command);

/* ---- Asking ---- */

/** Connects at the first call. Returns an exit status. */
int cli_connect(cli_app *cli);
/** Send `request` (taken). With --json the answer goes to `out` as it came. `*out_answer` (owned,
 *  json_decref) is set when the engine said yes. Returns an exit status, the error told. */
int cli_ask(cli_app *cli, json_t *request, json_t **out_answer);
/** As cli_ask, silently: NULL when anything went wrong. For what is only nice to have. */
json_t *cli_peek(cli_app *cli, json_t *request);
/** For a command of one item: ask, tell a refused item or its warning. `*out_receipt` (may be NULL)
 *  is owned. */
int cli_command_ask(cli_app *cli, json_t *request, json_t **out_receipt);
/** A request as bytes and its answer as bytes, the status looked at. `*out` owned: schakel_free. */
int cli_ask_bytes(cli_app *cli, const sk_buf *request, void **out, size_t *out_size);
/** The status and error of a Response in bytes. */
sk_status cli_response_status(sk_str response, uint32_t *out_retry_ms, sk_error *err);

/* ---- Saying ---- */

/** "schakel: field: message" on `err`; returns `code`. */
int cli_tell(cli_app *cli, int code, const char *field, const char *message);
/** The field in the words of the command line. */
int cli_tell_error(cli_app *cli, const sk_error *error);
int cli_usage(cli_app *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Text in the arena; ends the program without memory. */
const char *cli_text(cli_app *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** What a terminal must not see (control bytes) replaced by "?". */
const char *cli_clean(cli_app *cli, const char *text);

/* ---- Places and near words ---- */

/** "putListings.listings[0].point.lat", of the operation putListings: "point.lat". */
const char *place_in_input(const char *op, const char *field);
/** And in the words of the command line under way: "--at". */
const char *place_in_words(cli_app *cli, const char *field);

/** The nearest of what was offered; `best` NULL: nothing is near. */
typedef struct nearest {
    const char *word;
    const char *best;
    size_t slips;
} nearest;
void near_offer(nearest *n, const char *candidate);

/** The connector that the token of this command stands for, or "". */
const char *own_connector(cli_app *cli);
/** For those of these codes that do not exist: what may have been meant, on `err`. */
void hint_categories(cli_app *cli, const json_t *codes);
/** Why a listing that was just put got no suggestion, on `out`. True: nobody fits. */
bool say_why_none(cli_app *cli, const char *id, const char *party);

/* ---- Reading answers: absent is "", 0 or false ---- */

const char *reply_text(const json_t *object, const char *key);
/** Numbers also from their string form, as proto3 JSON writes 64 bits. */
double reply_number(const json_t *object, const char *key);
int64_t reply_integer(const json_t *object, const char *key);
bool reply_true(const json_t *object, const char *key);
/** "a, b, c" in the arena. */
const char *reply_joined(cli_app *cli, const json_t *array);
/** A number for people: with the comma of the Dutch reasons that it stands between. */
const char *decimal(cli_app *cli, const char *format, double number);
/** The shortest decimal that reads back as the same number. */
void reply_print_number(FILE *out, double number);
void reply_print_string(FILE *out, const char *text);

/* ---- Tables ---- */

#define TABLE_COLUMNS 10

/** Cells in rows, aligned when printed. Everything borrowed until table_done. */
typedef struct table {
    size_t columns, cell_count, cell_capacity;
    const char **cells;
    bool right[TABLE_COLUMNS];
} table;

/** Headers separated by "|"; a leading ">" aligns the column to the right. */
void table_init(cli_app *cli, table *t, const char *headers);
void table_add(table *t, const char *cell);
/** `lines` (may be NULL): row i is followed by the text lines[i], indented. */
void table_print(const table *t, FILE *out, const char *const *lines);
void table_done(table *t);
/** "name   value" lines, skipping empty values. */
void print_pair(cli_app *cli, const char *name, const char *value);

/* ---- Words of the command line ---- */

/** Each refuses with a usage error that names the flag, and returns an exit status. */
int word_number(cli_app *cli, const char *flag, const char *text, double *out);
int word_count(cli_app *cli, const char *flag, const char *text, uint64_t most, uint64_t *out);
/** "52.53,5.22" as {"lat", "lon"}. */
int word_point(cli_app *cli, const char *flag, const char *text, json_t **out);
/** An availability window, see docs/man/schakel.1. */
int word_window(cli_app *cli, const char *flag, const char *text, json_t **out);
/** Upper case, "-" as "_": how enumerators are written. In the arena. */
const char *word_enum(cli_app *cli, const char *text);
/** need, hulpvraag, offer, aanbod ... */
const char *word_kind(cli_app *cli, const char *text);
/** Adds the comma-separated parts of every `name` flag to `object` as the array `key`. */
void word_list(const cli_args *args, const char *name, json_t *object, const char *key);
/** Sets `key` to the flag's text when it was given. */
void word_set(const cli_args *args, const char *name, json_t *object, const char *key);
int word_set_count(cli_app *cli, const cli_args *args, const char *name, uint64_t most,
                   json_t *object, const char *key);
/** A JSON object from a file, or from standard input with "-". */
int word_json_file(cli_app *cli, const char *path, json_t **out);
/** All bytes of a file or of standard input. */
int word_file(cli_app *cli, const char *path, size_t most, sk_buf *out);
