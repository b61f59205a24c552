/* SPDX-License-Identifier: MIT */
/*
 * doctor_checks.h - the checks that look at doctor's evidence. A check asks nobody.
 */
#ifndef CMD_DOCTOR_CHECKS_H
#define CMD_DOCTOR_CHECKS_H

#include <stddef.h>

#include "cmd/doctor_evidence.h"

enum finding_state { FINDING_OK, FINDING_WARN, FINDING_FAIL, FINDING_SKIP };

struct finding {
    const char *name;
    enum finding_state state;
    enum cause cause; /* what it would be the finding of; CAUSE_NONE for others */
    char detail[1024];
};

#define FINDINGS_MAX 24 /* there is room for */

/*
 * checks_run(evidence, findings): all of them, in the order of the report; returns how many.
 * Nothing is asked any more.
 */
size_t checks_run(const struct evidence *evidence, struct finding findings[FINDINGS_MAX]);

#endif
