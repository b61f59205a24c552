/* SPDX-License-Identifier: MIT */
#include "api/await.h"
#include "api/endpoints.h"

#include "api/locate.h"
#include "api/verify.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/version.h"

#define ROUND_MS 250
#define IN_A_ROW 5
#define MARGIN_MS                                                                                  \
    5000 /* what is added to the fronts' interval where only one address can be asked */
#define RESTART_MS 600      /* a front that restarts refuses connections for half of this at most */
#define CONNECT_MAX_MS 3000 /* a host that takes longer does not count as reachable */
#define ANSWER_MAX_MS 10000 /* a request that takes longer is given up, and asked again */
#define CLOCK_ROUND_MS 1000 /* between two rounds while only the clock is waited for */
#define MS_PER_S 1000
#define SIDE_BY_SIDE 16
#define SPEAK_MS 10000
#define SPEAK_MIN_MS 2000
#define STRICT_MAX_S 3 /* beyond the interval: observed at most */

struct target {
    char *id;                   /* NULL: the URL itself, which comes first */
    char *name;                 /* likewise */
    struct endpoints endpoints; /* the addresses that are this host's alone; of the URL, all */
    char *url;                  /* known once it was reached */
    bool gone;                  /* not online any more */
    bool reached;
    bool silent;     /* timed out, never reached: not asked again */
    bool was_closed; /* refused since the change as a front does that has not counted since */
    /*
     * the front ran since the change, and nothing behind it, or it showed a certificate that is in
     * no document: as at the first start, or while it restarts
     */
    bool was_away;
    int in_a_row;
    int64_t accepted_ms; /* when the last accepted attempt began */
    int64_t first_ms;    /* of the first attempt's end; 0: none yet */
    enum cause cause;    /* of the last attempt */
};

struct vigil {
    const struct await_case *what;
    struct await_view view;
    struct target **targets; /* they keep their place while others are added */
    size_t count;
    bool here; /* the URL is this machine's own, as the database knows no other */
    int64_t spoke_ms;
    char *said;
};

static bool is_connection(enum cause cause)
{
    return cause_stage(cause) == STAGE_CONNECTION || cause_stage(cause) == STAGE_CERTIFICATE;
}

static bool has_strict(const struct vigil *vigil)
{
    return version_since(vigil->view.server, VERSION_STRICT) != KNOWN_NO;
}

/*
 * From when on no front closes any more: one that was open while nobody had access may do so by its
 * last count, within the seconds that it takes to act on one.
 */
static int64_t steady_ms(const struct vigil *vigil)
{
    return vigil->what->nobody_before && has_strict(vigil)
               ? vigil->what->changed_ms + (int64_t)STRICT_MAX_S * 1000 + RESTART_MS
               : 0;
}

/* A front that we saw closed has counted anew since. */
static bool target_accepts(const struct vigil *vigil, const struct target *target)
{
    return target->in_a_row > 0 &&
           (target->was_closed || target->was_away || target->accepted_ms >= steady_ms(vigil));
}

/* The smallest of these and what is left until the deadline. */
static int64_t within_deadline(const struct vigil *vigil, int64_t ms, int64_t max_ms)
{
    int64_t left_ms = vigil->what->deadline_ms - clock_monotonic_ms();

    ms = ms < max_ms ? ms : max_ms;
    ms = ms < left_ms ? ms : left_ms;
    return ms > ROUND_MS ? ms : ROUND_MS;
}

/* A fresh connection each time: an old one may lead to a front that has restarted since. */
static struct contact *connect_to(const struct vigil *vigil, struct target *target)
{
    struct contact_options options = vigil->what->options;
    const struct endpoint *chosen = NULL;
    struct error ignored;
    enum cause cause = CAUSE_NONE;

    options.connect_timeout_ms = within_deadline(vigil, options.connect_timeout_ms, CONNECT_MAX_MS);
    options.timeout_ms =
        within_deadline(vigil, options.timeout_ms,
                        target->reached || target->name == NULL ? ANSWER_MAX_MS : CONNECT_MAX_MS);
    if (target->url == NULL)
        return locate(&target->endpoints, &options, vigil->view.certificate, &chosen, &cause);
    options.url = target->url;
    return contact_open(&options, &ignored);
}

