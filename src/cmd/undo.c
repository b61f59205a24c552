/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/record.h"
#include "step/answer.h"
#include "step/change_run.h"
#include "step/report.h"

struct history {
    struct record *records;
    size_t count;
};

static bool list_records(const struct history *history, bool as_json, struct error *error)
{
    static const char *const headings[] = {"ID",      "TIME", "COMMAND", "ADMINISTRATOR",
                                           "CHANGED", NULL};
    struct report *report = report_new(headings, as_json ? REPORT_JSON : REPORT_TABLE);

    for (size_t i = 0; i < history->count; i++) {
        const struct record *record = &history->records[i];
        const struct change *change = record->change;
        struct json *changed = json_make_array();
        char *names = record_names(change);
        char time[CLOCK_TEXT_SIZE];

        for (size_t f = 0; f < change->count; f++)
            json_add(changed, json_make_text(change->fields[f].name));
        clock_text(record->time_ms, time);
        report_row(report);
        report_text(report, "id", "ID", record->id);
        report_text(report, "time", "TIME", time);
        report_text(report, "command", "COMMAND", record->command);
        report_text(report, "administrator", "ADMINISTRATOR", change->administrator);
        report_json(report, "changed", changed);
        report_text(report, NULL, "CHANGED", names);
        mem_free(names);
    }
    return report_answer(report, error);
}

static bool purge_records(const struct agree_options *options, const struct history *history,
                          struct error *error)
{
    struct json *json = NULL;
    size_t count = history->count;
    bool asked = false;

    if (!options->yes && !options->dry_run &&
        !term_confirm("Delete all undo records of this database? What they would put back is lost.",
                      &asked)) {
        error_set(error, ERROR_USAGE,
                  asked ? "not agreed to: nothing was deleted"
                        : "nobody is there to agree, and --yes is not given: nothing was deleted");
        return asked ? false : error_try(error, "pritunl-access undo --purge --yes");
    }
    if (!options->dry_run && !record_purge(history->records, history->count, &count, error))
        return false;
    if (!options->json) {
        term_note("%zu undo records %s", count,
                  options->dry_run ? "would be deleted (dry run)" : "deleted");
        return true;
    }
    json = json_make_object();
    json_put_int(json, "purged", (int64_t)count);
    if (options->dry_run)
        json_put_bool(json, "dry_run", true);
    return answer_json(json, error);
}

static bool nothing_to_undo(const char *id, bool any, struct error *error)
{
    if (id != NULL) {
        error_set(error, ERROR_NOT_FOUND, "there is no undo record %s of this database", id);
        return error_try(error, "pritunl-access undo --list");
    }
    error_set(error, ERROR_NOT_FOUND,
              "there is nothing to undo in this database: no change by this user stands");
    if (any)
        return error_try(error, "pritunl-access undo --list");
    return error_try(error, geteuid() == 0 ? "pritunl-access undo --list, as the user who made it"
                                           : "sudo pritunl-access undo --list");
}

static bool changed_since(const struct record *record, struct error *error)
{
    error_set(error, ERROR_CONFLICT,
              "%s was changed by someone else since %s (%s): nothing was written",
              record->change->administrator, record->command, record->id);
    return error_try(error, "pritunl-access undo --list");
}

/*
 * The named record, or the last one whose change still stands. One whose write never happened is
 * passed over with a word.
 */
static const struct record *choose_record(struct db *db, const struct history *history,
                                          const char *id, struct error *error)
{
    bool found = false;
    bool gone = false;

    for (size_t i = history->count; i-- > 0;) {
        const struct record *record = &history->records[i];
        enum change_state state = CHANGE_OTHER;

        if (id != NULL && !text_equal(record->id, id))
            continue;
        found = true;
        if (!change_look(db, record->change, &state, error))
            return NULL;
        if (state == CHANGE_AFTER)
            return record;
        gone = state == CHANGE_GONE;
        if (state == CHANGE_OTHER) {
            changed_since(record, error);
            return NULL;
        }
        term_note("%s (%s): passed over, %s", record->id, record->command,
                  state == CHANGE_GONE ? "its administrator is not there any more"
                                       : "its write never happened or was undone");
    }
    if (gone && id != NULL) {
        error_set(error, ERROR_NOT_FOUND,
                  "nothing to undo of %s: its administrator is not there any more", id);
        error_try(error, "pritunl-access restore FILE, of a snapshot");
    } else if (found && id != NULL)
        error_set(error, ERROR_NOT_FOUND, "%s needs no undo: what it changed is as it was", id);
    else
        nothing_to_undo(id, history->count > 0, error);
    return NULL;
}

static bool undo_one(struct session *session, const struct change_options *options,
                     const struct history *history, const char *id, struct error *error)
{
    struct change_run run = {.session = session, .options = options};
    const struct record *record = choose_record(session_db(session), history, id, error);
    bool done = false;

    if (record == NULL)
        return false;
    run.change = change_reverse(record->change, "undo");
    run.wants_verify =
        change_waits(options) || change_renews_token(run.change) || change_opens_access(run.change);
    done = change_find(session, run.change, error) && answer_ready(error);
    if (done)
        change_run_find_effect(&run, session_admin(session));
    done = done && change_runs_agree(&run, 1, error) && change_run_do(&run, error) &&
           change_runs_answer(&run, 1, false, error);
    change_run_clear(&run);
    return done;
}

/* All of them, their list, or one. */
static bool check_meaning(const struct settings *settings, bool named, struct error *error)
{
    bool purges = settings_flag(settings, OPTION_PURGE);
    bool lists = settings_flag(settings, OPTION_LIST);

    if (purges && lists)
        return error_set(error, ERROR_USAGE, "undo: --list and --purge exclude each other");
    if (named && (purges || lists))
        return error_set(error, ERROR_USAGE, "undo: %s and an ID exclude each other",
                         purges ? "--purge" : "--list");
    return true;
}

static bool run_undo(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct change_options how = options_change(run->settings);
    struct session *session = session_new(&options);
    struct history history = {0};
    char *place = NULL;
    bool done = false;

    if (!check_meaning(run->settings, run->word_count > 0, run->error) ||
        !session_open(session, run->error))
        goto out;
    place = record_place(session_db(session));
    if (!record_list(place, &history.records, &history.count, run->error))
        goto out;
    if (settings_flag(run->settings, OPTION_PURGE))
        done = purge_records(&how.agree, &history, run->error);
    else if (settings_flag(run->settings, OPTION_LIST))
        done = list_records(&history, how.agree.json, run->error);
    else
        done = undo_one(session, &how, &history, run_word(run, 0), run->error);
out:
    record_list_free(history.records, history.count);
    mem_free(place);
    session_free(session);
    return done;
}

const struct command cmd_undo = {
    .name = "undo",
    .group = GROUP_MEND,
    .arguments = "[ID]",
    .summary = "put back what the last, or the named, writing command changed",
    .description =
        "Only if nobody changed it since. An undo leaves a record too. Records hold secrets, "
        "in private files.",
    .examples = (const char *const[]){"What could be undone?", "pritunl-access undo --list",
                                      "The last change:", "pritunl-access undo", NULL},
    .max_words = 1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_WAIT, OPTION_LIST, OPTION_PURGE,
                                        OPTION_COUNT},
    .run = run_undo,
};
