/* SPDX-License-Identifier: MIT */
#include "step/change_run.h"

#include <string.h>

#include "base/clock.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/announce.h"
#include "pritunl/judgement.h"
#include "pritunl/record.h"
#include "step/answer.h"

/* What a field's value may be shown as: flags as they are, everything else only as there or not. */
static const char *shown_value(const struct db_document *document, const char *name)
{
    struct db_value value = db_field(document, name);

    if (value.type == DB_BOOL)
        return value.boolean ? "true" : "false";
    return value.type == DB_ABSENT ? "absent" : value.type == DB_NULL ? "null" : "set";
}

static char *changed_name(const struct change *change)
{
    const char *name = *change->administrator != '\0' ? change->administrator : "(no text)";

    return text_printable(name, strlen(name));
}

void change_run_find_effect(struct change_run *run, const struct admin *admin)
{
    if (change_ends_access(run->change, admin))
        run->effect = "anything that uses the present token stops working";
}

void change_run_show(const struct change_run *run, struct buf *out)
{
    const struct change *change = run->change;
    char *name = NULL;

    if (change_is_empty(change))
        return;
    name = changed_name(change);
    for (size_t i = 0; i < change->count; i++) {
        const char *field = change->fields[i].name;
        const char *before = shown_value(change->before, field);
        const char *after = shown_value(change->after, field);

        if (change->fields[i].pin_only)
            continue;
        if (text_equal(before, "set") && text_equal(after, "set"))
            buf_add_format(out, "  %s: %s is replaced\n", name, field);
        else
            buf_add_format(out, "  %s: %s is %s, becomes %s\n", name, field, before, after);
    }
    if (run->effect != NULL)
        buf_add_format(out, "  %s\n", run->effect);
    mem_free(name);
}

bool change_runs_agree(const struct change_run *runs, size_t count, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    for (size_t i = 0; i < count; i++)
        change_run_show(&runs[i], &text);
    agreed = agree(&runs[0].options->agree, buf_text(&text), "Change this?", error);
    buf_free(&text);
    return agreed;
}

static bool record_change(struct change_run *run, struct error *error)
{
    char *place = NULL;
    bool done = true;

    if (run->options->no_undo)
        return true;
    place = record_place(session_db(run->session));
    done = record_save(run->change, place, &run->undo_id, error);
    if (!done && !change_overwrites_secret(run->change)) {
        term_warn(
            "no undo record could be written; no secret is overwritten, so this goes on without");
        done = true;
    }
    mem_free(place);
    return done;
}

static bool survey_everybody(struct session *session, struct error *error)
{
    const struct snapshot_query query = {.wants_server = true, .silent = true};

    return session_survey(session, &query, error);
}

/* Of what was surveyed, choose whom the change is about. */
static bool choose_changed(struct session *session, const struct change *change,
                           struct error *error)
{
    const struct admin *admin = snapshot_find(session_snapshot(session), change->before);

    session_choose(session, admin);
    if (admin != NULL)
        return true;
    error_set(error, ERROR_NOT_FOUND, "%s is not there any more", change->administrator);
    return error_try(error, "pritunl-access list");
}

bool change_find(struct session *session, const struct change *change, struct error *error)
{
    return survey_everybody(session, error) && choose_changed(session, change, error);
}

/* Refused as a pair is that was overwritten meanwhile? */
static bool is_foreign(const struct verify_result *result)
{
    return result->verdict == VERDICT_REFUSED &&
           (result->cause == CAUSE_TOKEN_UNKNOWN || result->cause == CAUSE_SECRET_MISMATCH ||
            result->cause == CAUSE_API_DISABLED || result->also == CAUSE_TOKEN_UNKNOWN ||
            result->also == CAUSE_SECRET_MISMATCH);
}

static bool verify_once(struct change_run *run, struct error *error)
{
    struct session *after = run->after;
    struct error *why = &run->why;
    struct verify_result result;

    if (!session_reach(after, why)) {
        term_warn("the API was not asked: %s%s%s", why->text,
                  why->attempt[0] != '\0' ? "; try: " : "", why->attempt);
        return true;
    }
    session_verify(after, &result);
    run->verified = result.verdict == VERDICT_ACCEPTED ? CHANGE_ACCEPTED : CHANGE_NOT_ACCEPTED;
    if (result.verdict == VERDICT_ACCEPTED)
        return true;
    if (is_foreign(&result) && !change_stands(session_db(after), run->change, error))
        return false;
    verify_error(&result, session_name(after), contact_url(session_contact(after)), why);
    term_warn("%s; try: %s", why->text, why->attempt);
    return true;
}

