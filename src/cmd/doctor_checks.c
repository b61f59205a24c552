/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/version.h"

#define NAMES_SHOWN 3
#define SKEW_NOTED_S 60 /* accepted still, but somebody should look at the clock */

/* Its state and detail. */
static void finding_say(struct finding *finding, enum finding_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void finding_say(struct finding *finding, enum finding_state state, const char *format, ...)
{
    va_list arguments;

    finding->state = state;
    va_start(arguments, format);
    vsnprintf(finding->detail, sizeof finding->detail, format, arguments);
    va_end(arguments);
}

/* A failure for which cause would be to blame. */
static void finding_blame(struct finding *finding, enum cause cause, const char *detail)
{
    finding->cause = cause;
    finding_say(finding, FINDING_FAIL, "%s",
                detail != NULL && *detail != '\0' ? detail : cause_text(cause));
}

/* Only where a pair of another place is judged. */
static void check_source(const struct evidence *evidence, struct finding *finding)
{
    const char *named = session_options(evidence->session)->name;
    const struct admin *admin = evidence->admin;

    if (evidence->pair == NULL)
        finding_blame(finding, evidence->lack.cause, evidence->lack.text);
    else if (admin != NULL && named != NULL && !text_equal(named, admin->username))
        finding_say(finding, FINDING_WARN, "%s: its token is that of %s, not of %s",
                    evidence->source, admin_name(admin), named);
    else if (!evidence->read)
        finding_say(finding, FINDING_OK, "%s: whose it is, only the database tells",
                    evidence->source);
    else
        finding_say(finding, FINDING_OK, "%s: %s", evidence->source,
                    evidence->same  ? "the pair that is in the database"
                    : admin != NULL ? "the token of an administrator, with another secret"
                                    : "a token that no administrator has");
}

/*
 * What a document would tell about a pair that lies elsewhere: without one there is nothing to look
 * at.
 */
static bool lacks_document(const struct evidence *evidence, struct finding *finding)
{
    if (evidence->read && evidence->admin != NULL)
        return false;
    finding_say(finding, FINDING_SKIP, "%s",
                evidence->read ? "of nobody in the database" : "not read");
    return true;
}

static void check_database(const struct evidence *evidence, struct finding *finding)
{
    const struct db *db = evidence->db;

    if (!evidence->read && evidence->judges_pair)
        finding_say(finding, evidence->database.cause != CAUSE_NONE ? FINDING_WARN : FINDING_SKIP,
                    "%s", evidence->database.text);
    else if (!evidence->read)
        finding_blame(finding, evidence->database.cause, evidence->database.text);
    else if (!db_is_tls(db) && !db_is_loopback(db))
        finding_say(finding, FINDING_WARN, "%s at %s, not encrypted", db_name(db), db_hosts(db));
    else
        finding_say(finding, FINDING_OK, "%s at %s%s", db_name(db), db_hosts(db),
                    db_is_tls(db) ? ", TLS" : "");
}

static void check_privileges(const struct evidence *evidence, struct finding *finding)
{
    switch (evidence->rights) {
    case RIGHTS_UNKNOWN:
        finding_say(finding, FINDING_SKIP, "not known");
        break;
    case RIGHTS_NO_LOGIN:
        finding_say(finding, db_is_loopback(evidence->db) ? FINDING_OK : FINDING_WARN,
                    "the database asks for no login");
        break;
    case RIGHTS_UNSAID:
        finding_say(finding, FINDING_SKIP, "the database does not say what the user may do");
        break;
    case RIGHTS_READ:
        finding_say(finding, FINDING_OK, "the user may read only");
        break;
    case RIGHTS_WRITE:
        finding_say(finding, FINDING_WARN, "the user may write too: more than reading needs");
        break;
    }
}

static void check_administrator(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->admin;

    if (evidence->renewed != NULL) {
        finding_say(finding, FINDING_WARN,
                    "%s%s%s: pritunl reset-password, it seems (its default password is in place), "
                    "which deletes administrator and pair; pritunl-access restore FILE puts the "
                    "pairs of a snapshot back, undo does not (it is of the deleted one)",
                    admin == NULL ? admin_name(evidence->renewed) : "",
                    admin == NULL ? " was " : "", evidence->older);
        return;
    }
    if (lacks_document(evidence, finding))
        return;
    if (admin->disabled)
        finding_blame(finding, CAUSE_ADMINISTRATOR_DISABLED, "disabled");
    else if (admin->default_password)
        finding_say(finding, FINDING_WARN,
                    "the default password is in place: of the first start, or of a pritunl "
                    "reset-password, which deletes the pair (pritunl-access restore FILE puts the "
                    "pairs of a snapshot back, undo does not)");
    else
        finding_say(finding, FINDING_OK, "%s, enabled",
                    admin->super_user ? "super user" : "no super user");
}

static void check_flag(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->admin;

    if (lacks_document(evidence, finding))
        return;
    if (admin->flag_fault == CAUSE_FLAG_NOT_BOOLEAN &&
        version_since(snapshot_server(evidence->snapshot), VERSION_STRICT) == KNOWN_NO)
        finding_say(finding, FINDING_OK, "%s, which this version takes",
                    admin_detail(admin, admin->flag_fault));
    else if (admin->flag_fault != CAUSE_NONE)
        finding_blame(finding, admin->flag_fault, admin_detail(admin, admin->flag_fault));
    else
        finding_say(finding, FINDING_OK, "auth_api is true");
}

static void check_token(const struct evidence *evidence, struct finding *finding)
{
    const struct admin *admin = evidence->admin;
    const struct admin *other = NULL;
    bool comes_first = false;

    if (evidence->read && evidence->pair != NULL && admin == NULL) {
        finding_blame(finding, CAUSE_TOKEN_UNKNOWN,
                      "nobody in the database has it: renewed since, or of another database");
        return;
    }
    if (lacks_document(evidence, finding))
        return;
    if (admin->token_fault != CAUSE_NONE) {
        finding_blame(finding, admin->token_fault, admin_detail(admin, admin->token_fault));
        return;
    }
    other = snapshot_shares_token(evidence->snapshot, admin, &comes_first);
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
    const struct admin *admin = evidence->admin;

    if (lacks_document(evidence, finding))
        return;
    if (admin->secret_fault != CAUSE_NONE)
        finding_blame(finding, admin->secret_fault, admin_detail(admin, admin->secret_fault));
    else if (evidence->judges_pair && !evidence->same)
        finding_blame(finding, CAUSE_SECRET_MISMATCH,
                      "the database has another one for this token: renewed since");
    else
        finding_say(finding, FINDING_OK, "there, long enough");
}

static void check_others(const struct evidence *evidence, struct finding *finding)
{
    const struct snapshot *snapshot = evidence->snapshot;
    struct buf names = BUF_EMPTY(160);
    size_t count = 0;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (admin == evidence->admin || !admin->auth_api)
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
    const struct server *server = snapshot_server(evidence->snapshot);

    if (!server->known)
        finding_say(finding, FINDING_SKIP, "not read");
    else
        finding_say(finding, FINDING_OK, "version %s, plan %s%s, auditing %s",
                    server->version != NULL ? server->version : "unknown",
                    server->plan != NULL ? server->plan : "none",
                    server->licensed ? " (licensed)" : "", server->auditing ? "all" : "off");
}

static void check_url(const struct evidence *evidence, struct finding *finding)
{
    const struct contact *contact = evidence->contact;

    if (!evidence->reached && evidence->judges_pair)
        finding_say(finding, FINDING_SKIP, "%s",
                    evidence->pair != NULL ? evidence->api.text : "there is no pair");
    else if (!evidence->read && !evidence->reached)
        finding_say(finding, FINDING_SKIP, "only the database knows it (or --url)");
    else if (!evidence->reached)
        finding_say(finding, FINDING_FAIL, "%s", evidence->api.text);
    else if (*contact_parts(contact)->path != '\0')
        finding_say(finding, FINDING_WARN, "%s: a proxy must take its path off",
                    contact_url(contact));
    else
        finding_say(finding, FINDING_OK, "%s (%s)", contact_url(contact), evidence->url_from);
}

static bool is_between(enum cause cause, enum stage first, enum stage last)
{
    return cause_stage(cause) >= first && cause_stage(cause) <= last;
}

static void check_connection(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked)
        finding_say(finding, FINDING_SKIP, "not asked");
    else if (cause_stage(cause) == STAGE_CONNECTION)
        finding_blame(finding, cause, evidence->verified.detail);
    else
        finding_say(finding, FINDING_OK, "answers");
}

