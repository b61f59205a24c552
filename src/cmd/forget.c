/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "format/format.h"
#include "sink/credentials.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

/* A file that export wrote: one of its formats, and nothing under other names than ours. */
static bool is_exported(const char *path, const char *names, struct error *error)
{
    struct buf content = BUF_EMPTY(TEXT_MAX);
    struct pairs pairs = {0};
    struct access *access = NULL;
    const char *format = NULL;
    bool done = file_read(path, &content, NULL, error);

    if (done) {
        format = format_decode(buf_text(&content), content.length, &pairs);
        done = format != NULL && names_find(names, false, &pairs, &access);
    }
    for (size_t i = 0; done && i < pairs.count; i++)
        done = names_is_known(names, pairs.items[i].name);
    if (!done && error->kind == ERROR_NONE)
        error_set(error, ERROR_USAGE,
                  "%s: refused, because it is not (only) a credential that export wrote", path);
    access_free(access);
    pairs_clear(&pairs);
    buf_free(&content);
    return done;
}

static bool check(const char *path, const char *names, bool *directory, struct error *error)
{
    struct stat info = {0};

    *directory = false;
    if (lstat(path, &info) != 0)
        return error_set(error, ERROR_USAGE, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode)) {
        *directory = true;
        return true; /* looked through when it is removed */
    }
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_USAGE, "%s: refused, because it is no ordinary file", path);
    return is_exported(path, names, error);
}

static bool delete_one(const char *path, bool directory, const char *names, struct error *error)
{
    if (directory)
        return credentials_remove(path, names, error);
    return unlink(path) == 0 || error_set(error, ERROR_OUTPUT, "%s: %s", path, strerror(errno));
}

static bool report(const struct settings *settings, char *const *paths, int count,
                   struct error *error)
{
    struct json *list = NULL;
    struct json *answer = NULL;

    if (!settings_flag(settings, OPTION_JSON)) {
        for (int i = 0; i < count; i++)
            term_note("%s: deleted", paths[i]);
        return true;
    }
    list = json_make_array();
    answer = json_make_object();
    for (int i = 0; i < count; i++)
        json_add(list, json_make_text(paths[i]));
    json_put(answer, "deleted", list);
    return answer_json(answer, error);
}

/* All are looked at before the first is deleted. */
bool cmd_forget(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    const char *names = settings_text(settings, OPTION_NAMES);
    bool *directories = NULL;
    int deleted = 0;
    bool done = true;

    *status = 0;
    if (arguments->word_count == 0) {
        error_set(error, ERROR_USAGE, "forget: no file is named");
        return error_try(error, "pritunl-access forget FILE");
    }
    directories = mem_zero((size_t)arguments->word_count, sizeof *directories);
    for (int i = 0; done && i < arguments->word_count; i++)
        done = check(arguments->words[i], names, &directories[i], error);
    while (done && deleted < arguments->word_count) {
        done = delete_one(arguments->words[deleted], directories[deleted], names, error);
        deleted += done;
    }
    mem_free(directories);
    return done && report(settings, arguments->words, deleted, error);
}
