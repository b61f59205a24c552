/* SPDX-License-Identifier: MIT */
#include "api/contact.h"
#include "io/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/busy.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/text.h"
#include "io/http_multi.h"

#define PING_PATH "/ping"
#define CLOCK_PATH "/status"
#define PING_MAX 4096 /* Pritunl answers "OK"; a proxy's page is recognised by its beginning */

struct contact {
    struct http_url url;
    bool insecure;
    char *pin;
    char *ca_cert;
    struct http *http;
    struct tls_judge *judge; /* NULL for plain http */
    pthread_t thread;
    bool running; /* the thread is to be joined */
    pthread_mutex_t lock;
    pthread_cond_t ended; /* by the monotonic clock */
    atomic_bool done;     /* the thread has nothing more to do */
    int notify_fd;
    bool pinged;     /* ping holds what /ping showed */
    enum cause ping; /* of the unsigned request, TLS judgement aside */
    bool judged;
    enum cause judgement;
    bool has_clock;
    int64_t skew_s;
    char *server;
    struct answerer met; /* of the last answer */
    bool cut;            /* the last answer had begun, and broke off */
    const char *between; /* what showed itself in between in any answer; NULL: nothing */
    char detail[320];
    char remedy[320];
};

static enum cause cause_of_tls(enum tls_fault fault)
{
    switch (fault) {
    case TLS_FAULT_NAME:
        return CAUSE_TLS_NAME;
    case TLS_FAULT_EXPIRED:
        return CAUSE_TLS_EXPIRED;
    default:
        return CAUSE_TLS_UNTRUSTED;
    }
}

static enum cause cause_of_failure(const struct contact *contact, enum http_failure failure)
{
    switch (failure) {
    case HTTP_FAILURE_NONE:
        return CAUSE_NONE;
    case HTTP_FAILURE_DNS:
        return CAUSE_DNS;
    case HTTP_FAILURE_TIMEOUT:
        return CAUSE_TIMEOUT;
    case HTTP_FAILURE_TLS:
        return cause_of_tls(tls_judge_fault(contact->judge));
    case HTTP_FAILURE_TOO_LARGE:
    case HTTP_FAILURE_PROXY:
        return CAUSE_PROXY_ANSWER;
    case HTTP_FAILURE_HANDSHAKE:
    case HTTP_FAILURE_PLAIN:
    case HTTP_FAILURE_PROTOCOL:
        return CAUSE_NOT_PRITUNL;
    default:
        return CAUSE_UNREACHABLE;
    }
}

static void describe_tls(struct contact *contact)
{
    char *subject = tls_judge_subject(contact->judge);

    if (tls_judge_changed(contact->judge))
        snprintf(contact->detail, sizeof contact->detail,
                 "the certificate changed in the middle: %s", subject);
    else if (*subject != '\0')
        snprintf(contact->detail, sizeof contact->detail, "met: %s%s", subject,
                 tls_judge_is_alone(contact->judge)
                     ? "; the server sends it alone, without the intermediate certificate"
                     : "");
    mem_free(subject);
    /* An authority vouches for it, and no URL could ever suit it. */
    if (tls_judge_fault(contact->judge) == TLS_FAULT_NAME &&
        tls_judge_is_nameless(contact->judge)) {
        char *pin = tls_judge_pin(contact->judge);

        snprintf(contact->remedy, sizeof contact->remedy, "pritunl-access verify --pin %s%s", pin,
                 contact->ca_cert != NULL ? ", in place of --ca-cert" : "");
        mem_free(pin);
    }
}

/* What the Date header says, against the middle of the request; dates have whole seconds. */
static void learn(struct contact *contact, const struct http_answer *answer)
{
    if (answer->date_s >= 0) {
        int64_t ours_ms = clock_wall_ms() - answer->latency_ms / 2;
        int64_t ahead_ms = answer->date_s * 1000 - ours_ms;

        /* A date is cut to its second, so the true difference lies within [ahead, ahead + 1 s). */
        contact->skew_s = ahead_ms > 0        ? ahead_ms / 1000
                          : ahead_ms <= -1000 ? (ahead_ms + 999) / 1000
                                              : 0;
        contact->has_clock = true;
    }
    mem_free(contact->server);
    contact->server = mem_text(answer->server);
}

/*
 * The address that a redirect names, where it leads to the same path elsewhere: another name,
 * scheme or port of the same API. A login page has a path of its own.
 */
static void advise_address(struct contact *contact, const char *path, const char *location)
{
    char *asked = text_format("%s%.*s", contact->url.path, (int)strcspn(path, "?"), path);
    struct http_url goal = {0};
    struct error ignored;

    if (http_url_parse(location, &goal, &ignored) && text_equal(goal.path, asked) &&
        (goal.tls || !contact->url.tls))
        snprintf(contact->remedy, sizeof contact->remedy, "pritunl-access verify --url %.*s",
                 (int)(strlen(goal.base) - strcspn(path, "?")), goal.base);
    http_url_free(&goal);
    mem_free(asked);
}

