/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "cmd/doctor.h"

#define SKEW_NOTED_S 60 /* accepted still, but somebody should look at the clock */
#define NAMES_SHOWN 3

static void say(struct finding *finding, enum finding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct finding *finding, enum finding_state state, const char *format, ...)
{
    va_list arguments;

    finding->state = state;
    va_start(arguments, format);
    vsnprintf(finding->detail, sizeof finding->detail, format, arguments);
    va_end(arguments);
}

static void blame(struct finding *finding, enum cause cause, const char *detail)
{
    finding->cause = cause;
    say(finding, FINDING_FAIL, "%s",
        detail != NULL && *detail != '\0' ? detail : cause_text(cause));
}

static void check_database(const struct evidence *evidence, struct finding *finding)
{
    const struct db *db = evidence->flow.db;

    if (!evidence->read)
        blame(finding, cause_find(evidence->database.cause), evidence->database.text);
    else if (!db_is_tls(db) && !db_is_loopback(db))
        say(finding, FINDING_WARN, "%s at %s, not encrypted", db_name(db), db_hosts(db));
    else
        say(finding, FINDING_OK, "%s at %s%s", db_name(db), db_hosts(db),
            db_is_tls(db) ? ", TLS" : "");
}

/* Does one of the privileges allow to write where Pritunl keeps its administrators? */
static bool may_write(const struct db *db, const struct db_value *privilege)
{
    static const char *const writes[] = {"update", "insert", "remove", "anyAction"};
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

static void check_privileges(const struct evidence *evidence, struct finding *finding)
{
    struct db_document *answer = NULL;
    struct db_value users = {0};
    struct db_value user = {0};
    struct db_value privileges = {0};
    struct error ignored;

    if (!evidence->read ||
        (answer = db_run(evidence->flow.db, QUERY_PRIVILEGES, &ignored)) == NULL) {
        say(finding, FINDING_SKIP, "not known");
        return;
    }
    users = db_field(answer, "authInfo.authenticatedUsers");
    user = db_item(&users, 0);
    privileges = db_field(answer, "authInfo.authenticatedUserPrivileges");
    say(finding, FINDING_OK, "no more than reading needs");
    if (user.type == DB_ABSENT)
        say(finding, db_is_loopback(evidence->flow.db) ? FINDING_OK : FINDING_WARN,
            "the database asks for no login");
    for (size_t i = 0; user.type != DB_ABSENT; i++) {
        struct db_value privilege = db_item(&privileges, i);

        if (privilege.type != DB_OBJECT)
            break;
        if (may_write(evidence->flow.db, &privilege)) {
            say(finding, FINDING_WARN, "the user may write too: more than reading needs");
            break;
        }
    }
    db_document_free(answer);
}

static void check_administrator(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        say(finding, FINDING_SKIP, "not read");
    else if (admin->disabled)
        blame(finding, CAUSE_ADMINISTRATOR_DISABLED, "disabled");
    else if (admin->default_password)
        say(finding, FINDING_WARN, "the first default password is still in place");
    else
        say(finding, FINDING_OK, "%s, enabled", admin->super_user ? "super user" : "no super user");
}

static void check_flag(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        say(finding, FINDING_SKIP, "not read");
    else if (admin->flag_fault != CAUSE_NONE)
        blame(finding, admin->flag_fault, admin_detail(admin, admin->flag_fault));
    else
        say(finding, FINDING_OK, "auth_api is true");
}

static void check_token(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;
    const struct admin *earlier = NULL;

    if (!evidence->read) {
        say(finding, FINDING_SKIP, "not read");
        return;
    }
    if (admin->token_fault != CAUSE_NONE) {
        blame(finding, admin->token_fault, admin_detail(admin, admin->token_fault));
        return;
    }
    earlier = cluster_comes_later(&evidence->flow.cluster, admin);
    if (earlier != NULL) {
        blame(finding, CAUSE_TOKEN_DUPLICATE, NULL);
        say(finding, FINDING_FAIL, "%s carries the same one, and comes first",
            earlier->username != NULL ? earlier->username : "another document");
        return;
    }
    say(finding, FINDING_OK, "there, and nobody else's");
}

static void check_secret(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->flow.admin;

    if (!evidence->read)
        say(finding, FINDING_SKIP, "not read");
    else if (admin->secret_fault != CAUSE_NONE)
        blame(finding, admin->secret_fault, admin_detail(admin, admin->secret_fault));
    else
        say(finding, FINDING_OK, "there, long enough");
}

static void check_url(const struct evidence *evidence, struct finding *finding)
{
    const struct contact *contact = evidence->flow.contact;

    if (!evidence->read)
        say(finding, FINDING_SKIP, "not looked for");
    else if (!evidence->reached)
        say(finding, FINDING_FAIL, "%s", evidence->api.text);
    else if (*contact_parts(contact)->path != '\0')
        say(finding, FINDING_WARN, "%s: a proxy must take its path off", contact_url(contact));
    else
        say(finding, FINDING_OK, "%s (%s)", contact_url(contact), evidence->url_from);
}

static bool within(enum cause cause, enum cause first, enum cause last)
{
    return cause >= first && cause <= last;
}

static void check_connection(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked)
        say(finding, FINDING_SKIP, "not asked");
    else if (within(cause, CAUSE_DNS, CAUSE_TIMEOUT))
        blame(finding, cause, evidence->verified.detail);
    else
        say(finding, FINDING_OK, "answers");
}

