/* SPDX-License-Identifier: MIT */
#include "place/aws_files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define BLANKS " \t\r"
#define PROFILE "profile"

/* Where in a file a look-up is. */
struct search {
    const char *profile;
    bool is_config; /* a heading says "profile", but for the default one */
    bool inside;
    bool found;  /* the section is there */
    bool keyed;  /* a key stands above in this section */
    size_t deep; /* how far it is indented */
};

static char *trimmed_value(const char *start, size_t length)
{
    while (length > 0 && strchr(BLANKS, *start) != NULL) {
        start++;
        length--;
    }
    while (length > 0 && strchr(BLANKS, start[length - 1]) != NULL)
        length--;
    return mem_copy(start, length);
}

/* [NAME], or [profile NAME], or [profile "NAME"]; line begins with the bracket. */
static bool is_heading(const struct search *search, const char *line, size_t length)
{
    const char *end = memchr(line, ']', length);
    char *name = end != NULL ? trimmed_value(line + 1, (size_t)(end - line - 1)) : mem_text("");
    size_t word = strlen(PROFILE);
    const char *bare = name;
    size_t size = 0;
    bool prefixed = text_starts(name, PROFILE) && strspn(name + word, BLANKS) > 0;
    bool found = false;

    if (prefixed)
        bare = name + word + strspn(name + word, BLANKS);
    size = strlen(bare);
    if (prefixed && text_is_quoted(bare)) {
        bare++;
        size -= 2;
    }
    found = strlen(search->profile) == size && memcmp(bare, search->profile, size) == 0 &&
            (prefixed || !search->is_config || text_equal(search->profile, "default"));
    mem_free(name);
    return found;
}

/* The value of "KEY = VALUE" without a comment behind; NULL where the line sets something else. */
static char *value_in(const char *line, size_t length, const char *key)
{
    size_t sign = strcspn(line, "=:\n");
    char *name = NULL;
    char *value = NULL;

    if (sign >= length)
        return NULL;
    name = trimmed_value(line, sign);
    if (strcasecmp(name, key) == 0) {
        size_t size = length - sign - 1;

        for (size_t i = 1; i < size; i++) {
            const char *at = line + sign + 1 + i;

            if ((*at == '#' || *at == ';') && strchr(BLANKS, at[-1]) != NULL)
                size = i;
        }
        value = trimmed_value(line + sign + 1, size);
    }
    mem_free(name);
    return value;
}

/* One line: NULL, or the value that it gives to key in the section. */
static char *read_shared_line(struct search *search, const char *line, size_t length,
                              const char *key)
{
    size_t deep = strspn(line, " \t");

    if (deep >= length || strchr("#;\r", line[deep]) != NULL)
        return NULL;
    if (search->keyed && deep > search->deep)
        return NULL;
    search->keyed = false;
    if (line[deep] == '[') {
        search->inside = is_heading(search, line + deep, length - deep);
        search->found = search->found || search->inside;
        return NULL;
    }
    search->keyed = true;
    search->deep = deep;
    return search->inside ? value_in(line + deep, length - deep, key) : NULL;
}

/* The last value of key, a new string; NULL where there is none, or nothing behind the sign. */
static char *look_up(struct search *search, const char *text, const char *key)
{
    char *found = NULL;

    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *value = read_shared_line(search, text, length, key);

        if (value != NULL) {
            mem_free(found);
            found = value;
        }
        text += length;
        text += *text == '\n';
    }
    if (found != NULL && *found == '\0') {
        mem_free(found);
        found = NULL;
    }
    return found;
}

static bool read_shared(const char *variable, const char *otherwise, bool secret,
                        struct buf *content, struct error *error)
{
    const char *named = getenv(variable);
    char *path = file_expand(named != NULL && *named != '\0' ? named : otherwise);
    bool exposed = false;
    bool done = !file_exists(path) || file_read(path, content, &exposed, error);

    if (exposed && secret)
        term_warn("%s holds a credential and can be read by others: chmod go-r %s", path, path);
    mem_free(path);
    return done;
}

bool aws_files_read(struct aws_files *files, struct error *error)
{
    *files = (struct aws_files){BUF_EMPTY(FILE_MAX), BUF_EMPTY(FILE_MAX)};
    return read_shared("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", true,
                       &files->credentials, error) &&
           read_shared("AWS_CONFIG_FILE", "~/.aws/config", false, &files->config, error);
}

void aws_files_clear(struct aws_files *files)
{
    buf_free(&files->credentials);
    buf_free(&files->config);
}

static char *find_key(const struct aws_files *files, const char *profile, const char *key,
                      bool *found)
{
    struct search credentials = {.profile = profile};
    struct search config = {.profile = profile, .is_config = true};
    char *value = look_up(&credentials, buf_text(&files->credentials), key);

    if (value == NULL)
        value = look_up(&config, buf_text(&files->config), key);
    *found = credentials.found || config.found;
    return value;
}

bool aws_files_has(const struct aws_files *files, const char *profile)
{
    bool found = false;

    mem_free(find_key(files, profile, "", &found));
    return found;
}

char *aws_files_get(const struct aws_files *files, const char *profile, const char *key)
{
    bool found = false;

    return find_key(files, profile, key, &found);
}
