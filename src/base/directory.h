/* SPDX-License-Identifier: MIT */
/*
 * directory.h - a directory of files that hold secrets, exchanged as a whole.
 */
#ifndef BASE_DIRECTORY_H
#define BASE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct directory_file {
    const char *name; /* no '/' in it */
    const char *bytes;
    size_t length;
};

struct directory_content {
    const struct directory_file *files;
    size_t count;
    uid_t owner; /* FILE_OWNER_UNCHANGED, FILE_GROUP_UNCHANGED: ours */
    gid_t group;
    bool (*ours)(void *context,
                 const char *name); /* may a file of this name be there already, and go? */
    void *context;
};

/*
 * directory_replace(path, content, changed, error)
 *
 * Put a directory of exactly these files at path, old or new and nothing between: a new one beside
 * it (0700, its files 0400, owner and group set, all of it synchronised), exchanged with the old
 * one in one step by renameat2(RENAME_EXCHANGE), which then goes; or renamed, where there is none.
 * On failure or a fatal signal the new one is gone and path is what it was. A directory that
 * already holds exactly this is left untouched: *changed is false.
 *
 *   ERROR_OUTPUT  path is something else than a directory, or holds anything that is not ours; its
 *                 parent is refused as file_replace says; the file system cannot exchange; no
 *                 space, a write error, no permission
 */
bool directory_replace(const char *path, const struct directory_content *content, bool *changed,
                       struct error *error);

/*
 * directory_make(path, error): the directory, and those that it lies in, where they are missing
 * (0700); each new one is synchronised into the one that it lies in. What is there already stays as
 * it is. ERROR_OUTPUT.
 */
bool directory_make(const char *path, struct error *error);

/*
 * directory_differs(path, content, differs, error): compare without writing; a missing directory
 * differs. ERROR_OUTPUT.
 */
bool directory_differs(const char *path, const struct directory_content *content, bool *differs,
                       struct error *error);

/*
 * directory_remove(path, content, error): remove the directory and its files, of which each must be
 * ours. directory_check: would it? ERROR_OUTPUT.
 */
bool directory_check(const char *path, const struct directory_content *content,
                     struct error *error);
bool directory_remove(const char *path, const struct directory_content *content,
                      struct error *error);

#endif