const struct answerer *contact_look(struct contact *contact, const char *path,
                                    const struct http_answer *answer)
{
    struct answerer *met = &contact->met;

    contact->detail[0] = contact->remedy[0] = '\0';
    answerer_tell(answer, text_equal(path, PING_PATH), met);
    if (met->name != NULL)
        contact->between = met->name;
    if (!met->cached)
        learn(contact, answer);
    snprintf(contact->detail, sizeof contact->detail, "%s", met->detail);
    if (met->cause == CAUSE_REDIRECTED)
        advise_address(contact, path, answer->location);
    if (answer->status == 407 && contact_proxy(contact) != NULL)
        snprintf(contact->detail, sizeof contact->detail, "the proxy %.100s (%s) wants a login",
                 contact_proxy(contact), http_proxy_variable(contact->http));
    return met;
}

struct http_multi *contact_multi(struct contact *contact, size_t connections)
{
    return http_multi_new(contact->http, connections);
}

/*
 * Nobody came through a proxy: it is the first to be looked at, not the server behind it. A request
 * over TLS is sent behind the handshake, for which the proxy let us through.
 */
static void advise_proxy(struct contact *contact, enum cause cause,
                         const struct http_answer *answer)
{
    if (contact_proxy(contact) != NULL && !(answer->sent && contact->url.tls) &&
        (cause == CAUSE_UNREACHABLE || cause == CAUSE_DNS || cause == CAUSE_TIMEOUT))
        snprintf(contact->remedy, sizeof contact->remedy, "check %s, or add %s to no_proxy",
                 http_proxy_variable(contact->http), contact->url.host);
}

enum cause contact_failure(struct contact *contact, const struct http_answer *answer)
{
    enum cause cause = cause_of_failure(contact, answer->failure);

    contact->detail[0] = contact->remedy[0] = '\0';
    contact->cut = answer->cut;
    if (answer->failure == HTTP_FAILURE_PLAIN)
        snprintf(contact->detail, sizeof contact->detail, "this port answers plain HTTP, not TLS");
    else if (answer->failure == HTTP_FAILURE_TLS && contact->judge != NULL)
        describe_tls(contact);
    if (contact->detail[0] == '\0')
        snprintf(contact->detail, sizeof contact->detail, "%s", answer->detail);
    advise_proxy(contact, cause, answer);
    return cause;
}

enum cause contact_request(struct contact *contact, const struct http_request *request,
                           struct http_answer *answer)
{
    if (!http_perform(contact->http, request, answer))
        return contact_failure(contact, answer);
    contact_look(contact, request->path, answer);
    return CAUSE_NONE;
}

static enum cause ping_now(struct contact *contact)
{
    const struct http_request request = {.method = "GET", .path = PING_PATH};
    struct http_answer answer = HTTP_ANSWER_EMPTY(PING_MAX);

    contact->ping = contact_request(contact, &request, &answer);
    if (contact->ping == CAUSE_NONE)
        contact->ping = contact->met.cause;
    contact->pinged = true;
    http_answer_free(&answer);
    return contact->ping;
}

static void *ping_in_background(void *context)
{
    struct contact *contact = context;

    ping_now(contact);
    pthread_mutex_lock(&contact->lock);
    atomic_store(&contact->done, true);
    pthread_cond_signal(&contact->ended);
    pthread_mutex_unlock(&contact->lock);
    if (contact->notify_fd > 0 && write(contact->notify_fd, "", 1) < 0) {
        /* The reader looks again by itself. */
    }
    return NULL;
}

struct contact *contact_open(const struct contact_options *options, struct error *error)
{
    struct contact *contact = mem_zero(1, sizeof *contact);
    struct http_options http = {.connect_timeout_ms = options->connect_timeout_ms,
                                .timeout_ms = options->timeout_ms};

    thread_condition(&contact->ended);
    pthread_mutex_init(&contact->lock, NULL);
    contact->server = mem_text("");
    if (!http_url_parse(options->url, &contact->url, error)) {
        contact_free(contact);
        return NULL;
    }
    contact->insecure = options->insecure;
    contact->notify_fd = options->notify_fd;
    contact->pin = mem_text(options->pin);
    contact->ca_cert = mem_text(options->ca_cert);
    if (contact->url.tls)
        contact->judge = tls_judge_new(contact->url.host);
    contact->http = http_new(&contact->url, &http, contact->judge);
    return contact;
}

struct contact *contact_begin(const struct contact_options *options, struct error *error)
{
    struct contact *contact = contact_open(options, error);

    if (contact == NULL)
        return NULL;
    contact->running = thread_begin(&contact->thread, ping_in_background, contact);
    if (!contact->running) /* no thread to be had: the same, one after the other */
        ping_in_background(contact);
    return contact;
}

bool contact_is_done(const struct contact *contact)
{
    return !contact->running || atomic_load(&contact->done);
}

bool contact_wait(struct contact *contact, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int waited = 0;

    pthread_mutex_lock(&contact->lock);
    while (!contact_is_done(contact) && waited == 0)
        waited = pthread_cond_timedwait(&contact->ended, &contact->lock, &until);
    pthread_mutex_unlock(&contact->lock);
    return contact_is_done(contact);
}