/* That one again, settings and hosts; everybody only where it has not that name any more. */
static bool find_again(struct session *session, const struct change *change, struct error *error)
{
    const struct snapshot_query query = {
        .username = change->administrator, .wants_server = true, .silent = true};

    return session_survey(session, &query, error) &&
           (choose_changed(session, change, error) || change_find(session, change, error));
}

/* Before each round: what was changed must still be what stands there. */
static bool look_after_change(void *context, struct error *error)
{
    const struct change_run *run = context;

    return find_again(run->after, run->change, error) &&
           (!run->changed || change_stands(session_db(run->after), run->change, error));
}

/* Was there nobody before the change for whom the web front stays open? */
static bool had_nobody_access(const struct change_run *run)
{
    const struct snapshot *snapshot = session_snapshot(run->after);
    struct admin *before = admin_read(run->change->before);
    bool nobody = before->flag_fault != CAUSE_NONE;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        nobody = nobody && (admin == session_admin(run->after) || admin->flag_fault != CAUSE_NONE);
    }
    admin_free(before);
    return nobody;
}

static bool wait_for(struct change_run *run, struct error *error)
{
    const struct change_options *options = run->options;
    const struct session_wait wait = {.changed_ms = run->changed_ms,
                                      .deadline_ms = options->deadline_ms != 0
                                                         ? options->deadline_ms
                                                         : run->changed_ms + options->wait_ms,
                                      .nobody_before = run->changed && had_nobody_access(run),
                                      .look = look_after_change,
                                      .context = run};

    if (!session_usable(run->after, error))
        return false;
    run->verified = CHANGE_NOT_ACCEPTED;
    if (!session_await(run->after, &wait, error))
        return false;
    run->verified = CHANGE_ACCEPTED;
    return true;
}

/* Look again; whatever fails meanwhile or later, the change is heard of where it stands. */
static bool settle_and_say(struct change_run *run, struct error *error)
{
    struct buf line = BUF_EMPTY(BUF_MAX);
    bool stands = false;
    int length = 0;

    change_run_write(run, &line);
    length = (int)(line.length - 1);
    ending_note(ENDING_STANDS, "%.*s", length, buf_text(&line));
    stands = change_settle(session_db(run->session), run->change, run->written_ms, error);
    if (stands || error->kind != ERROR_CONFLICT)
        term_done("%.*s", length, buf_text(&line));
    ending_note(ENDING_STANDS, NULL);
    ending_note(ENDING_WRITE, NULL);
    buf_free(&line);
    return stands;
}

/* Of several, before any is looked at again. */
static void say_written(const struct change_run *run)
{
    struct buf line = BUF_EMPTY(BUF_MAX);

    change_run_write(run, &line);
    term_done("%.*s", (int)(line.length - 1), buf_text(&line));
    buf_free(&line);
}

/* Where there is something to write, and it is not only tried. */
static bool write_change(struct change_run *run, struct error *error)
{
    bool confirmed = true;

    if (run->options->agree.dry_run || change_is_empty(run->change))
        return true;
    if (!record_change(run, error) ||
        !change_apply(session_db(run->session), run->change, &confirmed, error))
        return false;
    run->written_ms = clock_monotonic_ms();
    if (!confirmed)
        term_warn("written, but a majority of the replica set has not confirmed it yet");
    return true;
}

static void announce_change(struct change_run *run)
{
    run->changed = true;
    run->changed_ms = clock_monotonic_ms();
    announce_changed(session_db(run->session), session_server(run->session), run->change);
}

bool change_waits(const struct change_options *options)
{
    return options->deadline_ms != 0 || options->wait_ms != 0;
}

/* Is what comes after the change looked at? */
static bool wants_look(const struct change_run *run)
{
    return run->wants_verify && !run->options->agree.dry_run &&
           (run->changed || change_waits(run->options));
}