static void note_result(struct target *target, int64_t began_ms, const struct verify_result *result)
{
    enum cause cause = result->cause;

    target->reached = target->reached || !is_connection(cause);
    target->silent = target->name != NULL && !target->reached && cause == CAUSE_TIMEOUT;
    target->was_closed = target->was_closed || result->strict;
    target->was_away =
        target->was_away || cause == CAUSE_WEB_NOT_READY || cause_stage(cause) == STAGE_CERTIFICATE;
    target->in_a_row = result->verdict == VERDICT_ACCEPTED ? target->in_a_row + 1 : 0;
    if (result->verdict == VERDICT_ACCEPTED)
        target->accepted_ms = began_ms;
    target->cause = cause;
    if (target->first_ms == 0)
        target->first_ms = clock_monotonic_ms();
}

static void ask_target(void *context, size_t index)
{
    struct vigil *vigil = context;
    struct target *target = vigil->targets[index];
    const struct verify_case what = {.access = vigil->view.access,
                                     .server = vigil->view.server,
                                     .server_time = vigil->what->server_time};
    struct verify_result result = {.cause = CAUSE_UNREACHABLE};
    int64_t began_ms = clock_monotonic_ms();
    struct contact *contact = NULL;

    if (target->silent || target->gone || (target->name != NULL && target_accepts(vigil, target)))
        return;
    contact = connect_to(vigil, target);
    if (contact != NULL) {
        verify_run(contact, vigil->view.certificate, &what, &result);
        if (!is_connection(result.cause) && target->url == NULL)
            target->url = mem_text(contact_url(contact));
    }
    note_result(target, began_ms, &result);
    contact_abandon(contact);
}

/* May this host still turn out to be reachable? */
static bool is_open(const struct vigil *vigil, const struct target *target, int64_t now_ms)
{
    if (target->gone)
        return false;
    if (target->reached)
        return !target_accepts(vigil, target);
    return !target->silent && target->endpoints.count > 0 && now_ms < target->first_ms + RESTART_MS;
}

/*
 * Whom we wait for, or NULL: everybody who counts has accepted. A host has a name, and comes before
 * the URL.
 */
static const struct target *pending(const struct vigil *vigil, int64_t now_ms, bool *any_host)
{
    const struct target *url = vigil->targets[0];
    const struct target *waiting = NULL;

    *any_host = false;
    if (!has_strict(vigil))
        return url->in_a_row > 0 ? NULL : url;
    for (size_t i = 1; i < vigil->count; i++) {
        *any_host = *any_host || (vigil->targets[i]->reached && !vigil->targets[i]->gone);
        if (waiting == NULL && is_open(vigil, vigil->targets[i], now_ms))
            waiting = vigil->targets[i];
    }
    return waiting != NULL || target_accepts(vigil, url) ? waiting : url;
}

/*
 * Is the URL's front known to be the only one? Then it is believed at once: where the database
 * knows no host yet, this machine's, and one that was seen to start.
 */
static bool is_sole(const struct vigil *vigil)
{
    return vigil->view.server->host_count == 0 && (vigil->here || vigil->targets[0]->was_away);
}

/* From when on every front must have noticed. */
static int64_t rule_ms(const struct vigil *vigil)
{
    return vigil->what->changed_ms + vigil->view.server->check_interval_s * 1000 + MARGIN_MS;
}

/* What is waited for; a new string, or NULL where there is nothing to say. */
static char *say_what_is_due(const struct server *server, const struct target *waiting)
{
    const char *who = NULL;

    if (waiting == NULL)
        return mem_text("one address only can be asked: waiting until every front behind it must "
                        "have noticed");
    who = waiting->name != NULL  ? waiting->name
          : waiting->url != NULL ? waiting->url
                                 : "an address of the API";
    if (waiting->cause == CAUSE_WEB_STRICT && !server->auto_restart)
        return text_format("waiting for the web front of %s, which will not restart by itself "
                           "(server_auto_restart is off)",
                           who);
    if (waiting->cause != CAUSE_NONE)
        return text_format("waiting for %s: %s", who, cause_text(waiting->cause));
    return NULL;
}

