/* SPDX-License-Identifier: MIT */
#include "cmd/snapshot.h"
#include "base/clock.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/flow.h"
#include "cmd/options.h"
#include "place/output.h"
#include "pritunl/record.h"

#define INDENT 2

/* Of a document what restore puts back, with the types that it has. */
static char *restorable_json(const struct db_document *document)
{
    static const char *const names[] = {"_id", "username", "token", "secret", "auth_api"};
    struct db_builder *builder = db_build();
    struct db_document *small = NULL;
    char *text = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        db_build_add(builder, names[i], db_field(document, names[i]));
    small = db_document_new(builder);
    text = db_document_to_json(small);
    db_document_free(small);
    db_build_free(builder);
    return text;
}

static struct json *snapshot_json(const struct flow *flow)
{
    struct json *json = json_make_object();
    struct json *list = json_make_array();
    char *place = record_place(flow->db);
    char time[CLOCK_TEXT_SIZE];

    clock_text(clock_wall_ms(), time);
    json_put_int(json, SNAPSHOT_KEY, SNAPSHOT_VERSION);
    json_put_text(json, "time", time);
    json_put_text(json, "place", place);
    for (size_t i = 0; i < snapshot_count(flow->snapshot); i++) {
        const struct admin *admin = snapshot_admin(flow->snapshot, i);
        struct json *row = NULL;
        char *document = NULL;

        if (admin->username == NULL)
            continue; /* nothing could be restored by its name */
        document = restorable_json(admin->document);
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

static bool answer_snapshot(const struct settings *settings, const char *path, size_t count,
                            bool changed, struct error *error)
{
    struct json *json = NULL;

    if (!settings_flag(settings, OPTION_JSON)) {
        term_note("%s: the pairs of %zu administrators", path, count);
        return true;
    }
    json = json_make_object();
    json_put_text(json, "file", path);
    json_put_int(json, "administrators", (int64_t)count);
    json_put_bool(json, "changed", changed);
    return answer_json(json, error);
}

static bool run_snapshot(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    const struct output_config output = {
        settings_text(settings, OPTION_OUTPUT), settings_text(settings, OPTION_MODE),
        settings_text(settings, OPTION_OWNER), settings_text(settings, OPTION_GROUP)};
    const struct snapshot_query everybody = {0};
    struct file_attributes ignored;
    struct buf text = BUF_EMPTY(SNAPSHOT_MAX);
    struct flow flow;
    struct json *json = NULL;
    bool changed = false;
    bool done = false;

    if (!settings_given(settings, OPTION_OUTPUT)) {
        error_set(error, ERROR_USAGE, "snapshot: no file is named");
        return error_try(error, "pritunl-access snapshot -o FILE");
    }
    flow_init(&flow, settings, NULL);
    flow.writes = true; /* what is read decides what restore writes */
    if (output_attributes(&output, &ignored, error) &&
        flow_only_database(&flow, "snapshot", error) && flow_open(&flow, error) &&
        flow_survey(&flow, &everybody, error)) {
        json = snapshot_json(&flow);
        done = json_write(json, INDENT, &text) && buf_add_text(&text, "\n");
        if (!done)
            error_set(error, ERROR_OUTPUT, "the snapshot would be too large");
        done = done && output_write(&output, &text, &changed, error) &&
               (output_is_stdout(&output) ||
                answer_snapshot(settings, output.path, json_count(json_get(json, "administrators")),
                                changed, error));
    }
    json_free(json);
    buf_free(&text);
    flow_clear(&flow);
    return done;
}

const struct command cmd_snapshot = {
    .name = "snapshot",
    .arguments = "",
    .summary = "every administrator's pair into one private file",
    .description = "Before pritunl reset-password, which deletes an administrator and makes "
                   "another of that name; restore puts the pairs back. Needs -o.",
    .examples = (const char *const[]){"Before pritunl reset-password:",
                                      "pritunl-access snapshot -o pairs.json", NULL},
    .options = (const enum option_id[]){OUTPUT_OPTIONS, OPTION_COUNT},
    .run = run_snapshot,
};
