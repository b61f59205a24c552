/* SPDX-License-Identifier: MIT */
#include "cmd/alter.h"

#include <string.h>

#include "api/await.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/agree.h"
#include "cmd/answer.h"
#include "pritunl/announce.h"
#include "pritunl/judgement.h"
#include "pritunl/record.h"

#define MS_PER_S 1000

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

void alter_show(const struct alteration *alteration, struct buf *out)
{
    const struct change *change = alteration->change;
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
    if (alteration->effect != NULL)
        buf_add_format(out, "  %s\n", alteration->effect);
    mem_free(name);
}

bool alter_agree(const struct settings *settings, const struct alteration *alterations,
                 size_t count, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    for (size_t i = 0; i < count; i++)
        alter_show(&alterations[i], &text);
    agreed = agree(settings, buf_text(&text), "Change this?", error);
    buf_free(&text);
    return agreed;
}

static bool record_change(struct alteration *alteration, struct error *error)
{
    char *place = NULL;
    bool done = true;

    if (settings_flag(alteration->flow->settings, OPTION_NO_UNDO))
        return true;
    place = record_place(alteration->flow->db);
    done = record_save(alteration->change, place, &alteration->undo_id, error);
    if (!done && !change_overwrites_secret(alteration->change)) {
        term_warn(
            "no undo record could be written; no secret is overwritten, so this goes on without");
        done = true;
    }
    mem_free(place);
    return done;
}

static void announce_change(const struct alteration *alteration)
{
    const struct change *change = alteration->change;
    char *names = record_names(change);
    char *message =
        text_format("Administrator changed by pritunl-access %s: %s", change->command, names);

    announce(alteration->flow->db, snapshot_server(alteration->flow->snapshot),
             db_field(change->after, "_id"), "admin_updated", message);
    mem_free(message);
    mem_free(names);
}

bool alter_read(struct alteration *alteration, struct error *error)
{
    struct flow *flow = alteration->flow;
    const struct snapshot_query query = {.wants_server = true, .silent = true};
    struct db_value id = db_field(alteration->change->before, "_id");

    if (!flow_survey(flow, &query, error))
        return false;
    flow->admin = snapshot_find(flow->snapshot, &id);
    if (flow->admin == NULL) {
        error_set(error, ERROR_NOT_FOUND, "%s is not there any more",
                  alteration->change->administrator);
        return error_try(error, "pritunl-access list");
    }
    flow_pair(flow);
    return true;
}

static void ask_once(struct alteration *alteration)
{
    struct flow *flow = alteration->flow;
    struct verify_result result;
    struct error error = {0};

    if (!flow_reach(flow, &error)) {
        term_warn("the API was not asked: %s", error.text);
        return;
    }
    flow_verify(flow, &result);
    alteration->verified = result.verdict == VERDICT_ACCEPTED ? ALTER_ACCEPTED : ALTER_NOT_ACCEPTED;
    if (result.verdict == VERDICT_ACCEPTED)
        return;
    verify_error(&result, flow->admin->username, contact_url(flow->contact), &error);
    term_warn("%s; try: %s", error.text, error.attempt);
}

static bool wait_for(struct alteration *alteration, int64_t changed_ms, struct error *error)
{
    struct flow *flow = alteration->flow;
    struct await_case what = {
        .certificate = flow_certificate(flow),
        .server = snapshot_server(flow->snapshot),
        .server_time = settings_flag(flow->settings, OPTION_SERVER_TIME),
        .changed_ms = changed_ms,
        .deadline_ms = alteration->deadline_ms != 0
                           ? alteration->deadline_ms
                           : changed_ms + settings_number(flow->settings, OPTION_WAIT) * MS_PER_S};

    if (!flow_usable(flow, error) || !flow_reach(flow, error))
        return false;
    what.access = flow->access;
    what.options = flow_contact_options(flow->settings, contact_url(flow->contact));
    alteration->verified = ALTER_NOT_ACCEPTED;
    if (!await_accepted(&what, error))
        return false;
    alteration->verified = ALTER_ACCEPTED;
    return true;
}

static bool write_change(struct alteration *alteration, struct error *error)
{
    bool confirmed = true;

    if (!record_change(alteration, error) ||
        !change_apply(alteration->flow->db, alteration->change, &confirmed, error))
        return false;
    if (!confirmed)
        term_warn("written, but a majority of the replica set has not confirmed it yet");
    if (!change_settle(alteration->flow->db, alteration->change, error))
        return false;
    alteration->changed = true;
    announce_change(alteration);
    return true;
}

