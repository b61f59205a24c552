/* SPDX-License-Identifier: MIT */
/*
 * sign.h - the four headers that prove to Pritunl who asks.
 *
 * Signature = base64(HMAC-SHA256(secret, TOKEN&TIMESTAMP&NONCE&METHOD&PATH)), PATH decoded and
 * without the query string (pritunl/auth/administrator.py, observed on 1.34). The body is not
 * signed.
 */
#ifndef API_SIGN_H
#define API_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "pritunl/access.h"

#define SIGN_NONCE_LENGTH 32 /* the server signs 8 to 32 characters */

struct sign_request {
    const char *method;  /* upper case */
    const char *path;    /* as the server will decode it, without query */
    int64_t timestamp_s; /* seconds since 1970, by the clock that the server goes by */
    const char *nonce;   /* 8 to 32 characters of [A-Za-z0-9], never used before with this token */
};

enum { SIGN_TOKEN, SIGN_TIMESTAMP, SIGN_NONCE, SIGN_SIGNATURE, SIGN_HEADER_COUNT };

/* "Auth-Token: …", "Auth-Timestamp: …", "Auth-Nonce: …", "Auth-Signature: …" in this order. */
struct sign_headers {
    char *line[SIGN_HEADER_COUNT];
};

/* sign_nonce(nonce): a fresh random one. */
void sign_nonce(char nonce[SIGN_NONCE_LENGTH + 1]);

/* sign_make(access, request, headers): pure. Owned by the caller, to end with sign_free(). */
void sign_make(const struct access *access, const struct sign_request *request,
               struct sign_headers *headers);
void sign_free(struct sign_headers *headers);

#endif
