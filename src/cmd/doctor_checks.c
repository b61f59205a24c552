/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/doctor.h"

#define NAMES_SHOWN 3

void finding_say(struct finding *finding, enum finding_state state, const char *format, ...)
{
    va_list arguments;

    finding->state = state;
    va_start(arguments, format);
    vsnprintf(finding->detail, sizeof finding->detail, format, arguments);
    va_end(arguments);
}

void finding_blame(struct finding *finding, enum cause cause, const char *detail)
{
    finding->cause = cause;
    finding_say(finding, FINDING_FAIL, "%s",
                detail != NULL && *detail != '\0' ? detail : cause_text(cause));
}

static void check_database(const struct evidence *evidence, struct finding *finding)
{
    const struct db *db = evidence->flow.db;

    if (!evidence->read)
        finding_blame(finding, evidence->database.cause, evidence->database.text);
    else if (!db_is_tls(db) && !db_is_loopback(db))
        finding_say(finding, FINDING_WARN, "%s at %s, not encrypted", db_name(db), db_hosts(db));
    else
        finding_say(finding, FINDING_OK, "%s at %s%s", db_name(db), db_hosts(db),
                    db_is_tls(db) ? ", TLS" : "");
}

/* Does one of the privileges allow to write where Pritunl keeps its administrators? */
static bool may_write(const struct db *db, const struct db_value *privilege)
{
    static const char *const writes[] = {"update",         "insert",       "remove",
                                         "dropCollection", "dropDatabase", "anyAction"};
    struct db_value actions = db_member(privilege, "actions");
    struct db_value where = db_member(privilege, "resource.db");
    struct db_value any = db_member(privilege, "resource.anyResource");

    if (any.type != DB_BOOL && where.type == DB_TEXT && *where.text != '\0' &&
        !text_equal(where.text, db_name(db)))
        return false;
    for (size_t i = 0;; i++) {
        struct db_value action = db_item(&actions, i);

        if (action.type != DB_TEXT)
            return false;
        for (size_t w = 0; w < sizeof writes / sizeof *writes; w++)
            if (text_equal(action.text, writes[w]))
                return true;
    }
}

static void judge_privileges(const struct db *db, const struct db_value *privileges,
                             struct finding *finding)
{
    struct db_value privilege = db_item(privileges, 0);

    if (privilege.type != DB_OBJECT) {
        finding_say(finding, FINDING_SKIP, "the database does not say what the user may do");
        return;
    }
    finding_say(finding, FINDING_OK, "the user may read only");
    for (size_t i = 1; privilege.type == DB_OBJECT; i++) {
        if (may_write(db, &privilege)) {
            finding_say(finding, FINDING_WARN, "the user may write too: more than reading needs");
            return;
        }
        privilege = db_item(privileges, i);
    }
}

static void check_privileges(const struct evidence *evidence, struct finding *finding)
{
    const struct db *db = evidence->flow.db;
    const struct db_document *answer = evidence->privileges;
    struct db_value users = {0};
    struct db_value privileges = {0};

    if (answer == NULL) {
        finding_say(finding, FINDING_SKIP, "not known");
        return;
    }
    users = db_field(answer, "authInfo.authenticatedUsers");
    privileges = db_field(answer, "authInfo.authenticatedUserPrivileges");
    if (db_item(&users, 0).type == DB_ABSENT)
        finding_say(finding, db_is_loopback(db) ? FINDING_OK : FINDING_WARN,
                    "the database asks for no login");
    else
        judge_privileges(db, &privileges, finding);
}

static void check_administrator(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        finding_say(finding, FINDING_SKIP, "not read");
    else if (admin->disabled)
        finding_blame(finding, CAUSE_ADMINISTRATOR_DISABLED, "disabled");
    else if (admin->default_password)
        finding_say(finding, FINDING_WARN, "the first default password is still in place");
    else
        finding_say(finding, FINDING_OK, "%s, enabled",
                    admin->super_user ? "super user" : "no super user");
}

static void check_flag(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        finding_say(finding, FINDING_SKIP, "not read");
    else if (admin->flag_fault != CAUSE_NONE)
        finding_blame(finding, admin->flag_fault, admin_detail(admin, admin->flag_fault));
    else
        finding_say(finding, FINDING_OK, "auth_api is true");
}