/* At most so many seconds more; 0 or less where nobody can say. */
static int64_t due_s(const struct vigil *vigil, const struct target *waiting, int64_t now_ms)
{
    const struct server *server = vigil->view.server;

    if (waiting == NULL)
        return (rule_ms(vigil) - now_ms + 999) / 1000;
    if (waiting->cause != CAUSE_WEB_STRICT || !server->auto_restart)
        return 0;
    return server->check_interval_s + STRICT_MAX_S - (now_ms - vigil->what->changed_ms) / 1000;
}

/*
 * One line when what we wait for changes (not more often than every two seconds), and every ten
 * seconds where no countdown shows that we are there.
 */
static void speak(struct vigil *vigil, const struct target *waiting, int64_t now_ms)
{
    int64_t left_s = due_s(vigil, waiting, now_ms);
    int64_t end_s = (vigil->what->deadline_ms - now_ms) / MS_PER_S;
    char *text = say_what_is_due(vigil->view.server, waiting);
    bool again = vigil->said != NULL && text_equal(text, vigil->said);
    int64_t pause_ms = again ? SPEAK_MS : SPEAK_MIN_MS;

    if (text != NULL && !(again && term_shows_progress()) &&
        (vigil->said == NULL || now_ms >= vigil->spoke_ms + pause_ms)) {
        if (left_s > 0)
            term_note("%s (at most %lld s more)", text, (long long)left_s);
        else
            term_note("%s", text);
        mem_free(vigil->said);
        vigil->said = text;
        text = NULL;
        vigil->spoke_ms = now_ms;
    }
    mem_free(text);
    term_countdown((left_s > 0 && left_s < end_s ? left_s : end_s) * MS_PER_S);
}

static bool run_out(const struct vigil *vigil, const struct target *waiting, struct error *error)
{
    if (waiting == NULL)
        error_set(
            error, ERROR_WAIT,
            "the wait ran out: %s accepts, but not every front behind it can have noticed yet",
            vigil->targets[0]->url);
    else if (waiting->url == NULL && waiting->name == NULL)
        error_set(error, ERROR_WAIT,
                  "the wait ran out: the database names no address of an online host yet");
    else if (waiting->name == NULL)
        error_set(error, ERROR_WAIT, "the wait ran out: %s does not accept yet: %s", waiting->url,
                  cause_text(waiting->cause));
    else
        error_set(error, ERROR_WAIT, "the wait ran out: host %s does not accept yet: %s",
                  waiting->name, cause_text(waiting->cause));
    error_blame(error, waiting != NULL ? waiting->cause : CAUSE_NONE);
    return error_try(error, "pritunl-access verify --every-host");
}

/* When to ask again: soon; where only the clock is waited for, not so soon, but when it says so. */
static int64_t next_round(const struct vigil *vigil, const struct target *waiting, int64_t round_ms)
{
    int64_t next_ms = round_ms + ROUND_MS;

    if (waiting == NULL && vigil->targets[0]->in_a_row >= IN_A_ROW - 1 && rule_ms(vigil) > next_ms)
        next_ms =
            rule_ms(vigil) < round_ms + CLOCK_ROUND_MS ? rule_ms(vigil) : round_ms + CLOCK_ROUND_MS;
    return next_ms < vigil->what->deadline_ms ? next_ms : vigil->what->deadline_ms;
}

static bool is_shared(const struct vigil *vigil, size_t owner, const char *url)
{
    for (size_t i = 1; i < vigil->count; i++)
        for (size_t e = 0; i != owner && e < vigil->targets[i]->endpoints.count; e++)
            if (text_equal(vigil->targets[i]->endpoints.items[e].url, url))
                return true;
    return false;
}

/* An address that two hosts name is a balancer's, and says nothing about either. */
static void mark_shared(struct vigil *vigil)
{
    for (size_t i = 1; i < vigil->count; i++)
        for (size_t e = 0; e < vigil->targets[i]->endpoints.count; e++) {
            struct endpoint *endpoint = &vigil->targets[i]->endpoints.items[e];

            endpoint->shared = is_shared(vigil, i, endpoint->url);
        }
    for (size_t i = 1; i < vigil->count; i++)
        endpoints_drop_shared(&vigil->targets[i]->endpoints);
}

static struct target *target_of_host(struct vigil *vigil, const struct host *host)
{
    struct target *target = NULL;

