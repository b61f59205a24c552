/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "cmd/snapshot.h"
#include "pritunl/backup.h"
#include "pritunl/record.h"
#include "step/answer.h"
#include "step/change_run.h"
#include "step/lease.h"

/* One change an administrator, all planned in one session. */
struct restoration {
    struct session *session;
    const struct change_options *options;
    struct change_run *changes;
    size_t count;
};

static bool no_snapshot(const char *path, struct error *error)
{
    error_set(error, ERROR_USAGE, "%s is no snapshot of ours: nothing was changed", path);
    return error_try(error, "pritunl-access snapshot -o FILE");
}

static struct json *read_snapshot(const char *path, struct error *error)
{
    struct buf text = BUF_EMPTY(SNAPSHOT_MAX);
    struct json *json = NULL;
    bool exposed = false;

    if (file_read(path, &text, &exposed, error))
        json = json_parse_file(buf_text(&text), text.length, path, error);
    if (json != NULL && (json_int(json_get(json, SNAPSHOT_KEY), 0) != SNAPSHOT_VERSION ||
                         json_type_of(json_get(json, "administrators")) != JSON_LIST)) {
        json_free(json);
        json = NULL;
        no_snapshot(path, error);
    }
    if (json != NULL && exposed)
        term_warn("%s: others than its owner may read it, and it holds secrets", path);
    buf_free(&text);
    return json;
}

static void plan_restore(struct restoration *restoration, const struct admin *admin,
                         const struct backup *backup)
{
    struct change_run *run = &restoration->changes[restoration->count];

    restoration->count++;
    run->session = restoration->session;
    run->options = restoration->options;
    run->change = backup_restore(backup, admin);
    run->wants_verify = !change_is_empty(run->change) && backup_was_on(backup);
    change_run_find_effect(run, admin);
}

static struct backup *read_entry(const struct json *entry)
{
    return backup_read(json_text(json_get(entry, "document"), NULL),
                       json_text(json_get(entry, "administrator"), NULL));
}

static int compare_names(const void *left, const void *right)
{
    const char *const *a = left;
    const char *const *b = right;

    return strcmp(*a, *b);
}

/* Every entry is one, and no name comes twice. */
static bool check_entries(const struct json *list, const char *path, struct error *error)
{
    size_t count = json_count(list);
    const char **names = mem_zero(count + 1, sizeof *names);
    bool good = true;

    for (size_t i = 0; good && i < count; i++) {
        struct backup *backup = read_entry(json_at(list, i));

        good = backup != NULL;
        names[i] = json_text(json_get(json_at(list, i), "administrator"), NULL);
        backup_free(backup);
    }
    if (good)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; good && i < count; i++)
        good = strcmp(names[i - 1], names[i]) != 0;
    mem_free(names);
    if (!good)
        no_snapshot(path, error);
    return good;
}

static bool plan_restores(struct restoration *restoration, const struct json *list,
                          struct error *error)
{
    size_t count = json_count(list);

    restoration->changes = mem_zero(count + 1, sizeof *restoration->changes);
    for (size_t i = 0; i < count; i++) {
        const char *name = json_text(json_get(json_at(list, i), "administrator"), NULL);
        struct backup *backup = read_entry(json_at(list, i));
        const struct admin *admin =
            snapshot_find_only(session_snapshot(restoration->session), name);

        if (admin != NULL)
            plan_restore(restoration, admin, backup);
        else
            term_note("%s: left out, there is not exactly one administrator of that name", name);
        backup_free(backup);
    }
    if (restoration->count > 0)
        return true;
    error_set(error, ERROR_NOT_FOUND, "none of the snapshot's administrators is there");
    return error_try(error, "pritunl-access list");
}

static void say_place(const struct session *session, const struct json *snapshot)
{
    char *place = record_place(session_db(session));

    if (!text_equal(place, json_text(json_get(snapshot, "place"), NULL)))
        term_warn("the snapshot is of another database than %s", place);
    mem_free(place);
}

static bool restore_all(struct restoration *restoration, const struct json *snapshot,
                        struct error *error)
{
    say_place(restoration->session, snapshot);
    return plan_restores(restoration, json_get(snapshot, "administrators"), error) &&
           answer_ready(error) &&
           change_runs_agree(restoration->changes, restoration->count, error) &&
           change_runs_do(restoration->changes, restoration->count, error) &&
           change_runs_answer(restoration->changes, restoration->count, true, error);
}

static bool run_restore(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct change_options how = options_change(run->settings);
    struct restoration restoration = {.options = &how};
    struct json *snapshot = NULL;
    bool done = false;

    if (run->word_count == 0) {
        error_set(run->error, ERROR_USAGE, "restore: no snapshot is named");
        return error_try(run->error, "pritunl-access restore FILE");
    }
    snapshot = read_snapshot(run->words[0], run->error);
    if (snapshot == NULL)
        return false;
    restoration.session = session_new(&options);
    done = check_entries(json_get(snapshot, "administrators"), run->words[0], run->error) &&
           lease_read(restoration.session, run->error) &&
           restore_all(&restoration, snapshot, run->error);
    change_runs_free(restoration.changes, restoration.count);
    session_free(restoration.session);
    json_free(snapshot);
    return done;
}

const struct command cmd_restore = {
    .name = "restore",
    .group = GROUP_MEND,
    .arguments = "FILE",
    .summary = "put the pairs of a snapshot back, by username",
    .description = "Token, secret and auth_api of whoever has the same name now. Shows the "
                   "difference, and asks.",
    .examples =
        (const char *const[]){"After it:", "pritunl-access restore pairs.json --wait", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_WAIT, OPTION_COUNT},
    .run = run_restore,
};
