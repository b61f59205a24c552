/* SPDX-License-Identifier: MIT */
/*
 * access.h - the one value that flows through the program: an API token and secret, whose they are, and where they work.
 */
#ifndef PRITUNL_ACCESS_H
#define PRITUNL_ACCESS_H

struct access {
    char *administrator; /* username, or NULL where the source does not know it */
    char *url;           /* base URL without trailing slash, or NULL where it is not known (yet) */
    char *
        url_from; /* where the URL came from, for people: "--url", "database: acme_domain" …, or NULL */
    char *token;
    char *secret;
};

/* access_new(administrator, token, secret): copies; no URL yet. To end with access_free(), for which NULL is fine. */
struct access *access_new(const char *administrator, const char *token, const char *secret);
void access_free(struct access *access);

/* access_set_url(access, url, from): copies; replaces what was there. */
void access_set_url(struct access *access, const char *url, const char *from);

#endif