/* What comes after the change, in a session in which it was found. */
static bool see_accepted(struct change_run *run, struct error *error)
{
    if (change_waits(run->options))
        return wait_for(run, error);
    return !judgement_alone(session_admin(run->after)).usable || verify_once(run, error);
}

static bool change_only(struct change_run *run, struct error *error)
{
    run->changed_ms = clock_monotonic_ms();
    if (!write_change(run, error))
        return false;
    if (run->written_ms == 0)
        return true;
    if (!settle_and_say(run, error))
        return false;
    announce_change(run);
    return true;
}

/* What failed of several: the first is the error, whatever comes after it is said. */
struct failures {
    struct error *error;
    bool any;
    bool unreachable; /* nobody is asked any more: each question would wait for its own timeout */
};

static void failures_add(struct failures *failures, const struct error *why)
{
    if (!failures->any) {
        *failures->error = *why;
        ending_note(ENDING_ERROR, "%s", why->text);
    } else if (!text_equal(why->text, failures->error->text)) {
        term_done("%s", why->text);
    }
    failures->any = true;
    failures->unreachable = why->cause == CAUSE_DATABASE_UNREACHABLE;
}

/* Up to the first that cannot be written. */
static void write_each(struct change_run *runs, size_t count, struct failures *failures)
{
    struct error why;

    for (size_t i = 0; !failures->any && i < count; i++) {
        runs[i].changed_ms = clock_monotonic_ms();
        if (!write_change(&runs[i], &why))
            failures_add(failures, &why);
        if (runs[i].written_ms != 0)
            say_written(&runs[i]);
    }
    failures->unreachable = false; /* a member may be back by now: the first look tells */
}

/* What was said to be written: does it stand? */
static void settle_each(struct change_run *runs, size_t count, struct failures *failures)
{
    struct error why;

    for (size_t i = 0; i < count; i++) {
        const struct change *change = runs[i].change;

        if (runs[i].written_ms == 0)
            continue;
        if (failures->unreachable) {
            char *name = changed_name(change);

            term_done("%s was changed, but whether that stands is not known", name);
            mem_free(name);
        } else if (change_settle(session_db(runs[i].session), change, runs[i].written_ms, &why)) {
            announce_change(&runs[i]);
        } else {
            failures_add(failures, &why);
        }
    }
}

/* Whoever read the document before us may write it back until then. */
static bool outlast_others(struct change_run *run, struct error *error)
{
    if (!run->changed || run->options->settle_ms == 0)
        return true;
    clock_sleep_ms(run->changed_ms + run->options->settle_ms - clock_monotonic_ms());
    return change_stands(session_db(run->session), run->change, error);
}

bool change_run_do(struct change_run *run, struct error *error)
{
    if (!change_only(run, error))
        return false;
    if (wants_look(run)) {
        run->after = session_beside(run->session);
        if (!change_find(run->after, run->change, error) || !see_accepted(run, error))
            return false;
    }
    return outlast_others(run, error);
}

/* Of several: whose wait it was. */
static void name_wait(const struct change_run *run, struct error *error)
{
    struct error why = *error;
    char *name = changed_name(run->change);

    error_set(error, why.kind, "%s: %s", name, why.text);
    error_blame(error, why.cause);
    error_try(error, "%s", why.attempt);
    mem_free(name);
}

/* One survey is for all of them: one for each would be the square of what there is. */
static bool see_each_accepted(struct change_run *runs, size_t count, struct error *error)
{
    struct session *survey = session_beside(runs[0].session);
    bool surveyed = false;
    bool done = true;

    for (size_t i = 0; done && i < count; i++) {
        if (!wants_look(&runs[i]))
            continue;
        surveyed = surveyed || survey_everybody(survey, error);
        runs[i].after = session_beside(survey);
        done = surveyed && choose_changed(runs[i].after, runs[i].change, error) &&
               see_accepted(&runs[i], error);
        if (!done && count > 1 && error->kind == ERROR_WAIT)
            name_wait(&runs[i], error);
        session_free(runs[i].after);
        runs[i].after = NULL;
    }
    session_free(survey);
    return done;
}

