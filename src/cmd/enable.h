/* SPDX-License-Identifier: MIT */
/*
 * enable.h - what enable changes, for bootstrap too.
 */
#ifndef CMD_ENABLE_H
#define CMD_ENABLE_H

#include "step/change_run.h"

/*
 * enable_plan(run, rotate, error)
 *
 * Make the change of a run whose session has been read: auth_api true, and a new pair with
 * rotate or where there is no usable one. ERROR_DATABASE. The change is the run's, also after a
 * failure.
 */
bool enable_plan(struct change_run *run, bool rotate, struct error *error);

#endif
