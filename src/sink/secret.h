/* SPDX-License-Identifier: MIT */
/*
 * secret.h - the credential as keys of a secret in AWS Secrets Manager.
 */
#ifndef SINK_SECRET_H
#define SINK_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/names.h"

struct secret_config {
    const char *id; /* the secret's name or ARN */
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/*
 * secret_write(config, variables, changed, error)
 *
 * Put the variables into the secret's JSON object, which keeps its other keys; a secret that is not
 * there is made. Where all of them are there already nothing is written, and *changed is false.
 *
 *   ERROR_USAGE   AWS's settings are incomplete
 *   ERROR_OUTPUT  AWS cannot be reached or refuses us; the secret is no JSON object, or would
 *                 become too large
 */
bool secret_write(const struct secret_config *config, const struct variables *variables,
                  bool *changed, struct error *error);

/* secret_differs(config, variables, differs, error): compare without writing. Errors as above. */
bool secret_differs(const struct secret_config *config, const struct variables *variables,
                    bool *differs, struct error *error);

#endif
