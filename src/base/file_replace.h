/* SPDX-License-Identifier: MIT */
/*
 * file_replace.h - private files, put in their place as a whole or not at all.
 */
#ifndef BASE_FILE_REPLACE_H
#define BASE_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

#define FILE_OWNER_UNCHANGED ((uid_t)-1)
#define FILE_GROUP_UNCHANGED ((gid_t)-1)

struct file_attributes {
    mode_t mode; /* 0600 where the caller has nothing else to say */
    uid_t owner; /* FILE_OWNER_UNCHANGED: ours */
    gid_t group; /* FILE_GROUP_UNCHANGED: ours */
};

/*
 * file_replace(path, content, attributes, changed, error)
 *
 * Put content at path, old or new and nothing between: a fresh temporary file in the same directory
 * (O_EXCL), mode, owner and group set before anything is in it, written in full, fsync, rename,
 * fsync of the directory. On failure or a fatal signal (HUP, INT, TERM …) the temporary file is
 * gone and path is what it was. A file that already holds exactly content with these attributes is
 * left untouched (same inode and mtime): *changed is false.
 *
 *   ERROR_OUTPUT  path is a symbolic link, a device or a directory; its directory can be written by
 *                 others and is not sticky, or is owned by somebody else than us or root; no space,
 *                 a write error, no permission
 */
bool file_replace(const char *path, const struct buf *content,
                  const struct file_attributes *attributes, bool *changed, struct error *error);

/*
 * file_beside(path, fd, error), file_replace_from(path, source, length, attributes, changed, error)
 *
 * For content that shall not be held in memory: *fd is a new nameless file of ours in path's
 * directory, gone when it is closed, whatever happens. What was written into it then replaces path
 * just as file_replace() does, from the first length bytes of source. ERROR_OUTPUT, and
 * file_beside() finds out at once what would keep path from being replaced.
 */
bool file_beside(const char *path, int *fd, struct error *error);
bool file_replace_from(const char *path, int source, size_t length,
                       const struct file_attributes *attributes, bool *changed,
                       struct error *error);

/*
 * file_parent(path, directory, name, error): open the directory that path lies in, refused as
 * file_replace says. *directory is the caller's to close; *name is path's last part, and points
 * into path. ERROR_OUTPUT.
 */
bool file_parent(const char *path, int *directory, const char **name, struct error *error);

/*
 * file_append(path, content, error): append to an existing or new (0600) regular file in one write,
 * fsync; ERROR_OUTPUT.
 */
bool file_append(const char *path, const struct buf *content, struct error *error);

#endif
