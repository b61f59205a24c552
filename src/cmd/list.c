/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cmd/options.h"
#include "pritunl/issued.h"
#include "pritunl/judgement.h"
#include "step/answer.h"
#include "step/session.h"

#define HINT_LENGTH 4
#define MS_PER_S 1000

/* The token's first characters, as far as it has them. */
static void write_hint(const struct admin *admin, char hint[HINT_LENGTH + 1])
{
    int length = 0;

    for (; length < HINT_LENGTH && admin->token != NULL && admin->token[length] != '\0'; length++)
        hint[length] = admin->token[length];
    hint[length] = '\0';
}

/* label, issuer, issued, expires, left_s and expired of a temporary one. */
static void put_issued(const struct admin *admin, struct json *row)
{
    struct issued issued;
    int64_t now_ms = clock_wall_ms();
    char time[CLOCK_TEXT_SIZE];

    bool temporary = issued_read(admin->document, &issued);

    json_put_bool(row, "temporary", temporary);
    if (!temporary)
        return;
    json_put_text(row, "label", issued.label);
    json_put_text(row, "issuer", issued.issuer);
    clock_text(issued.issued_ms, time);
    json_put_text(row, "issued", time);
    clock_text(issued.expires_ms, time);
    json_put_text(row, "expires", time);
    json_put_int(row, "left_s",
                 issued.expires_ms <= now_ms ? 0 : (issued.expires_ms - now_ms) / MS_PER_S);
    json_put_bool(row, "expired", issued.expires_ms <= now_ms);
    issued_clear(&issued);
}

/*
 * "ready", "ready (flag-not-boolean)", "api-disabled", …; behind it, of a temporary one, the time
 * left. A new string.
 */
static char *write_state(const struct admin *admin, const struct judgement *judgement)
{
    char *state = judgement->reason == CAUSE_NONE ? mem_text("ready")
                  : judgement->usable ? text_format("ready (%s)", cause_name(judgement->reason))
                                      : mem_text(cause_name(judgement->reason));
    struct issued issued;
    char left[ISSUED_LEFT_SIZE];
    char *whole = NULL;

    if (!issued_read(admin->document, &issued))
        return state;
    issued_left(&issued, clock_wall_ms(), left);
    whole = text_format("%s, temporary (%s%s)", state, left,
                        issued.expires_ms > clock_wall_ms() ? " left" : "");
    issued_clear(&issued);
    mem_free(state);
    return whole;
}

static bool write_list_json(const struct snapshot *snapshot, bool issued_only, struct error *error)
{
    struct json *answer = json_make_array();

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct judgement judgement = judgement_of(snapshot, admin);
        char hint[HINT_LENGTH + 1];
        struct json *row = NULL;

        if (issued_only && !issued_read(admin->document, NULL))
            continue;
        write_hint(admin, hint);
        row = json_make_object();
        json_put_text(row, "administrator", admin->username);
        json_put_text(row, "id", admin->id);
        json_put_bool(row, "auth_api", admin->auth_api);
        json_put_bool(row, "usable", judgement.usable);
        json_put_text(row, "reason", cause_name(judgement.reason));
        json_put_bool(row, "disabled", admin->disabled);
        json_put_bool(row, "super_user", admin->super_user);
        json_put_text(row, "token_hint", hint[0] != '\0' ? hint : NULL);
        put_issued(admin, row);
        json_add(answer, row);
    }
    return answer_json(answer, error);
}

static bool write_list_table(const struct snapshot *snapshot, struct error *error)
{
    struct table *table = table_new(5);
    struct buf out = BUF_EMPTY(BUF_MAX);

    table_add(table,
              (const char *const[]){"ADMINISTRATOR", "API", "SUPER USER", "DISABLED", "TOKEN"});
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct judgement judgement = judgement_of(snapshot, admin);
        char *state = write_state(admin, &judgement);
        char *shown = NULL;
        char hint[HINT_LENGTH + 1];

        write_hint(admin, hint);
        shown = text_format("%s%s", hint, hint[0] != '\0' ? "…" : "");
        table_add(table,
                  (const char *const[]){admin->username != NULL ? admin->username : "(no text)",
                                        state, admin->super_user ? "yes" : "no",
                                        admin->disabled ? "yes" : "no", shown});
        mem_free(state);
        mem_free(shown);
    }
    table_write(table, &out);
    table_free(table);
    return answer_text(&out, error);
}

static bool write_issued_table(const struct snapshot *snapshot, struct error *error)
{
    struct table *table = table_new(6);
    struct buf out = BUF_EMPTY(BUF_MAX);

    table_add(table, (const char *const[]){"LABEL", "ADMINISTRATOR", "ISSUER", "EXPIRES", "LEFT",
                                           "SUPER USER"});
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);
        struct issued issued;
        char expires[CLOCK_TEXT_SIZE];
        char left[ISSUED_LEFT_SIZE];

        if (!issued_read(admin->document, &issued))
            continue;
        clock_text(issued.expires_ms, expires);
        issued_left(&issued, clock_wall_ms(), left);
        table_add(table, (const char *const[]){issued.label, admin->username, issued.issuer,
                                               expires, left, admin->super_user ? "yes" : "no"});
        issued_clear(&issued);
    }
    table_write(table, &out);
    table_free(table);
    return answer_text(&out, error);
}

static bool run_list(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    const struct snapshot_query everybody = {0};
    struct session *session = session_new(&options);
    bool done = session_survey_all(session, "list", &everybody, run->error);

    if (done) {
        const struct snapshot *snapshot = session_snapshot(session);
        bool issued_only = settings_flag(run->settings, OPTION_ISSUED);

        done = settings_flag(run->settings, OPTION_JSON)
                   ? write_list_json(snapshot, issued_only, run->error)
               : issued_only ? write_issued_table(snapshot, run->error)
                             : write_list_table(snapshot, run->error);
    }
    session_free(session);
    return done;
}

const struct command cmd_list = {
    .name = "list",
    .arguments = "",
    .summary = "every administrator, and whether its API credential can work",
    .description =
        "Reads the database alone: name, API ready or why not, super user, disabled, and "
        "the first four characters of the token. Whether the server agrees, verify says.",
    .examples = (const char *const[]){"Who has API access?", "pritunl-access list",
                                      "For monitoring:", "pritunl-access list --json", NULL},
    .options = (const enum option_id[]){OPTION_ISSUED, OPTION_COUNT},
    .run = run_list,
};
