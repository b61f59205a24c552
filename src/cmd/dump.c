/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "api/dump_api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "place/stream.h"
#include "pritunl/dump_database.h"
#include "pritunl/dump_shape.h"
#include "step/session.h"

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
                        : JOBS_DUMP;
    if (!options->lines && !text_equal(format, "json"))
        return error_set(error, ERROR_USAGE, "--format: dump writes json or jsonl");
    return dump_parts(settings_text(settings, OPTION_WITH), options, error);
}

static bool from_api(struct session *session, const struct dump_options *options,
                     const struct dump_sink *sink, struct error *error)
{
    struct verify_case what;

    if (!session_ask(session, error))
        return false;
    what = session_case(session);
    return dump_from_api(session_contact(session), &what, options, sink, error);
}

/* Administrators first: a wrong name or prefix would look like a Pritunl without anything in it. */
static bool from_database(struct session *session, const struct dump_options *options,
                          const struct dump_sink *sink, struct error *error)
{
    const struct snapshot_query query = {0};

    return session_survey_all(session, "dump --from database", &query, error) &&
           dump_from_database(session_db(session), options, sink, error);
}

static bool run_dump(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    const char *path = settings_text(run->settings, OPTION_OUTPUT);
    bool api = text_equal(settings_text(run->settings, OPTION_FROM), "api");
    struct dump_options what = {.lines = false};
    struct output output = {.stream = NULL};
    const struct dump_sink sink = {.write = write_piece, .progress = draw_bar, .context = &output};
    struct session *session = NULL;
    bool changed = false;
    bool done = false;

    if (!prepare_dump(run->settings, &what, run->error) ||
        !stream_open(path, &output.stream, run->error))
        return false;
    output.shows = term_is_terminal(STDERR_FILENO) && !term_style()->quiet;
    session = session_new(&options);
    done = api ? from_api(session, &what, &sink, run->error)
               : from_database(session, &what, &sink, run->error);
    wipe_bar(&output);
    done = done && stream_close(output.stream, &changed, run->error);
    if (done && !text_equal(path, "-"))
        term_note("%s: %s", path, changed ? "changed" : "unchanged");
    stream_free(output.stream);
    session_free(session);
    return done;
}

const struct command cmd_dump = {
    .name = "dump",
    .group = GROUP_RAW,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_JOBS, OPTION_COUNT},
    .arguments = "",
    .summary = "organizations with users, servers with routes, as one JSON document",
    .description =
        "In the order of names, so that two dumps can be compared. With jsonl each line is "
        "one object with its type. Secrets are masked unless --reveal. A file is replaced in "
        "one step at the end. From the API a list may have some 50,000 users.",
    .examples = (const char *const[]){"For an inventory:", "pritunl-access dump -o pritunl.json",
                                      "Where the API is down:",
                                      "pritunl-access dump --from database", NULL},
    .options = (const enum option_id[]){OPTION_REVEAL, OPTION_FORMAT, OPTION_OUTPUT, OPTION_WITH,
                                        OPTION_FROM, OPTION_COUNT},
    .run = run_dump,
};
