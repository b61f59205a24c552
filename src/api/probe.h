/* SPDX-License-Identifier: MIT */
/*
 * probe.h - one signed GET over a judged contact, in the forms that tell causes apart.
 */
#ifndef API_PROBE_H
#define API_PROBE_H

#include <stdbool.h>

#include "api/contact.h"
#include "api/sign.h"
#include "pritunl/access.h"

struct probe_form {
    const char *path;        /* what is requested, behind the URL's own path */
    const char *signed_path; /* what is signed; NULL: path */
    bool server_time;        /* by the server's clock, where it is known */
    /*
     * a byte that is not ASCII in place of the signature: 500 once headers, token and secret were
     * found
     */
    bool bad_signature;
};

struct probe {
    char nonce[SIGN_NONCE_LENGTH + 1];
    struct http_answer answer;
};

/*
 * probe_send(contact, access, form, probe): a fresh nonce each time. CAUSE_NONE where an answer
 * came, else why none did.
 */
enum cause probe_send(struct contact *contact, const struct access *access,
                      const struct probe_form *form, struct probe *probe);
void probe_free(struct probe *probe);

#endif
