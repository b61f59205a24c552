/* SPDX-License-Identifier: MIT */
/*
 * access.h - the one value that flows through the program: an API token and secret, whose they are,
 * and where they work.
 */
#ifndef PRITUNL_ACCESS_H
#define PRITUNL_ACCESS_H

#include <stddef.h>

struct access {
    char *administrator; /* username, or NULL where the source does not know it */
    char *url;           /* base URL without trailing slash, or NULL where it is not known (yet) */
    /* where the URL came from, for people: "--url", "database: acme_domain" …, or NULL */
    char *url_from;
    char *token;
    char *secret;
};

/*
 * access_new(administrator, token, secret): copies; no URL yet. To end with access_free(), for
 * which NULL is fine.
 */
struct access *access_new(const char *administrator, const char *token, const char *secret);
void access_free(struct access *access);

/* access_set_url(access, url, from): copies; replaces what was there. */
void access_set_url(struct access *access, const char *url, const char *from);

/*
 * access_token_fault(token): why no request can carry it, for people ("empty", "text with …"); NULL
 * where one can. access_secret_length(secret): its characters, as Pritunl counts them; below
 * ACCESS_SECRET_MIN it refuses the secret.
 */
#define ACCESS_SECRET_MIN 8
const char *access_token_fault(const char *token);
size_t access_secret_length(const char *secret);

#endif