/* What comes after the change, which stands. */
static bool see_accepted(struct alteration *alteration, int64_t changed_ms, struct error *error)
{
    bool waits =
        alteration->deadline_ms != 0 || settings_given(alteration->flow->settings, OPTION_WAIT);

    if (!alteration->wants_verify || (!alteration->changed && !waits))
        return true;
    if (!alter_read(alteration, error))
        return false;
    if (waits)
        return wait_for(alteration, changed_ms, error);
    if (judgement_alone(alteration->flow->admin).usable)
        ask_once(alteration);
    return true;
}

void alter_note(const struct alteration *alteration)
{
    struct buf line = BUF_EMPTY(BUF_MAX);

    if (!alteration->changed)
        return;
    alter_write(alteration, &line);
    term_note("%.*s", (int)(line.length - 1), buf_text(&line));
    buf_free(&line);
}

bool alter_run(struct alteration *alteration, struct error *error)
{
    alteration->dry_run = settings_flag(alteration->flow->settings, OPTION_DRY_RUN);
    if (alteration->dry_run)
        return true;
    if (!change_is_empty(alteration->change) && !write_change(alteration, error))
        return false;
    if (see_accepted(alteration, clock_monotonic_ms(), error))
        return true;
    alter_note(alteration);
    return false;
}

void alter_clear(struct alteration *alteration)
{
    mem_free(alteration->undo_id);
    alteration->undo_id = NULL;
}

struct json *alter_json(const struct alteration *alteration)
{
    const struct change *change = alteration->change;
    struct json *json = json_make_object();
    struct json *changed = json_make_array();

    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            json_add(changed, json_make_text(change->fields[i].name));
    json_put_text(json, "administrator",
                  *change->administrator != '\0' ? change->administrator : NULL);
    json_put(json, "changed", changed);
    json_put_text(json, "undo_id", alteration->undo_id);
    json_put_bool(json, "dry_run", alteration->dry_run);
    if (alteration->verified == ALTER_NOT_ASKED)
        json_put_null(json, "verified");
    else
        json_put_bool(json, "verified", alteration->verified == ALTER_ACCEPTED);
    return json;
}

void alter_write(const struct alteration *alteration, struct buf *out)
{
    const struct change *change = alteration->change;
    char *name = changed_name(change);
    char *fields = record_names(change);

    if (*fields == '\0')
        buf_add_format(out, "%s: nothing to change", name);
    else if (alteration->dry_run)
        buf_add_format(out, "%s: %s would be changed (dry run)", name, fields);
    else
        buf_add_format(out, "%s: %s changed", name, fields);
    if (alteration->undo_id != NULL)
        buf_add_format(out, "; undo: pritunl-access undo %s", alteration->undo_id);
    if (alteration->verified != ALTER_NOT_ASKED)
        buf_add_text(out, alteration->verified == ALTER_ACCEPTED ? "; accepted by the API"
                                                                 : "; not accepted yet");
    buf_add_text(out, "\n");
    mem_free(fields);
    mem_free(name);
}

bool alter_answer(const struct settings *settings, const struct alteration *alterations,
                  size_t count, bool many, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *json = NULL;

    if (!settings_flag(settings, OPTION_JSON)) {
        for (size_t i = 0; i < count; i++)
            alter_write(&alterations[i], &out);
        return answer_text(&out, error);
    }
    if (!many)
        return answer_json(alter_json(&alterations[0]), error);
    json = json_make_array();
    for (size_t i = 0; i < count; i++)
        json_add(json, alter_json(&alterations[i]));
    return answer_json(json, error);
}

bool alter_never_accepted(const struct flow *flow, struct error *error)
{
    enum cause cause = CAUSE_ADMINISTRATOR_DISABLED;

    error_set(error, ERROR_UNUSABLE,
              "%s is disabled, and would not be accepted: nothing was changed",
              admin_name(flow->admin));
    error_blame(error, cause);
    cause_write_remedy(cause, flow->admin->username, error->attempt, sizeof error->attempt);
    return false;
}

bool alter_one(const struct settings *settings, const char *name,
               bool (*plan)(struct alteration *alteration, struct error *error),
               struct error *error)
{
    struct flow flow;
    struct alteration alteration = {.flow = &flow, .wants_verify = true};
    bool done = false;

    flow_init(&flow, settings, name);
    flow.writes = true;
    done = flow_read(&flow, error) && plan(&alteration, error) &&
           alter_agree(settings, &alteration, 1, error) && alter_run(&alteration, error) &&
           alter_answer(settings, &alteration, 1, false, error);
    alter_clear(&alteration);
    change_free(alteration.change);
    flow_clear(&flow);
    return done;
}
