/* SPDX-License-Identifier: MIT */
/*
 * doctor_gather.h - the evidence that doctor gathers once.
 */
#ifndef CMD_DOCTOR_GATHER_H
#define CMD_DOCTOR_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/doctor_evidence.h"

/*
 * evidence_gather(evidence, question, error)
 *
 * Ask everything once: the database and, where the URL is known, the API side by side. evidence is
 * zeroed before, and ended with evidence_clear() in any case. False for a mistake in the question,
 * as session_begin, database_open and pick_admin say; a database that cannot be read is an
 * answer: then only /ping is asked, within connect-timeout of the beginning; a pair of another
 * source is asked about as well as can be.
 */
struct question {
    struct session_options session;
    size_t host_jobs; /* every online host is asked too, so many side by side; 0: none is */
};

bool evidence_gather(struct evidence *evidence, const struct question *question,
                     struct error *error);
void evidence_clear(struct evidence *evidence);

#endif
