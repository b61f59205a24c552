/* SPDX-License-Identifier: MIT */
/*
 * file.h - reading files that we are about to trust, and replacing files that hold secrets.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * file_expand(path): path with a leading "~/" replaced by $HOME/; a new string, to end with
 * mem_free().
 */
char *file_expand(const char *path);

/*
 * file_read(path, content, error)
 *
 * Read the whole file (content->max is the limit) into content, which the caller frees. "-" is
 * standard input. A regular file is refused that others than its owner may write, or that belongs
 * to neither us nor root: it could name programs or hosts. Pipes and standard input are taken as
 * they are.
 *
 *   ERROR_USAGE  missing, unreadable, too large, a directory, or refused as said; error->text names
 *                the path
 *
 * Where exposed is not NULL, *exposed says whether group or others may read the file (the caller
 * warns if it held a secret).
 */
bool file_read(const char *path, struct buf *content, bool *exposed, struct error *error);

/*
 * file_read_any(path, content, error): the same for what names neither, a request's body say,
 * whoever may write to the file.
 */
bool file_read_any(const char *path, struct buf *content, struct error *error);

/* file_exists(path): something is there (a symbolic link to nothing counts as nothing). */
bool file_exists(const char *path);

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
