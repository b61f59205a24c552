/* SPDX-License-Identifier: MIT */
/*
 * aws.h - AWS Secrets Manager: read and write one secret's text (through http.h).
 *
 * Credentials, region, endpoint and authorities come from where every AWS program looks; see
 * aws_settings.h.
 */
#ifndef PLACE_AWS_H
#define PLACE_AWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/names.h"

/* What a secret may hold, by AWS's own limit. */
#define AWS_SECRET_MAX ((size_t)65536)

struct aws;

/*
 * aws_open(id, connect_timeout_ms, timeout_ms, error): for the secret of that name or ARN. Who
 * hands out temporary keys may be asked; the service is not yet. NULL with what aws_settings_read()
 * says. aws_free(NULL) is fine.
 */
struct aws *aws_open(const char *id, int64_t connect_timeout_ms, int64_t timeout_ms,
                     struct error *error);
void aws_free(struct aws *aws);

enum aws_state {
    AWS_FOUND,
    AWS_NO_VALUE, /* the secret is there, and was never given a value */
    AWS_MISSING,  /* there is no such secret; or no value, and AWS did not say which of the two */
};

/*
 * aws_get(aws, text, state, error)
 *
 * The secret's current text; empty where *state is not AWS_FOUND.
 *
 *   ERROR_DATABASE  cause "source-unreachable" (no answer, no trust), or "source-refused" (wrong
 *                   key, no right to it); AWS's own name of the failure is in the text
 *   ERROR_UNUSABLE  the secret holds bytes instead of text
 */
bool aws_get(struct aws *aws, struct buf *text, enum aws_state *state, struct error *error);

/*
 * aws_put(aws, text, state, error): a new version of the secret; where aws_get() found it missing,
 * a new secret of that name, unless it is there after all. An ARN is never made a secret of.
 * ERROR_DATABASE as above.
 */
bool aws_put(struct aws *aws, const char *text, enum aws_state state, struct error *error);

struct secret_config {
    const char *id; /* the secret's name or ARN */
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/*
 * secret_write(config, variables, changed, error)
 *
 * Put the variables into the secret's JSON object, which keeps its other keys; a secret that is not
 * there is made, unless it is named by an ARN. Where all of them are there already nothing is
 * written, and *changed is false.
 *
 *   ERROR_USAGE   AWS's settings are incomplete
 *   ERROR_OUTPUT  AWS cannot be reached or refuses us; no secret has that ARN; the secret is no
 *                 JSON object, or would become too large
 */
bool secret_write(const struct secret_config *config, const struct variables *variables,
                  bool *changed, struct error *error);

/* secret_differs(config, variables, differs, error): compare without writing. Errors as above. */
bool secret_differs(const struct secret_config *config, const struct variables *variables,
                    bool *differs, struct error *error);

#endif
