/* SPDX-License-Identifier: MIT */
#include "api/journal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "cmd/doctor.h"
#include "place/database.h"

#define JOURNAL_PATIENCE_MS 1000 /* Pritunl writes its journal four times a second */
#define MS_PER_S 1000

/*
 * The database: the whole of it, since other administrators explain refusals too. False for a
 * mistake in the question.
 */
static bool gather_database(struct evidence *evidence, struct error *error)
{
    const struct snapshot_query everybody = {.wants_server = true, .wants_passwords = true};
    struct flow *flow = &evidence->flow;
    struct error ignored;

    evidence->read = flow_open(flow, error) && flow_survey(flow, &everybody, error);
    if (!evidence->read) {
        evidence->database = *error;
        evidence->cause = error->cause;
        return evidence->cause != CAUSE_NONE;
    }
    flow->admin = snapshot_pick(flow->snapshot, flow->db, flow->wanted, error);
    if (flow->admin == NULL)
        return false;
    flow_pair(flow);
    evidence->privileges = db_run(flow->db, QUERY_PRIVILEGES, &ignored);
    return true;
}

/*
 * With --every-host: the hosts are asked while the one URL is, so that what hangs is waited for
 * once.
 */
struct rounds {
    struct evidence *evidence;
    struct flow flow; /* a copy, of which database, snapshot and administrator are used */
    struct error why;
    bool done;
};

static void *ask_hosts(void *context)
{
    struct rounds *rounds = context;

    rounds->done = verify_every_host(&rounds->flow, &rounds->evidence->hosts,
                                     &rounds->evidence->host_count, &rounds->why);
    return NULL;
}

/* On a host of the cluster Pritunl itself may say why it refuses. */
static struct journal *open_journal(const struct flow *flow)
{
    struct journal *journal = NULL;
    char *path = NULL;

    if (!flow->on_host || !snapshot_server(flow->snapshot)->auditing)
        return NULL;
    path = database_journal(settings_text(flow->settings, OPTION_PRITUNL_CONF));
    journal = journal_open(path);
    mem_free(path);
    return journal;
}

static void ask_url(struct evidence *evidence)
{
    struct flow *flow = &evidence->flow;
    struct journal *journal = open_journal(flow);

    evidence->reached = flow_reach(flow, &evidence->api);
    if (evidence->reached) {
        flow_verify(flow, &evidence->verified);
        evidence->asked = true;
        evidence->cause = evidence->verified.cause;
    }
    if (journal != NULL && evidence->verified.status == 401)
        evidence->journal = journal_reason(journal, JOURNAL_PATIENCE_MS);
    journal_free(journal);
}

/* The host whose cause the server would meet first; of several the first one. */
static void find_culprit(struct evidence *evidence)
{
    for (size_t i = 0; i < evidence->host_count && evidence->cause == CAUSE_NONE; i++)
        if (evidence->hosts[i].result.verdict != VERDICT_ACCEPTED &&
            (evidence->culprit == NULL || cause_stage(evidence->hosts[i].result.cause) <
                                              cause_stage(evidence->culprit->result.cause)))
            evidence->culprit = &evidence->hosts[i];
    if (evidence->culprit != NULL)
        evidence->cause = evidence->culprit->result.cause;
}

static void gather_api(struct evidence *evidence, bool every_host)
{
    struct rounds rounds = {.evidence = evidence, .flow = evidence->flow};
    pthread_t thread;
    bool begun = every_host && thread_begin(&thread, ask_hosts, &rounds);

    ask_url(evidence);
    if (begun)
        pthread_join(thread, NULL);
    else if (every_host)
        ask_hosts(&rounds);
    if (evidence->asked && rounds.done)
        find_culprit(evidence);
}

/*
 * Without the database: what the unsigned request shows that was sent while it was being waited
 * for, where the URL is known.
 */
static void gather_ping(struct evidence *evidence, int64_t until_ms)
{
    struct flow *flow = &evidence->flow;

    if (flow->contact == NULL)
        return;
    evidence->reached = flow_reach(flow, &evidence->api);
    verify_ping(flow->contact, until_ms, &evidence->verified, &evidence->untrusted);
    evidence->asked = true;
}

bool evidence_gather(struct evidence *evidence, const struct settings *settings, const char *name,
                     struct error *error)
{
    int64_t until_ms =
        clock_monotonic_ms() + settings_number(settings, OPTION_CONNECT_TIMEOUT) * MS_PER_S;

    flow_init(&evidence->flow, settings, name);
    if (!flow_begin(&evidence->flow, error) || !gather_database(evidence, error))
        return false;
    if (evidence->read)
        gather_api(evidence, settings_flag(settings, OPTION_EVERY_HOST));
    else
        gather_ping(evidence, until_ms);
    return true;
}

void evidence_clear(struct evidence *evidence)
{
    verify_answers_free(evidence->hosts, evidence->host_count);
    db_document_free(evidence->privileges);
    flow_clear(&evidence->flow);
}