void contact_abandon(struct contact *contact)
{
    if (contact != NULL && contact_is_done(contact))
        contact_free(contact);
}

static void wait_for_thread(struct contact *contact)
{
    if (contact->running) {
        busy_begin("waiting for %s", contact->url.host);
        pthread_join(contact->thread, NULL);
        busy_end();
    }
    contact->running = false;
}

void contact_free(struct contact *contact)
{
    if (contact == NULL)
        return;
    wait_for_thread(contact);
    pthread_cond_destroy(&contact->ended);
    pthread_mutex_destroy(&contact->lock);
    http_free(contact->http);
    tls_judge_free(contact->judge);
    http_url_free(&contact->url);
    mem_free(contact->pin);
    mem_free(contact->ca_cert);
    mem_free(contact->server);
    mem_free(contact);
}

static enum cause judge_now(struct contact *contact, const char *certificate)
{
    struct tls_policy policy = {
        .insecure = contact->insecure, .pin = contact->pin, .ca_cert = contact->ca_cert};
    enum tls_trust trust = TLS_TRUST_UNKNOWN;
    enum tls_fault fault = TLS_FAULT_NONE;
    bool connected = contact->pinged && contact->ping != CAUSE_DNS &&
                     contact->ping != CAUSE_UNREACHABLE && contact->ping != CAUSE_TIMEOUT;

    if (contact->judge == NULL)
        return contact->ping;
    if (!policy.insecure && policy.pin == NULL && policy.ca_cert == NULL)
        policy.certificate = certificate;
    if (!tls_judge_decide(contact->judge, &policy, &trust, &fault) && connected) {
        describe_tls(contact);
        return cause_of_tls(fault);
    }
    return contact->ping;
}

enum cause contact_judge(struct contact *contact, const char *certificate)
{
    wait_for_thread(contact);
    if (!contact->judged)
        contact->judgement = judge_now(contact, certificate);
    contact->judged = true;
    return contact->judgement;
}

bool contact_find_clock(struct contact *contact)
{
    const struct http_request request = {.method = "GET", .path = CLOCK_PATH};
    struct http_answer answer = HTTP_ANSWER_EMPTY(PING_MAX);

    if (!contact->has_clock)
        contact_ping(contact);
    /* A cache may keep that answer; nobody keeps a refusal. */
    if (!contact->has_clock)
        contact_request(contact, &request, &answer);
    http_answer_free(&answer);
    return contact->has_clock;
}

enum cause contact_ping(struct contact *contact)
{
    return contact->pinged ? contact->ping : ping_now(contact);
}

const char *contact_url(const struct contact *contact)
{
    return contact->url.base;
}

const struct http_url *contact_parts(const struct contact *contact)
{
    return &contact->url;
}

enum tls_trust contact_trust(const struct contact *contact)
{
    return contact->judge == NULL ? TLS_TRUST_NONE : tls_judge_trust(contact->judge);
}

const char *contact_trust_name(const struct contact *contact)
{
    static const char *const names[] = {
        [TLS_TRUST_UNKNOWN] = NULL,        [TLS_TRUST_NONE] = "none",
        [TLS_TRUST_SYSTEM] = "system",     [TLS_TRUST_DATABASE] = "database",
        [TLS_TRUST_CA_CERT] = "ca-cert",   [TLS_TRUST_PIN] = "pin",
        [TLS_TRUST_INSECURE] = "insecure",
    };

    return names[contact_trust(contact)];
}

const char *contact_proxy(const struct contact *contact)
{
    return http_proxy(contact->http);
}

bool contact_is_expired(const struct contact *contact)
{
    return contact->judge != NULL && tls_judge_expired(contact->judge);
}

int64_t contact_certificate_end_s(const struct contact *contact)
{
    return contact->judge != NULL ? tls_judge_end_s(contact->judge) : 0;
}

const char *contact_detail(const struct contact *contact)
{
    return contact->detail;
}

const char *contact_words(const struct contact *contact, enum cause cause)
{
    return cause == CAUSE_UNREACHABLE && contact->cut ? "the API's answer breaks off"
                                                      : cause_text(cause);
}

const char *contact_remedy(const struct contact *contact)
{
    return contact->remedy;
}

const struct answerer *contact_answerer(const struct contact *contact)
{
    return &contact->met;
}

const char *contact_between(const struct contact *contact)
{
    return contact->between;
}

const char *contact_server(const struct contact *contact)
{
    return contact->server;
}

bool contact_has_clock(const struct contact *contact)
{
    return contact->has_clock;
}

int64_t contact_skew_s(const struct contact *contact)
{
    return contact->skew_s;
}

bool contact_only_we_trust(const struct contact *contact)
{
    enum tls_trust trust = contact_trust(contact);

    return (trust == TLS_TRUST_DATABASE || trust == TLS_TRUST_PIN || trust == TLS_TRUST_INSECURE) &&
           !tls_judge_is_public(contact->judge);
}

bool contact_by_common_name(const struct contact *contact)
{
    return contact->judge != NULL && tls_judge_by_common_name(contact->judge);
}