static void check_certificate(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;
    const struct contact *contact = evidence->flow.contact;

    if (!evidence->asked || within(cause, CAUSE_DNS, CAUSE_TIMEOUT))
        say(finding, FINDING_SKIP, "not met");
    else if (within(cause, CAUSE_TLS_UNTRUSTED, CAUSE_TLS_EXPIRED))
        blame(finding, cause, evidence->verified.detail);
    else if (contact_is_expired(contact))
        say(finding, FINDING_WARN, "out of date, trusted as it is the database's own");
    else if (evidence->verified.trust == NULL)
        say(finding, FINDING_SKIP, "not met");
    else
        say(finding, text_equal(evidence->verified.trust, "insecure") ? FINDING_WARN : FINDING_OK,
            "trust: %s", evidence->verified.trust);
}

static void check_answer(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || within(cause, CAUSE_DNS, CAUSE_TLS_EXPIRED))
        say(finding, FINDING_SKIP, "none came");
    else if (within(cause, CAUSE_REDIRECTED, CAUSE_NOT_PRITUNL) || cause == CAUSE_SERVER_ERROR)
        blame(finding, cause, evidence->verified.detail);
    else
        say(finding, FINDING_OK, "Pritunl's");
}

static void check_front(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = &evidence->flow.cluster.server;
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || within(cause, CAUSE_DNS, CAUSE_NOT_PRITUNL))
        say(finding, FINDING_SKIP, "not asked");
    else if (cause == CAUSE_WEB_NOT_READY)
        blame(finding, cause, evidence->verified.detail);
    else if (cause == CAUSE_WEB_STRICT && !server->auto_restart)
        blame(finding, cause, "STRICT, and it restarts by hand only (server_auto_restart)");
    else if (cause == CAUSE_WEB_STRICT) {
        blame(finding, cause, NULL);
        say(finding, FINDING_FAIL, "STRICT still; it looks again every %lld s",
            (long long)server->check_interval_s);
    } else if (evidence->read && !cluster_front_is_open(&evidence->flow.cluster))
        say(finding, FINDING_WARN, "STRICT: nobody has auth_api exactly true");
    else
        say(finding, FINDING_OK, "lets API requests pass");
}

static void check_clock(const struct evidence *evidence, struct finding *finding)
{
    long long skew_s = evidence->verified.clock_skew_s;

    if (!evidence->asked || !evidence->verified.has_clock)
        say(finding, FINDING_SKIP, "the server's is not known");
    else if (llabs(skew_s) > evidence->flow.cluster.server.time_window_s) {
        blame(finding, CAUSE_CLOCK_SKEW, NULL);
        say(finding, FINDING_FAIL, "the server's is %+lld s from ours; %lld s are allowed", skew_s,
            (long long)evidence->flow.cluster.server.time_window_s);
    } else
        say(finding, llabs(skew_s) > SKEW_NOTED_S ? FINDING_WARN : FINDING_OK,
            "the server's is %+lld s from ours", skew_s);
}