static void check_certificate(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;
    bool refused = cause_stage(cause) == STAGE_CERTIFICATE;
    const struct contact *contact = evidence->contact;

    if (!evidence->asked || cause_stage(cause) == STAGE_CONNECTION ||
        (evidence->verified.trust == NULL && !refused && evidence->untrusted == CAUSE_NONE &&
         !contact_is_expired(contact)))
        finding_say(finding, FINDING_SKIP, "not met");
    else if (refused)
        finding_blame(finding, cause, evidence->verified.detail);
    else if (evidence->untrusted != CAUSE_NONE)
        finding_blame(finding, evidence->untrusted,
                      "not trusted, as far as can be told without the database");
    else if (contact_is_expired(contact))
        finding_say(finding, FINDING_WARN, "out of date, trusted as it is the database's own");
    else
        finding_say(finding,
                    text_equal(evidence->verified.trust, "insecure") ? FINDING_WARN : FINDING_OK,
                    "trust: %s", evidence->verified.trust);
}

static void check_answer(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || is_between(cause, STAGE_CONNECTION, STAGE_CERTIFICATE))
        finding_say(finding, FINDING_SKIP, "none came");
    else if (cause_stage(cause) == STAGE_ANSWER || cause == CAUSE_SERVER_ERROR)
        finding_blame(finding, cause, evidence->verified.detail);
    else
        finding_say(finding, FINDING_OK, "Pritunl's");
}

