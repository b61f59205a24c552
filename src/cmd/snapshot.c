/* SPDX-License-Identifier: MIT */
#include "cmd/snapshot.h"
#include "base/clock.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "place/output.h"
#include "pritunl/backup.h"
#include "pritunl/record.h"
#include "step/answer.h"
#include "step/session.h"

#define INDENT 2

static struct json *snapshot_json(const struct session *session)
{
    const struct snapshot *snapshot = session_snapshot(session);
    struct json *json = json_make_object();
    struct json *list = json_make_array();
    char *place = record_place(session_db(session));
    char time[CLOCK_TEXT_SIZE];

    clock_text(clock_wall_ms(), time);
    json_put_int(json, SNAPSHOT_KEY, SNAPSHOT_VERSION);
    json_put_text(json, "time", time);
    json_put_text(json, "place", place);
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct json *row = NULL;
        char *document = NULL;

        if (admin->username == NULL)
            continue; /* nothing could be restored by its name */
        document = backup_text(admin);
        row = json_make_object();
        json_put_text(row, "administrator", admin->username);
        json_put_text(row, "document", document);
        json_add(list, row);
        mem_free(document);
    }
    json_put(json, "administrators", list);
    mem_free(place);
    return json;
}

static bool answer_snapshot(bool as_json, const char *path, size_t count, bool changed,
                            struct error *error)
{
    struct json *json = NULL;

    if (!as_json) {
        term_note("%s: the pairs of %zu administrators", path, count);
        return true;
    }
    json = json_make_object();
    json_put_text(json, "file", path);
    json_put_int(json, "administrators", (int64_t)count);
    json_put_bool(json, "changed", changed);
    return answer_json(json, error);
}

static bool write_snapshot(const struct session *session, const struct output_config *output,
                           bool as_json, struct error *error)
{
    struct json *json = snapshot_json(session);
    size_t count = json_count(json_get(json, "administrators"));
    struct buf text = BUF_EMPTY(SNAPSHOT_MAX);
    bool changed = false;
    bool done = json_write(json, INDENT, &text) && buf_add_text(&text, "\n");

    if (!done)
        error_set(error, ERROR_OUTPUT, "the snapshot would be too large");
    done =
        done && output_write(output, &text, &changed, error) &&
        (output_is_stdout(output) || answer_snapshot(as_json, output->path, count, changed, error));
    json_free(json);
    buf_free(&text);
    return done;
}

static bool run_snapshot(struct run *run)
{
    /* What is read decides what restore writes. */
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct output_config output = options_output(run->settings);
    const struct snapshot_query everybody = {0};
    struct session *session = NULL;
    struct file_attributes ignored;
    bool done = false;

    if (output.path == NULL) {
        error_set(run->error, ERROR_USAGE, "snapshot: no file is named");
        return error_try(run->error, "pritunl-access snapshot -o FILE");
    }
    session = session_new(&options);
    done = output_attributes(&output, &ignored, run->error) &&
           session_survey_all(session, "snapshot", &everybody, run->error) &&
           write_snapshot(session, &output, settings_flag(run->settings, OPTION_JSON), run->error);
    session_free(session);
    return done;
}

const struct command cmd_snapshot = {
    .name = "snapshot",
    .group = GROUP_HAND_OVER,
    .arguments = "",
    .summary = "every administrator's pair into one private file",
    .description = "Before pritunl reset-password, which deletes an administrator and makes "
                   "another of that name; restore puts the pairs back. Needs -o.",
    .examples = (const char *const[]){"Before pritunl reset-password:",
                                      "pritunl-access snapshot -o pairs.json", NULL},
    .options = (const enum option_id[]){OUTPUT_OPTIONS, OPTION_COUNT},
    .run = run_snapshot,
};
