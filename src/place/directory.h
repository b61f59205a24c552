/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the credential as a directory of files, one a name, as systemd's LoadCredential=
 * takes it.
 */
#ifndef PLACE_DIRECTORY_H
#define PLACE_DIRECTORY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/file.h"
#include "format/names.h"

struct credentials {
    const char *path;
    /* the setting: files under its names, or under known ones, may be there and go */
    const char *names;
    const struct variables *variables;
    uid_t owner; /* as in struct file_attributes */
    gid_t group;
};

/*
 * credentials_write, credentials_differs: as directory_replace and directory_differs
 * (base/directory.h).
 */
bool credentials_write(const struct credentials *credentials, bool *changed, struct error *error);
bool credentials_differs(const struct credentials *credentials, bool *differs, struct error *error);

/*
 * credentials_remove(path, names, error): remove a directory that holds nothing else;
 * credentials_check: is it one? ERROR_OUTPUT.
 */
bool credentials_check(const char *path, const char *names, struct error *error);
bool credentials_remove(const char *path, const char *names, struct error *error);

#endif