/* What was observed counts; what will come of the documents is said as such. */
static void warn_of_strict(const struct evidence *evidence, struct finding *finding)
{
    static const char why[] = "nobody has auth_api exactly true";

    if (evidence->verified.strict)
        finding_say(finding, FINDING_WARN, "STRICT: %s", why);
    else
        finding_say(finding, FINDING_WARN, "open still; STRICT within %lld s or so, as %s",
                    (long long)snapshot_server(evidence->snapshot)->check_interval_s, why);
}

static void check_front(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = snapshot_server(evidence->snapshot);
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || is_between(cause, STAGE_CONNECTION, STAGE_ANSWER))
        finding_say(finding, FINDING_SKIP, "not asked");
    else if (cause == CAUSE_WEB_NOT_READY)
        finding_blame(finding, cause, evidence->verified.detail);
    else if (!evidence->read && !evidence->judges_pair)
        finding_say(finding, FINDING_SKIP, "only a signed request would tell");
    else if (cause == CAUSE_WEB_STRICT && !server->auto_restart)
        finding_blame(finding, cause, "STRICT, and it restarts by hand only (server_auto_restart)");
    else if (cause == CAUSE_WEB_STRICT) {
        finding_blame(finding, cause, NULL);
        finding_say(finding, FINDING_FAIL, "STRICT still; it looks again every %lld s",
                    (long long)server->check_interval_s);
    } else if (evidence->read && !snapshot_front_is_open(evidence->snapshot) &&
               version_since(server, VERSION_STRICT) != KNOWN_NO)
        warn_of_strict(evidence, finding);
    else
        finding_say(finding, FINDING_OK, "lets API requests pass");
}

