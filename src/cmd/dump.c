/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "api/dump_api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/ask.h"
#include "cmd/options.h"
#include "place/stream.h"
#include "pritunl/dump.h"

#define CONNECTIONS 8 /* unless --jobs says otherwise */
#define BAR_MS 100
#define BAR_WIDTH 30

struct output {
    struct stream *stream;
    bool shows; /* a bar on standard error, which is a terminal */
    bool shown;
    int64_t drawn_ms;
};

static bool write_piece(void *context, const char *bytes, size_t length, struct error *error)
{
    struct output *output = context;

    return stream_add(output->stream, bytes, length, error);
}

static void draw_bar(void *context, size_t done, size_t total)
{
    static const char full[] = "##############################";
    struct output *output = context;
    int64_t now_ms = clock_monotonic_ms();
    size_t part = total > 0 ? done * BAR_WIDTH / total : 0;
    struct buf line = BUF_EMPTY(256);
    struct error ignored;

    if (!output->shows || now_ms - output->drawn_ms < BAR_MS)
        return;
    output->drawn_ms = now_ms;
    output->shown = true;
    buf_add_format(&line, "\r[%-*.*s] %zu/%zu", BAR_WIDTH, (int)part, full, done, total);
    term_write(STDERR_FILENO, buf_text(&line), line.length, &ignored);
    buf_free(&line);
}

static void wipe_bar(const struct output *output)
{
    static const char clear[] = "\r\033[K";
    struct error ignored;

    if (output->shown)
        term_write(STDERR_FILENO, clear, sizeof clear - 1, &ignored);
}

static bool prepare_dump(const struct settings *settings, struct dump_options *options,
                         struct error *error)
{
    const char *format =
        settings_given(settings, OPTION_FORMAT) ? settings_text(settings, OPTION_FORMAT) : "json";

    options->lines = text_equal(format, "jsonl");
    options->reveal = settings_flag(settings, OPTION_REVEAL);
    options->jobs = settings_given(settings, OPTION_JOBS)
                        ? (size_t)settings_number(settings, OPTION_JOBS)
                        : CONNECTIONS;
    if (!options->lines && !text_equal(format, "json"))
        return error_set(error, ERROR_USAGE, "--format: dump writes json or jsonl");
    return dump_parts(settings_text(settings, OPTION_WITH), options, error);
}

static bool from_api(const struct settings *settings, const struct dump_options *options,
                     const struct dump_sink *sink, struct error *error)
{
    struct ask ask;
    bool done = ask_begin(&ask, settings, error) &&
                dump_from_api(ask.flow.contact, &ask.what, options, sink, error);

    ask_end(&ask);
    return done;
}

static bool from_database(const struct settings *settings, const struct dump_options *options,
                          const struct dump_sink *sink, struct error *error)
{
    const struct snapshot_query query = {0};
    struct flow flow;
    bool done = false;

    flow_init(&flow, settings, NULL);
    /* A wrong name or prefix would look like a Pritunl without anything in it. */
    done = flow_only_database(&flow, "dump --from database", error) && flow_open(&flow, error) &&
           flow_survey(&flow, &query, error) && dump_from_database(flow.db, options, sink, error);
    flow_clear(&flow);
    return done;
}

static bool run_dump(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    const char *path = settings_text(settings, OPTION_OUTPUT);
    bool api = text_equal(settings_text(settings, OPTION_FROM), "api");
    struct dump_options options = {.lines = false};
    struct output output = {.stream = NULL};
    const struct dump_sink sink = {.write = write_piece, .progress = draw_bar, .context = &output};
    bool changed = false;
    bool done = false;

    if (!prepare_dump(settings, &options, error) || !stream_open(path, &output.stream, error))
        return false;
    output.shows = term_is_terminal(STDERR_FILENO) && !settings_flag(settings, OPTION_QUIET);
    done = api ? from_api(settings, &options, &sink, error)
               : from_database(settings, &options, &sink, error);
    wipe_bar(&output);
    done = done && stream_close(output.stream, &changed, error);
    if (done && !text_equal(path, "-"))
        term_note("%s: %s", path, changed ? "changed" : "unchanged");
    stream_free(output.stream);
    return done;
}

const struct command cmd_dump = {
    .name = "dump",
    .arguments = "",
    .summary = "organizations with users, servers with routes, as one JSON document",
    .description =
        "In the order of names, so that two dumps can be compared. With jsonl each line is "
        "one object with its type. Secrets are masked unless --reveal. A file is replaced in "
        "one step at the end.",
    .examples = (const char *const[]){"For an inventory:", "pritunl-access dump -o pritunl.json",
                                      "Where the API is down:",
                                      "pritunl-access dump --from database", NULL},
    .options = (const enum option_id[]){OPTION_REVEAL, OPTION_FORMAT, OPTION_OUTPUT, OPTION_WITH,
                                        OPTION_FROM, OPTION_COUNT},
    .run = run_dump,
};