static void check_request(const struct evidence *evidence, struct finding *finding)
{
    const struct verify_result *verified = &evidence->verified;

    if (!evidence->asked || verified->status == 0)
        say(finding, FINDING_SKIP, "not sent");
    else if (verified->verdict == VERDICT_ACCEPTED)
        say(finding, FINDING_OK, "accepted in %lld ms", (long long)verified->latency_ms);
    else {
        blame(finding, verified->cause, NULL);
        say(finding, FINDING_FAIL, "status %ld%s%s", verified->status,
            verified->detail[0] != '\0' ? ": " : "", verified->detail);
    }
}

static void check_asked_hosts(const struct evidence *evidence, struct finding *finding)
{
    size_t accepted = 0;

    for (size_t i = 0; i < evidence->host_count; i++)
        accepted += evidence->hosts[i].result.verdict == VERDICT_ACCEPTED;
    say(finding, FINDING_OK, "%zu of %zu online accept", accepted, evidence->host_count);
    for (size_t i = 0; i < evidence->host_count && finding->state == FINDING_OK; i++) {
        const struct verify_answer *host = &evidence->hosts[i];

        if (host->result.verdict == VERDICT_ACCEPTED)
            continue;
        if (evidence->culprit != NULL)
            host = evidence->culprit;
        finding->cause = host->result.cause;
        say(finding, FINDING_FAIL, "%zu of %zu online accept; %s: %s", accepted,
            evidence->host_count, host->host, cause_name(host->result.cause));
    }
}

static void check_hosts(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = &evidence->flow.cluster.server;
    size_t online = 0;

    if (evidence->hosts != NULL) {
        check_asked_hosts(evidence, finding);
        return;
    }
    for (size_t i = 0; i < server->host_count; i++)
        online += server->hosts[i].online;
    if (!server->known)
        say(finding, FINDING_SKIP, "not read");
    else if (online == 0)
        say(finding, FINDING_WARN, "none is online by the database's account");
    else
        say(finding, FINDING_OK, "%zu online, %zu offline%s", online, server->host_count - online,
            online > 1 ? "; --every-host asks each" : "");
}

static void check_others(const struct evidence *evidence, struct finding *finding)
{
    const struct cluster *cluster = &evidence->flow.cluster;
    struct buf names = BUF_EMPTY(160);
    size_t count = 0;

    for (size_t i = 0; i < cluster->admin_count; i++) {
        const struct admin *admin = cluster->admins[i];

        if (admin == evidence->flow.admin || !admin->auth_api)
            continue;
        if (count < NAMES_SHOWN)
            buf_add_format(&names, "%s%s", count > 0 ? ", " : "",
                           admin->username != NULL ? admin->username : "(no text)");
        count++;
    }
    if (!evidence->read)
        say(finding, FINDING_SKIP, "not read");
    else if (count == 0)
        say(finding, FINDING_OK, "nobody else has API access");
    else
        say(finding, FINDING_OK, "%zu more with API access: %s%s", count, buf_text(&names),
            count > NAMES_SHOWN ? " …" : "");
    buf_free(&names);
}

static void check_pritunl(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = &evidence->flow.cluster.server;

    if (!server->known)
        say(finding, FINDING_SKIP, "not read");
    else
        say(finding, FINDING_OK, "version %s, plan %s%s, auditing %s",
            server->version != NULL ? server->version : "unknown",
            server->plan != NULL ? server->plan : "none", server->licensed ? " (licensed)" : "",
            server->auditing ? "all" : "off");
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

size_t checks_run(const struct evidence *evidence, struct finding findings[FINDINGS_MAX])
{
    size_t count = sizeof checks / sizeof *checks;

    for (size_t i = 0; i < count; i++) {
        findings[i] = (struct finding){.name = checks[i].name};
        checks[i].run(evidence, &findings[i]);
        /* One cause: what else is wrong is worth a look, and no more. */
        if (findings[i].state == FINDING_FAIL && findings[i].cause != CAUSE_NONE &&
            findings[i].cause != evidence->cause)
            findings[i].state = FINDING_WARN;
    }
    return count;
}
