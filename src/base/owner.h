/* SPDX-License-Identifier: MIT */
/*
 * owner.h - whose a file is, and who else its group is.
 */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * owner_is_alone(fd, info)
 *
 * Of the open file fd, whose stat is info: is nobody but its owner, or we ourselves, in its group?
 * So it is with the private group that many systems make for each user: of the user's name or
 * number, without other members, and nobody else's primary one. Never where an access list names
 * further people, and never group 0, which container platforms give to users of any number.
 */
bool owner_is_alone(int fd, const struct stat *info);

/*
 * owner_began_us(user): are we root because this user said sudo? Then a directory of theirs is as
 * good a place as one of ours: what is put there for them, they asked for.
 */
bool owner_began_us(uid_t user);

/* owner_name(user): as sudo -u takes it: the name, or "#1000". To end with mem_free(). */
char *owner_name(uid_t user);

#endif
