/* SPDX-License-Identifier: MIT */
/*
 * contact.h - one connection to Pritunl's API, and how far it can be trusted.
 *
 * A contact that is begun early connects and asks the unsigned /ping in a thread of its own, while
 * the database is being read; whatever certificate it meets is only observed. contact_judge() waits
 * for that thread once and decides. A contact whose trust is already known when it is opened judges
 * during its first handshake and needs no /ping: two round trips fewer.
 *
 * Nothing signed ever leaves before the certificate is trusted, nor over a later connection that
 * meets another one.
 */
#ifndef API_CONTACT_H
#define API_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/answerer.h"
#include "base/error.h"
#include "io/http.h"
#include "pritunl/cause.h"

/*
 * How to reach an API, and what to trust there: the settings of that name. All strings are copied.
 */
struct contact_options {
    const char *url;
    bool insecure;
    const char *pin;
    const char *ca_cert;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
    /* a begun contact writes one byte here when it has its answer; 0 or less: nowhere */
    int notify_fd;
};

struct contact;

/*
 * contact_begin(options, error): connect and /ping in the background. NULL with ERROR_USAGE where
 * the URL is malformed.
 */
struct contact *contact_begin(const struct contact_options *options, struct error *error);

/*
 * contact_open(options, error): nothing is sent yet; contact_judge() then sets what the first
 * handshake is held to.
 */
struct contact *contact_open(const struct contact_options *options, struct error *error);

/* contact_free(contact): waits for a running thread (its timeouts bound that); NULL is fine. */
void contact_free(struct contact *contact);

/* contact_is_done(contact): contact_judge() would not have to wait. */
bool contact_is_done(const struct contact *contact);

/*
 * contact_wait(contact, until_ms): wait for that no longer than until clock_monotonic_ms() is
 * until_ms; is it done?
 */
bool contact_wait(struct contact *contact, int64_t until_ms);

/*
 * contact_abandon(contact): like contact_free, but a thread that still waits for its answer is left
 * to the end of the process.
 */
void contact_abandon(struct contact *contact);

/*
 * contact_judge(contact, certificate)
 *
 * Decide by the options and, where these name nothing, by certificate (the PEM that the database
 * holds, or NULL) or the system's authorities. Returns the first thing that is wrong as far as it
 * is known now: CAUSE_DNS … CAUSE_WEB_NOT_READY, or CAUSE_NONE: then contact_request() may be
 * used.
 * A begun contact has been waited for by then. A second call only repeats the first one's answer.
 */
enum cause contact_judge(struct contact *contact, const char *certificate);

/*
 * contact_ping(contact): ask the unsigned /ping now, where that was not done yet; after
 * contact_judge(). The same result.
 */
enum cause contact_ping(struct contact *contact);

/*
 * contact_request(contact, request, answer)
 *
 * One request over the judged connection. Returns CAUSE_NONE where an answer came, whatever it
 * says; else why none did, TLS causes among them.
 */
enum cause contact_request(struct contact *contact, const struct http_request *request,
                           struct http_answer *answer);

/*
 * contact_multi(contact, connections)
 *
 * Many requests side by side to the same place (io/http_multi.h), after contact_judge(): each
 * connection shows the leaf that is trusted, or carries nothing. contact outlives it.
 * contact_failure(contact, answer): why none came, with contact_detail().
 */
struct http_multi *contact_multi(struct contact *contact, size_t connections);
enum cause contact_failure(struct contact *contact, const struct http_answer *answer);

/*
 * contact_look(contact, path, answer): who gave this answer to a request for path (answerer.h),
 * with contact_detail() and contact_remedy(); contact_request() has done so already.
 * contact_answerer(): of the last answer. contact_between(): what has shown itself in between, in
 * whichever answer; static, or NULL.
 */
const struct answerer *contact_look(struct contact *contact, const char *path,
                                    const struct http_answer *answer);
const struct answerer *contact_answerer(const struct contact *contact);
const char *contact_between(const struct contact *contact);

/*
 * contact_find_clock(contact): after contact_judge(), ask until the server's clock is known, where
 * it can be had.
 */
bool contact_find_clock(struct contact *contact);

/* What is known. All owned by contact. */
const char *contact_url(const struct contact *contact);
const struct http_url *contact_parts(const struct contact *contact);
enum tls_trust contact_trust(const struct contact *contact);
const char *contact_trust_name(
    const struct contact
        *contact); /* "system", "database", "ca-cert", "pin", "insecure", "none"; NULL: undecided */
const char *contact_proxy(const struct contact *contact); /* without its user part; NULL: none */
bool contact_is_expired(
    const struct contact *contact); /* the certificate met is out of date (trusted or not) */
int64_t contact_certificate_end_s(
    const struct contact *contact); /* of the certificate met, since 1970; 0: none was */
const char *contact_detail(const struct contact *contact); /* of the last cause, for people; "" */
/*
 * contact_remedy(contact): what mends the last cause where it can be said better than for all of
 * that cause; "" where it cannot.
 */
const char *contact_remedy(const struct contact *contact);
const char *contact_server(const struct contact *contact); /* the Server header, or "" */
bool contact_has_clock(const struct contact *contact);
int64_t contact_skew_s(
    const struct contact *contact); /* the server's clock minus ours; 0 where not known */
bool contact_only_we_trust(
    const struct contact
        *contact); /* trusted, but not for an authority of the system or of a file */

/*
 * contact_by_common_name(contact): trusted under a name that the certificate has in its common name
 * alone: most other clients refuse it.
 */
bool contact_by_common_name(const struct contact *contact);

#endif
