/* SPDX-License-Identifier: MIT */
/*
 * enable.h - what enable changes, for bootstrap too.
 */
#ifndef CMD_ENABLE_H
#define CMD_ENABLE_H

#include "cmd/alter.h"

/*
 * enable_plan(alteration, rotate, error)
 *
 * Fill the change of an alteration whose flow has been read: auth_api true, and a new pair with
 * rotate or where there is no usable one. ERROR_DATABASE. The change is the caller's, also after a
 * failure.
 */
bool enable_plan(struct alteration *alteration, bool rotate, struct error *error);

#endif
