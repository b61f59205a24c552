/* SPDX-License-Identifier: MIT */
/*
 * verify.h - the answers of `verify`, one or many, for doctor too.
 */
#ifndef CMD_VERIFY_H
#define CMD_VERIFY_H

#include "api/verify.h"
#include "base/error.h"
#include "step/session.h"

struct verify_answer {
    char *administrator; /* or NULL */
    char *url;           /* or NULL */
    char *host;          /* with --every-host, or NULL */
    char *profile;       /* with --all-profiles, or NULL */
    /* error says why there is no verdict; result.cause names it where it is one of the causes */
    bool failed;
    struct error error;
    struct verify_result result;
    int64_t certificate_end_s; /* of the certificate met, since 1970; 0: none was */
    int64_t expires_ms;        /* of a temporary administrator, by the wall clock; 0: none */
};

/*
 * verify_every_host(session, jobs, answers, count, error)
 *
 * The session's administrator on every online host, so many side by side. *answers is the caller's,
 * to end with verify_answers_free(). False with ERROR_API where no host is online.
 */
bool verify_every_host(const struct session *session, size_t jobs, struct verify_answer **answers,
                       size_t *count, struct error *error);
void verify_answers_free(struct verify_answer *answers, size_t count);

#endif
