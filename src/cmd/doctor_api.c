/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/text.h"
#include "cmd/doctor.h"

#define SKEW_NOTED_S 60 /* accepted still, but somebody should look at the clock */

void check_url(const struct evidence *evidence, struct finding *finding)
{
    const struct contact *contact = evidence->flow.contact;

    if (!evidence->read && !evidence->reached)
        finding_say(finding, FINDING_SKIP, "only the database knows it (or --url)");
    else if (!evidence->reached)
        finding_say(finding, FINDING_FAIL, "%s", evidence->api.text);
    else if (*contact_parts(contact)->path != '\0')
        finding_say(finding, FINDING_WARN, "%s: a proxy must take its path off",
                    contact_url(contact));
    else
        finding_say(finding, FINDING_OK, "%s (%s)", contact_url(contact), evidence->flow.url_from);
}

static bool is_between(enum cause cause, enum stage first, enum stage last)
{
    return cause_stage(cause) >= first && cause_stage(cause) <= last;
}

void check_connection(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked)
        finding_say(finding, FINDING_SKIP, "not asked");
    else if (cause_stage(cause) == STAGE_CONNECTION)
        finding_blame(finding, cause, evidence->verified.detail);
    else
        finding_say(finding, FINDING_OK, "answers");
}

void check_certificate(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;
    bool refused = cause_stage(cause) == STAGE_CERTIFICATE;
    const struct contact *contact = evidence->flow.contact;

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

void check_answer(const struct evidence *evidence, struct finding *finding)
{
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || is_between(cause, STAGE_CONNECTION, STAGE_CERTIFICATE))
        finding_say(finding, FINDING_SKIP, "none came");
    else if (cause_stage(cause) == STAGE_ANSWER || cause == CAUSE_SERVER_ERROR)
        finding_blame(finding, cause, evidence->verified.detail);
    else
        finding_say(finding, FINDING_OK, "Pritunl's");
}

void check_front(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = snapshot_server(evidence->flow.snapshot);
    enum cause cause = evidence->verified.cause;

    if (!evidence->asked || is_between(cause, STAGE_CONNECTION, STAGE_ANSWER))
        finding_say(finding, FINDING_SKIP, "not asked");
    else if (cause == CAUSE_WEB_NOT_READY)
        finding_blame(finding, cause, evidence->verified.detail);
    else if (!evidence->read)
        finding_say(finding, FINDING_SKIP, "only a signed request would tell");
    else if (cause == CAUSE_WEB_STRICT && !server->auto_restart)
        finding_blame(finding, cause, "STRICT, and it restarts by hand only (server_auto_restart)");
    else if (cause == CAUSE_WEB_STRICT) {
        finding_blame(finding, cause, NULL);
        finding_say(finding, FINDING_FAIL, "STRICT still; it looks again every %lld s",
                    (long long)server->check_interval_s);
    } else if (!snapshot_front_is_open(evidence->flow.snapshot))
        finding_say(finding, FINDING_WARN, "STRICT: nobody has auth_api exactly true");
    else
        finding_say(finding, FINDING_OK, "lets API requests pass");
}

void check_clock(const struct evidence *evidence, struct finding *finding)
{
    long long skew_s = evidence->verified.clock_skew_s;

    if (!evidence->asked || !evidence->verified.has_clock)
        finding_say(finding, FINDING_SKIP, "the server's is not known");
    else if (llabs(skew_s) > snapshot_server(evidence->flow.snapshot)->time_window_s) {
        finding_blame(finding, CAUSE_CLOCK_SKEW, NULL);
        finding_say(finding, FINDING_FAIL, "the server's is %+lld s from ours; %lld s are allowed",
                    skew_s, (long long)snapshot_server(evidence->flow.snapshot)->time_window_s);
    } else
        finding_say(finding, llabs(skew_s) > SKEW_NOTED_S ? FINDING_WARN : FINDING_OK,
                    "the server's is %+lld s from ours", skew_s);
}

void check_request(const struct evidence *evidence, struct finding *finding)
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

void check_hosts(const struct evidence *evidence, struct finding *finding)
{
    const struct server *server = snapshot_server(evidence->flow.snapshot);
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
