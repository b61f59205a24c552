/* SPDX-License-Identifier: MIT */
/*
 * handover.h - a credential on its way to its consumer: recovered, verified, named, written.
 */
#ifndef STEP_HANDOVER_H
#define STEP_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "format/format.h"
#include "format/names.h"
#include "io/json.h"
#include "place/output.h"
#include "step/session.h"

struct handover_options {
    const char *format; /* its name; NULL: nothing is written, a child takes the variables */
    struct format_options format_options;
    struct output_config output; /* a NULL path: nobody named one */
    const char *names;
    bool insecure_consumer; /* it is told to trust any certificate */
    bool no_verify;
    bool replace;        /* a file that holds other names than ours goes, too */
    bool check;          /* compare what is there with the truth, write nothing */
    const char *ca_file; /* where the trusted certificate goes, or NULL */
    bool json;
    int64_t connect_timeout_ms; /* of a place that is asked over the network */
    int64_t timeout_ms;
};

struct handover;

/*
 * handover_new(options, error): validate all that can be known before anything is asked or made.
 * NULL with ERROR_USAGE. What options point to must outlive it; to end with handover_free(), for
 * which NULL is fine.
 */
struct handover *handover_new(const struct handover_options *options, struct error *error);
void handover_free(struct handover *handover);

/*
 * handover_ready(handover, error): before somebody is made, or changed, for it: ERROR_OUTPUT where
 * it is known that what goes to standard output cannot be written.
 */
bool handover_ready(const struct handover *handover, struct error *error);

/*
 * handover_take(handover, session, error): recover the pair, verify it unless no_verify, name it.
 * False with the error of whatever step said no.
 */
bool handover_take(struct handover *handover, struct session *session, struct error *error);

/*
 * handover_name(handover, session, verified, error): the last of these alone, for a pair that has
 * its URL. From now on session must outlive the handover.
 */
bool handover_name(struct handover *handover, struct session *session, bool verified,
                   struct error *error);

/*
 * handover_warn(handover, session): where the consumer cannot trust the certificate by itself,
 * which has been met.
 */
void handover_warn(const struct handover *handover, const struct session *session);

/*
 * handover_write(handover, more, differs, error)
 *
 * Encode, then write or (check) compare, and answer; the members of more (or NULL) are answered
 * too. *differs is false unless check found it so. ERROR_FORMAT, ERROR_OUTPUT.
 */
bool handover_write(struct handover *handover, const struct json *more, bool *differs,
                    struct error *error);

/* handover_forget(handover): the values are wiped; nothing more is written. */
void handover_forget(struct handover *handover);

/* handover_variables(handover): the names with their values, which are the session's. */
const struct variables *handover_variables(const struct handover *handover);

#endif