bool change_runs_do(struct change_run *runs, size_t count, struct error *error)
{
    struct failures failures = {.error = error};
    struct error why;

    if (count == 1) {
        if (!change_only(runs, &why))
            failures_add(&failures, &why);
    } else {
        /* All are written before any is looked at again: they settle at the same time. */
        write_each(runs, count, &failures);
        settle_each(runs, count, &failures);
    }
    if (!failures.any && !see_each_accepted(runs, count, &why))
        failures_add(&failures, &why);
    for (size_t i = 0; !failures.unreachable && i < count; i++)
        if (!outlast_others(&runs[i], &why))
            failures_add(&failures, &why);
    ending_note(ENDING_ERROR, NULL);
    return !failures.any;
}

void change_run_clear(struct change_run *run)
{
    session_free(run->after);
    change_free(run->change);
    mem_free(run->undo_id);
    *run = (struct change_run){0};
}

void change_runs_free(struct change_run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        change_run_clear(&runs[i]);
    mem_free(runs);
}

struct json *change_run_json(const struct change_run *run)
{
    const struct change *change = run->change;
    struct json *json = json_make_object();
    struct json *changed = json_make_array();

    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            json_add(changed, json_make_text(change->fields[i].name));
    json_put_text(json, "administrator",
                  *change->administrator != '\0' ? change->administrator : NULL);
    json_put(json, "changed", changed);
    json_put_text(json, "undo_id", run->undo_id);
    json_put_bool(json, "dry_run", run->options->agree.dry_run);
    if (run->verified == CHANGE_NOT_ASKED)
        json_put_null(json, "verified");
    else
        json_put_bool(json, "verified", run->verified == CHANGE_ACCEPTED);
    json_put_text(json, "cause", cause_name(run->why.cause));
    json_put_text(json, "try", run->why.attempt[0] != '\0' ? run->why.attempt : NULL);
    return json;
}

void change_run_write(const struct change_run *run, struct buf *out)
{
    const struct change *change = run->change;
    char *name = changed_name(change);
    char *fields = record_names(change);

    if (*fields == '\0')
        buf_add_format(out, "%s: nothing to change", name);
    else if (run->options->agree.dry_run)
        buf_add_format(out, "%s: %s would be changed (dry run)", name, fields);
    else
        buf_add_format(out, "%s: %s changed", name, fields);
    if (run->verified != CHANGE_NOT_ASKED)
        buf_add_text(out, run->verified == CHANGE_ACCEPTED ? "; accepted by the API"
                                                           : "; not accepted yet");
    if (run->undo_id != NULL)
        buf_add_format(out, "; undo: %spritunl-access undo %s", process_sudo(), run->undo_id);
    buf_add_text(out, "\n");
    mem_free(fields);
    mem_free(name);
}

bool change_runs_answer(const struct change_run *runs, size_t count, bool many, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *json = NULL;

    if (!runs[0].options->agree.json) {
        for (size_t i = 0; i < count; i++)
            change_run_write(&runs[i], &out);
        return answer_prose(&out, error);
    }
    if (!many)
        return answer_json(change_run_json(&runs[0]), error);
    json = json_make_array();
    for (size_t i = 0; i < count; i++)
        json_add(json, change_run_json(&runs[i]));
    return answer_json(json, error);
}

bool change_never_accepted(const struct session *session, struct error *error)
{
    const struct admin *admin = session_admin(session);
    enum cause cause = CAUSE_ADMINISTRATOR_DISABLED;

    error_set(error, ERROR_UNUSABLE,
              "%s is disabled, and would not be accepted: nothing was changed", admin_name(admin));
    error_blame(error, cause);
    cause_write_remedy(cause, admin->username, error->attempt, sizeof error->attempt);
    return false;
}

bool change_one(struct session *session, const struct change_options *options,
                bool (*plan)(struct change_run *run, struct error *error), struct error *error)
{
    struct change_run run = {.session = session, .options = options, .wants_verify = true};
    bool done = session_read(session, error) && plan(&run, error) && answer_ready(error) &&
                change_runs_agree(&run, 1, error) && change_run_do(&run, error) &&
                change_runs_answer(&run, 1, false, error);

    change_run_clear(&run);
    return done;
}
