/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - the evidence that doctor gathers once, and the checks that look at it.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/flow.h"
#include "cmd/verify_many.h"

struct evidence {
    struct flow flow;
    bool read; /* the database was read, and holds administrators; else database says why not */
    struct error database;
    bool reached; /* a URL is known; else api says why not */
    struct error api;
    char *url_from;
    bool asked; /* verified holds an answer */
    struct verify_result verified;
    struct verify_answer *hosts; /* with --every-host */
    size_t host_count;
    enum cause cause;                    /* the one cause, once it is known */
    const struct verify_answer *culprit; /* the host that it is of, or NULL */
};

enum finding_state { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_SKIP };

struct finding {
    const char *name;
    enum finding_state state;
    enum cause cause; /* what it would be the finding of; CAUSE_NONE for others */
    char detail[256];
};

#define FINDINGS_MAX 24

/* checks_run(evidence, findings): all of them, in the order of the report; returns how many. */
size_t checks_run(const struct evidence *evidence, struct finding findings[FINDINGS_MAX]);

#endif