static void check_clock(const struct evidence *evidence, struct finding *finding)
{
    long long skew_s = evidence->verified.clock_skew_s;

    if (!evidence->asked || !evidence->verified.has_clock)
        finding_say(finding, FINDING_SKIP, "the server's is not known");
    else if (llabs(skew_s) > snapshot_server(evidence->snapshot)->time_window_s) {
        finding_blame(finding, CAUSE_CLOCK_SKEW, NULL);
        finding_say(finding, FINDING_FAIL, "the server's is %+lld s from ours; %lld s are allowed",
                    skew_s, (long long)snapshot_server(evidence->snapshot)->time_window_s);
    } else
        finding_say(finding, llabs(skew_s) > SKEW_NOTED_S ? FINDING_WARN : FINDING_OK,
                    "the server's is %+lld s from ours", skew_s);
}

static void check_request(const struct evidence *evidence, struct finding *finding)
{
    const struct verify_result *verified = &evidence->verified;

    if (!evidence->asked || verified->status == 0)
        finding_say(finding, FINDING_SKIP, "not sent");
    else if (verified->verdict == VERDICT_ACCEPTED)
        finding_say(finding, FINDING_OK, "accepted in %lld ms", (long long)verified->latency_ms);
    else {
        finding_blame(finding, verified->cause, NULL);
        finding_say(finding, FINDING_FAIL, "status %ld%s%s%s%s", verified->status,
                    evidence->journal != NULL ? ", the host's journal: " : "",
                    evidence->journal != NULL ? evidence->journal : "",
                    verified->detail[0] != '\0' ? ": " : "", verified->detail);
    }
}

static void check_asked_hosts(const struct evidence *evidence, struct finding *finding)
{
    size_t accepted = 0;

    for (size_t i = 0; i < evidence->host_count; i++)
        accepted += evidence->hosts[i].result.verdict == VERDICT_ACCEPTED;
    finding_say(finding, FINDING_OK, "%zu of %zu online accept", accepted, evidence->host_count);
    for (size_t i = 0; i < evidence->host_count && finding->state == FINDING_OK; i++) {
        const struct verify_answer *host = &evidence->hosts[i];

        if (host->result.verdict == VERDICT_ACCEPTED)
            continue;
        if (evidence->culprit != NULL)
            host = evidence->culprit;
        finding->cause = host->result.cause;
        finding_say(finding, FINDING_FAIL, "%zu of %zu online accept; %s: %s", accepted,
                    evidence->host_count, host->host, cause_name(host->result.cause));
    }
}

static void check_hosts(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = snapshot_server(evidence->snapshot);
    size_t online = 0;

    if (evidence->host_count > 0) {
        check_asked_hosts(evidence, finding);
        return;
    }
    for (size_t i = 0; i < server->host_count; i++)
        online += server->hosts[i].online;
    if (!server->known)
        finding_say(finding, FINDING_SKIP, "not read");
    else if (online == 0)
        finding_say(finding, FINDING_WARN, "none is online by the database's account");
    else
        finding_say(finding, FINDING_OK, "%zu online, %zu offline%s", online,
                    server->host_count - online, online > 1 ? "; --every-host asks each" : "");
}

static const struct {
    const char *name;
    void (*run)(const struct evidence *evidence, struct finding *finding);
} checks[] = {
    {"source", check_source},         {"database", check_database},
    {"privileges", check_privileges}, {"administrator", check_administrator},
    {"api access", check_flag},       {"token", check_token},
    {"secret", check_secret},         {"url", check_url},
    {"connection", check_connection}, {"certificate", check_certificate},
    {"answer", check_answer},         {"web front", check_front},
    {"clock", check_clock},           {"request", check_request},
    {"hosts", check_hosts},           {"others", check_others},
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
    size_t first = evidence->judges_pair ? 0 : 1;
    size_t count = sizeof checks / sizeof *checks - first;

    for (size_t i = 0; i < count; i++) {
        findings[i] = (struct finding){.name = checks[first + i].name};
        checks[first + i].run(evidence, &findings[i]);
    }
    settle_findings(evidence->cause, findings, count);
    return count;
}
