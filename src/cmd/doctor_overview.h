/* SPDX-License-Identifier: MIT */
/*
 * doctor_overview.h - doctor's answer where nobody was named and there are several administrators:
 * what is known of each, and the command for each.
 */
#ifndef CMD_DOCTOR_OVERVIEW_H
#define CMD_DOCTOR_OVERVIEW_H

#include "cmd/doctor_evidence.h"

/*
 * overview_write(evidence, quiet, as_json, error): to stdout; quiet leaves those out with whom all
 * is well as far as documents tell. The API is not asked.
 */
bool overview_write(const struct evidence *evidence, bool quiet, bool as_json, struct error *error);

#endif
