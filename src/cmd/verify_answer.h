/* SPDX-License-Identifier: MIT */
/*
 * verify_answer.h - one answer of `verify`, before anybody writes it.
 */
#ifndef CMD_VERIFY_ANSWER_H
#define CMD_VERIFY_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "api/verify.h"
#include "base/error.h"

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

#endif