    for (size_t i = 1; i < vigil->count; i++)
        if (text_equal(vigil->targets[i]->id, host->id))
            return vigil->targets[i];
    target = mem_zero(1, sizeof *target);
    target->id = mem_text(host->id);
    target->name = mem_text(host->name);
    vigil->targets = mem_grow(vigil->targets, (vigil->count + 1) * sizeof(struct target *));
    vigil->targets[vigil->count++] = target;
    return target;
}

/* Who is there in this round. What was learnt about those who stay is kept. */
static void gather_targets(struct vigil *vigil)
{
    const struct server *server = vigil->view.server;
    struct target *url = vigil->targets[0];

    for (size_t i = 0; i < vigil->count; i++) {
        vigil->targets[i]->gone = i > 0;
        endpoints_clear(&vigil->targets[i]->endpoints);
    }
    if (url->url == NULL) {
        server_endpoints(server, vigil->what->on_host, &url->endpoints);
        vigil->here = vigil->what->on_host && url->endpoints.count == 1;
    }
    for (size_t i = 0; i < server->host_count; i++) {
        struct target *target = NULL;

        if (!server->hosts[i].online || server->hosts[i].id == NULL)
            continue;
        target = target_of_host(vigil, &server->hosts[i]);
        target->gone = false;
        server_host_endpoints(server, &server->hosts[i], &target->endpoints);
    }
    mark_shared(vigil);
}

/* False where the wait ends: what was to be accepted does not stand there any more. */
static bool look_and_gather(struct vigil *vigil, struct error *error)
{
    bool looked = vigil->what->look(vigil->what->context, &vigil->view, error);

    if (!looked && (error->kind != ERROR_DATABASE || vigil->view.access == NULL))
        return false;
    gather_targets(vigil);
    return true;
}

static bool keep_vigil(struct vigil *vigil, struct error *error)
{
    const struct await_case *what = vigil->what;
    const struct target *url = vigil->targets[0];

    for (;;) {
        int64_t round_ms = clock_monotonic_ms();
        const struct target *waiting = NULL;
        bool any_host = false;
        int64_t now_ms = 0;

        if (!look_and_gather(vigil, error))
            return false;
        parallel_run(vigil->count, SIDE_BY_SIDE, ask_target, vigil);
        now_ms = clock_monotonic_ms();
        waiting = pending(vigil, now_ms, &any_host);
        if (waiting == NULL && (any_host || !has_strict(vigil) || is_sole(vigil) ||
                                (url->in_a_row >= IN_A_ROW && now_ms >= rule_ms(vigil))))
            return true;
        if (now_ms >= what->deadline_ms)
            return run_out(vigil, waiting, error);
        if (signals_ending()) /* whoever holds them back has something to end first */
            return error_set(error, ERROR_WAIT, "a signal came: nothing more is waited for");
        speak(vigil, waiting, now_ms);
        clock_sleep_ms(next_round(vigil, waiting, round_ms) - clock_monotonic_ms());
    }
}

/* A version without a mode that a front must leave: nobody was waited for, and none is missed. */
static void warn_unreached(const struct vigil *vigil)
{
    for (size_t i = 1; has_strict(vigil) && i < vigil->count; i++)
        if (!vigil->targets[i]->reached && !vigil->targets[i]->gone)
            term_warn("host %s cannot be reached from here, and was not waited for",
                      vigil->targets[i]->name);
}

bool await_accepted(const struct await_case *what, struct error *error)
{
    struct vigil vigil = {
        .what = what, .targets = mem_zero(1, sizeof(struct target *)), .count = 1};
    bool done = false;

    vigil.targets[0] = mem_zero(1, sizeof(struct target));
    vigil.targets[0]->url = mem_text(what->options.url);
    done = keep_vigil(&vigil, error);
    term_progress_end();
    if (vigil.view.server != NULL)
        warn_unreached(&vigil);
    for (size_t i = 0; i < vigil.count; i++) {
        endpoints_clear(&vigil.targets[i]->endpoints);
        mem_free(vigil.targets[i]->url);
        mem_free(vigil.targets[i]->id);
        mem_free(vigil.targets[i]->name);
        mem_free(vigil.targets[i]);
    }
    mem_free(vigil.targets);
    mem_free(vigil.said);
    return done;
}
