/* SPDX-License-Identifier: MIT */
/*
 * file_internal.h - what file_replace.c and file_place.c share: a file on its way to its place.
 * Included by these two only.
 */
#ifndef BASE_FILE_INTERNAL_H
#define BASE_FILE_INTERNAL_H

#include <sys/stat.h>

#include "base/file.h"

/* One replacement on its way. */
struct file_work {
    const char *path;
    const char *name; /* path's last part */
    char *folder;     /* what stands before it */
    int directory;
    struct stat above;         /* the directory */
    const struct buf *content; /* NULL: what the file source holds, length bytes */
    int source;
    size_t length;
    const struct file_attributes *attributes;
};

/*
 * file_work_begin(work, exists, error): path's directory is one to write to, and path (if it
 * exists) an ordinary file.
 */
bool file_work_begin(struct file_work *work, bool *exists, struct error *error);
void file_work_end(struct file_work *work);

/* file_name_temporary(name): a random one; false with errno. */
#define FILE_TEMPORARY_SIZE 64
bool file_name_temporary(char name[FILE_TEMPORARY_SIZE]);

/* file_write(fd, bytes, length): how many bytes were written; less than all with errno. */
size_t file_write(int fd, const char *bytes, size_t length);

/* file_failed(path, error): errno as ERROR_OUTPUT; returns false. */
bool file_failed(const char *path, struct error *error);

#endif
