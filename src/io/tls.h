/* SPDX-License-Identifier: MIT */
/*
 * tls.h - is the certificate that we met the one that we may sign for? (OpenSSL)
 *
 * http.c asks here during each handshake. A judge first observes (while the trust is not known,
 * only unsigned requests may go out), then decides, then enforces: only the leaf that was decided
 * on is let through on any later handshake, because curl may silently connect again.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum tls_trust {
    TLS_TRUST_UNKNOWN,  /* not decided */
    TLS_TRUST_NONE,     /* no TLS: plain http */
    TLS_TRUST_SYSTEM,   /* the system's authorities vouch for it under this name */
    TLS_TRUST_DATABASE, /* it is exactly the certificate that the database holds */
    TLS_TRUST_CA_CERT,  /* the authorities of the given file do, under this name */
    TLS_TRUST_PIN,      /* its public key is the pinned one */
    TLS_TRUST_INSECURE  /* nobody asked */
};

enum tls_fault {
    TLS_FAULT_NONE,
    TLS_FAULT_UNTRUSTED, /* no authority vouches for it, and it is not the database's */
    TLS_FAULT_NAME,      /* vouched for, but for another name */
    TLS_FAULT_EXPIRED    /* out of date (or not yet valid), and nothing else is wrong */
};

/*
 * What makes a certificate trusted. Of pin, insecure and ca_cert at most one is given; certificate
 * only without them.
 */
struct tls_policy {
    bool insecure;
    const char *pin;         /* "sha256//BASE64[;sha256//BASE64…]", as curl writes it, or NULL */
    const char *ca_cert;     /* path of a PEM file of authorities, or NULL: the system's */
    const char *certificate; /* PEM; its first is trusted, whatever its dates and name; or NULL */
};

struct tls_judge;

/* tls_certificate_valid(pem): does pem begin with (or hold) a readable certificate? */
bool tls_certificate_valid(const char *pem);

/*
 * tls_judge_new(host): for connections to host (a name, an IPv4 or an IPv6 address without
 * brackets). tls_judge_free(NULL) is fine.
 */
struct tls_judge *tls_judge_new(const char *host);
void tls_judge_free(struct tls_judge *judge);

/*
 * tls_judge_decide(judge, policy, trust, fault)
 *
 * Set the policy (its strings are copied). Before any handshake: the next one is judged by it at
 * once, and refused where it is not trusted. After an observed handshake: judge what was met.
 * Returns true where a leaf was met and is trusted, or none was met yet; *trust and *fault say how
 * it stands (TLS_TRUST_UNKNOWN before a handshake). From the first trusted leaf on only that leaf
 * is admitted.
 */
bool tls_judge_decide(struct tls_judge *judge, const struct tls_policy *policy,
                      enum tls_trust *trust, enum tls_fault *fault);

/* tls_judge_trust, tls_judge_fault: of the last handshake. */
enum tls_trust tls_judge_trust(const struct tls_judge *judge);
enum tls_fault tls_judge_fault(const struct tls_judge *judge);

/*
 * tls_judge_is_public(judge): whatever it is trusted for, the system's authorities vouch for the
 * leaf met under this name, too.
 */
bool tls_judge_is_public(const struct tls_judge *judge);

/*
 * tls_judge_by_common_name(judge): authorities vouch for the leaf, but it names the host in its
 * common name alone, where most other clients do not look any more.
 */
bool tls_judge_by_common_name(const struct tls_judge *judge);

/*
 * tls_judge_is_alone(judge): nobody vouches for the leaf, and the server sent it alone, without the
 * certificate of whoever issued it.
 */
bool tls_judge_is_alone(const struct tls_judge *judge);

/*
 * tls_judge_is_nameless(judge): the leaf names no host, so that no URL could ever suit it.
 * tls_judge_pin(judge): its pin, as --pin takes it; a new string, "" before a handshake.
 */
bool tls_judge_is_nameless(const struct tls_judge *judge);
char *tls_judge_pin(const struct tls_judge *judge);

/*
 * tls_judge_changed(judge): a later handshake met another leaf than the trusted one (and was
 * refused).
 */
bool tls_judge_changed(const struct tls_judge *judge);

/*
 * tls_judge_subject(judge): what was met, for people; a new printable string, "" before a
 * handshake. Names (or "no name"), issuer (or "self-signed"), end date, and the pin as --pin takes
 * it.
 */
char *tls_judge_subject(const struct tls_judge *judge);

/* tls_judge_expired(judge): the leaf met is out of date (it may be trusted all the same). */
bool tls_judge_expired(const struct tls_judge *judge);

/*
 * tls_judge_end_s(judge): when the leaf met ends, in seconds since 1970; 0 before a handshake.
 */
int64_t tls_judge_end_s(const struct tls_judge *judge);

/*
 * tls_judge_admits(judge): may a request go out on the connection of the last handshake? False
 * before one, where the leaf was refused, and where decide came later and did not trust it; http.c
 * asks before each request.
 */
bool tls_judge_admits(const struct tls_judge *judge);

/*
 * tls_judge_admits_peer(judge, ssl): the same of one connection (ssl is its SSL) where several
 * share a judge: it shows exactly the leaf that was decided on. False before a decision.
 */
bool tls_judge_admits_peer(const struct tls_judge *judge, const void *ssl);

/*
 * tls_certificate_pin(pem): the pin of pem's first certificate, as --pin takes it; a new string, ""
 * where there is none.
 */
char *tls_certificate_pin(const char *pem);

/*
 * tls_judge_attach(judge, ssl_ctx): http.c's hook; ssl_ctx is the SSL_CTX that curl is about to
 * use.
 */
bool tls_judge_attach(struct tls_judge *judge, void *ssl_ctx);

#endif