static void check_token(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;
    const struct admin *other = NULL;
    bool comes_first = false;

    if (!evidence->read) {
        finding_say(finding, FINDING_SKIP, "not read");
        return;
    }
    if (admin->token_fault != CAUSE_NONE) {
        finding_blame(finding, admin->token_fault, admin_detail(admin, admin->token_fault));
        return;
    }
    other = snapshot_shares_token(evidence->flow.snapshot, admin, &comes_first);
    if (other == NULL) {
        finding_say(finding, FINDING_OK, "there, and nobody else's");
        return;
    }
    if (comes_first)
        finding_blame(finding, CAUSE_TOKEN_DUPLICATE, NULL);
    finding_say(finding, comes_first ? FINDING_FAIL : FINDING_WARN,
                "%s carries the same one, and comes %s",
                other->username != NULL ? other->username : "another document",
                comes_first ? "first" : "later");
}

static void check_secret(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        finding_say(finding, FINDING_SKIP, "not read");
    else if (admin->secret_fault != CAUSE_NONE)
        finding_blame(finding, admin->secret_fault, admin_detail(admin, admin->secret_fault));
    else
        finding_say(finding, FINDING_OK, "there, long enough");
}

static void check_others(const struct evidence *evidence, struct finding *finding)
{
    const struct snapshot *snapshot = evidence->flow.snapshot;
    struct buf names = BUF_EMPTY(160);
    size_t count = 0;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (admin == evidence->flow.admin || !admin->auth_api)
            continue;
        if (count < NAMES_SHOWN)
            buf_add_format(&names, "%s%s", count > 0 ? ", " : "",
                           admin->username != NULL ? admin->username : "(no text)");
        count++;
    }
    if (!evidence->read)
        finding_say(finding, FINDING_SKIP, "not read");
    else if (count == 0)
        finding_say(finding, FINDING_OK, "nobody else has API access");
    else
        finding_say(finding, FINDING_OK, "%zu more with API access: %s%s", count, buf_text(&names),
                    count > NAMES_SHOWN ? " …" : "");
    buf_free(&names);
}

static void check_pritunl(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = snapshot_server(evidence->flow.snapshot);

    if (!server->known)
        finding_say(finding, FINDING_SKIP, "not read");
    else
        finding_say(finding, FINDING_OK, "version %s, plan %s%s, auditing %s",
                    server->version != NULL ? server->version : "unknown",
                    server->plan != NULL ? server->plan : "none",
                    server->licensed ? " (licensed)" : "", server->auditing ? "all" : "off");
}

static const struct {
    const char *name;
    void (*run)(const struct evidence *evidence, struct finding *finding);
} checks[] = {
    {"database", check_database},
    {"privileges", check_privileges},
    {"administrator", check_administrator},
    {"api access", check_flag},
    {"token", check_token},
    {"secret", check_secret},
    {"url", check_url},
    {"connection", check_connection},
    {"certificate", check_certificate},
    {"answer", check_answer},
    {"web front", check_front},
    {"clock", check_clock},
    {"request", check_request},
    {"hosts", check_hosts},
    {"others", check_others},
    {"pritunl", check_pritunl},
};

/*
 * One cause, one failure: of several findings of the cause the first one shows it and the others
 * follow from it; what else is wrong is worth a look, and no more.
 */
static void settle_findings(enum cause cause, struct finding *findings, size_t count)
{
    bool shown = false;

    for (size_t i = 0; i < count; i++) {
        if (findings[i].state != FINDING_FAIL || findings[i].cause == CAUSE_NONE)
            continue;
        if (shown || findings[i].cause != cause)
            findings[i].state = FINDING_WARN;
        else
            shown = true;
    }
}

size_t checks_run(const struct evidence *evidence, struct finding findings[FINDINGS_MAX])
{
    size_t count = sizeof checks / sizeof *checks;

    for (size_t i = 0; i < count; i++) {
        findings[i] = (struct finding){.name = checks[i].name};
        checks[i].run(evidence, &findings[i]);
    }
    settle_findings(evidence->cause, findings, count);
    return count;
}
