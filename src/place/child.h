/* SPDX-License-Identifier: MIT */
/*
 * child.h - a program that gets the credential in its environment.
 */
#ifndef PLACE_CHILD_H
#define PLACE_CHILD_H

#include <stdbool.h>

#include "base/error.h"
#include "format/names.h"

/*
 * child_environment(variables, pristine)
 *
 * A new environment: ours without whatever leads to the database (PRITUNL_ACCESS_*,
 * PRITUNL_MONGODB_URI, MONGODB_URI, MONGO_URI and their _FILE twins), or with pristine only PATH,
 * HOME, LANG and TERM of it; and the variables. NULL-terminated, to end with child_free().
 */
char **child_environment(const struct variables *variables, bool pristine);
void child_free(char **environment);

#endif
