/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_gather.h"

#include "api/journal.h"
#include "base/busy.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "cmd/doctor_pair.h"
#include "cmd/doctor_reset.h"
#include "place/database.h"
#include "pritunl/pick.h"

#define JOURNAL_PATIENCE_MS 1000 /* Pritunl writes its journal four times a second */

/* The database: the whole of it, since other administrators explain refusals too. */
static void read_documents(struct evidence *evidence)
{
    const struct snapshot_query everybody = {.wants_server = true, .wants_passwords = true};
    struct session *session = evidence->session;
    struct error *error = &evidence->database;

    evidence->read = session_open(session, error) && session_survey(session, &everybody, error);
    evidence->db = session_db(session);
    if (!evidence->read)
        return;
    evidence->snapshot = session_snapshot(session);
    evidence->rights = rights_read(evidence->db);
}

/* Whom it is about. False for a mistake in the question. */
static bool gather_database(struct evidence *evidence, struct error *error)
{
    struct session *session = evidence->session;
    const char *name = session_options(session)->name;

    read_documents(evidence);
    if (!evidence->read) {
        *error = evidence->database;
        evidence->cause = error->cause;
        return evidence->cause != CAUSE_NONE;
    }
    evidence->admin = pick_admin(evidence->snapshot, evidence->db, name, error);
    if (evidence->admin != NULL)
        session_choose(session, evidence->admin);
    reset_look(evidence);
    evidence->several = evidence->admin == NULL && error->kind == ERROR_AMBIGUOUS && name == NULL;
    return evidence->admin != NULL || evidence->several;
}

/*
 * With --every-host: the hosts are asked while the one URL is, so that what hangs is waited for
 * once. In a session beside, which has the same snapshot.
 */
struct rounds {
    struct evidence *evidence;
    struct session *beside;
    size_t jobs;
    struct error why;
    bool done;
};

static void *ask_hosts(void *context)
{
    struct rounds *rounds = context;

    rounds->done = verify_every_host(rounds->beside, rounds->jobs, &rounds->evidence->hosts,
                                     &rounds->evidence->host_count, &rounds->why);
    return NULL;
}

/* On a host of the cluster Pritunl itself may say why it refuses. */
static struct journal *open_journal(const struct session *session)
{
    struct journal *journal = NULL;
    char *path = NULL;

    if (!session_on_host(session) || !session_server(session)->auditing)
        return NULL;
    path = database_journal(session_options(session)->database.pritunl_conf);
    journal = journal_open(path);
    mem_free(path);
    return journal;
}

/* A request without its headers, or with a token that Pritunl does not know, leaves none, ever. */
static bool leaves_line(const struct verify_result *verified)
{
    return verified->status == 401 && verified->by_api && verified->cause != CAUSE_TOKEN_UNKNOWN &&
           verified->cause != CAUSE_HEADERS_STRIPPED;
}

static void reach_url(struct evidence *evidence)
{
    evidence->reached = session_reach(evidence->session, &evidence->api);
    evidence->contact = session_contact(evidence->session);
    evidence->url_from = session_url_from(evidence->session);
}

static void ask_url(struct evidence *evidence)
{
    struct journal *journal = open_journal(evidence->session);

    if (evidence->judges_pair)
        pair_reach(evidence);
    else
        reach_url(evidence);
    if (evidence->reached) {
        if (evidence->judges_pair)
            pair_verify(evidence);
        else
            session_verify(evidence->session, &evidence->verified);
        evidence->asked = true;
        evidence->cause = evidence->verified.cause;
    }
    if (journal != NULL && leaves_line(&evidence->verified))
        evidence->journal = journal_account(
            journal,
            &(struct journal_request){evidence->verified.address, evidence->verified.sent_s,
                                      evidence->verified.answered_s},
            JOURNAL_PATIENCE_MS);
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

static void gather_api(struct evidence *evidence, size_t host_jobs)
{
    struct rounds rounds = {.evidence = evidence, .jobs = host_jobs};
    pthread_t thread;
    bool begun = false;

    if (host_jobs > 0) {
        rounds.beside = session_beside(evidence->session);
        session_choose(rounds.beside, evidence->admin);
        begun = thread_begin(&thread, ask_hosts, &rounds);
    }
    busy_begin(begun ? "waiting for every host" : "waiting for the API");
    ask_url(evidence);
    if (begun)
        pthread_join(thread, NULL);
    else if (host_jobs > 0)
        ask_hosts(&rounds);
    busy_end();
    session_free(rounds.beside);
    if (evidence->asked && rounds.done)
        find_culprit(evidence);
}

/*
 * Without the database: what the unsigned request shows that was sent while it was being waited
 * for, where the URL is known.
 */
static void gather_ping(struct evidence *evidence, int64_t until_ms)
{
    if (session_contact(evidence->session) == NULL)
        return;
    reach_url(evidence);
    verify_ping(evidence->contact, until_ms, &evidence->verified, &evidence->untrusted);
    evidence->asked = true;
}

/* The pair first: where there is none, the database is looked at all the same. */
static void gather_pair(struct evidence *evidence)
{
    read_documents(evidence);
    pair_match(evidence);
    reset_look(evidence);
    if (evidence->pair != NULL)
        ask_url(evidence);
    pair_conclude(evidence);
}

bool evidence_gather(struct evidence *evidence, const struct question *question,
                     struct error *error)
{
    int64_t until_ms = clock_monotonic_ms() + question->session.contact.connect_timeout_ms;
    bool judges_pair = false;

    evidence->mine = question->session;
    if (!pair_read(evidence, &question->session, &judges_pair, error))
        return false;
    if (judges_pair && question->host_jobs > 0)
        return session_only_database(evidence->place, "--every-host", error);
    evidence->mine.source_count = 0;
    evidence->session = session_new(&evidence->mine);
    if (judges_pair) {
        gather_pair(evidence);
        return true;
    }
    if (!session_begin(evidence->session, error) || !gather_database(evidence, error))
        return false;
    if (evidence->read && !evidence->several)
        gather_api(evidence, question->host_jobs);
    else if (!evidence->read)
        gather_ping(evidence, until_ms);
    return true;
}

void evidence_clear(struct evidence *evidence)
{
    verify_answers_free(evidence->hosts, evidence->host_count);
    session_free(evidence->session);
    session_free(evidence->place);
    mem_free(evidence->source);
    mem_free(evidence->journal);
}
