/* SPDX-License-Identifier: MIT */
/*
 * user.h - what a user is called.
 */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <sys/types.h>

/*
 * user_name(user)
 *
 * A new string, to end with mem_free(); NULL where nobody has that number. Most users are in the
 * machine's own file; only for the others the C library loads modules, in which glibc crashes where
 * memory is out.
 */
char *user_name(uid_t user);

#endif
