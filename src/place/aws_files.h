/* SPDX-License-Identifier: MIT */
/*
 * aws_files.h - the two files that all AWS programs share: ~/.aws/credentials and ~/.aws/config
 * (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE), read as Amazon's own programs read them.
 */
#ifndef PLACE_AWS_FILES_H
#define PLACE_AWS_FILES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

struct aws_files {
    struct buf credentials;
    struct buf config;
};

/*
 * aws_files_read(files, error): a file that is not there is an empty one; warns of one with keys
 * that others may read. ERROR_USAGE: cannot be read or trusted. To end with aws_files_clear().
 */
bool aws_files_read(struct aws_files *files, struct error *error);
void aws_files_clear(struct aws_files *files);

/* aws_files_has(files, profile): has it a section in one of them? */
bool aws_files_has(const struct aws_files *files, const char *profile);

/*
 * aws_files_get(files, profile, key): a new string; NULL where neither file says anything. The
 * credentials file counts before the other one, the last of equal keys before the first; keys may
 * be written in capitals, lines indented, and joined by ':'. What is indented further below a key
 * belongs to that.
 */
char *aws_files_get(const struct aws_files *files, const char *profile, const char *key);

#endif
