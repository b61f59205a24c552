/* SPDX-License-Identifier: MIT */
/*
 * borrowed.h - a URL that the environment holds for another tool, perhaps from another day.
 */
#ifndef STEP_BORROWED_H
#define STEP_BORROWED_H

#include "step/session.h"

/*
 * borrowed_note(session): where the URL in use came by another tool's variable (PRITUNL_URL,
 * PRITUNL_BASE_URL), and the database names other places and not that one, a note says so.
 */
void borrowed_note(const struct session *session);

#endif
