/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "format/find.h"
#include "format/format.h"
#include "place/source.h"
#include "pritunl/cause.h"

#define TEXT_MAX ((size_t)1024 * 1024)

static bool read_private_file(const struct place *place, const char *path, struct buf *content,
                              struct error *error)
{
    bool exposed = false;

    if (!file_read(path, content, &exposed, error))
        return false;
    if (exposed && !place->silent)
        term_warn("%s holds a credential and can be read by others: chmod go-r %s", path, path);
    return true;
}

static bool missing(const char *path, struct error *error)
{
    error_set(error, ERROR_NOT_FOUND, "%s: %s", path, strerror(ENOENT));
    return error_blame(error, CAUSE_TOKEN_UNKNOWN);
}

/*
 * A directory as systemd, docker and Kubernetes fill it: a file a value. What lies beside these is
 * not looked at.
 */
static bool read_directory(const struct place *place, const char *path, struct pairs *pairs,
                           struct error *error)
{
    DIR *directory = opendir(path);
    struct dirent *entry = NULL;
    bool done = directory != NULL || error_set(error, ERROR_USAGE, "%s: %s", path, strerror(errno));

    while (done && (entry = readdir(directory)) != NULL) {
        struct buf content = BUF_EMPTY(TEXT_MAX);
        char *file = text_format("%s/%s", path, entry->d_name);

        if (find_is_wanted(place->names, entry->d_name)) {
            done = read_private_file(place, file, &content, error);
            if (done && strlen(buf_text(&content)) == content.length)
                pairs_add(pairs, entry->d_name, strlen(entry->d_name),
                          source_value(entry->d_name, buf_text(&content)));
            else if (done)
                pairs_fault(pairs, entry->d_name, strlen(entry->d_name), "it holds a NUL");
        }
        buf_free(&content);
        mem_free(file);
    }
    if (directory != NULL)
        closedir(directory);
    return done;
}

bool source_file(const struct place *place, struct pairs *pairs, struct error *error)
{
    const char *path = place->rest;
    struct buf content = BUF_EMPTY(TEXT_MAX);
    char *expanded = file_expand(path);
    struct stat info = {0};
    bool done = false;

    if (!text_equal(path, "-") && stat(expanded, &info) != 0 && errno == ENOENT) {
        missing(expanded, error);
        goto out;
    }
    if (S_ISDIR(info.st_mode)) {
        done = read_directory(place, expanded, pairs, error);
        goto out;
    }
    if (!read_private_file(place, expanded, &content, error))
        goto out;
    done = format_decode(expanded, buf_text(&content), content.length, place->names, pairs, error);
out:
    buf_free(&content);
    mem_free(expanded);
    return done;
}
