/* SPDX-License-Identifier: MIT */
#include "place/output.h"
#include "base/file.h"
#include "base/file_replace.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "format/format.h"
#include "format/names.h"
#include "format/pairs.h"

#define ID_MAX 4294967294L /* (uid_t)-1 means "unchanged" */
#define RECORD_SIZE 65536  /* for one line of the user or group database */

static bool parse_mode(const char *text, mode_t *mode, struct error *error)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 8);

    if (*text < '0' || *text > '7' || *end != '\0' || strlen(text) > 5 || value > 0777)
        return error_set(error, ERROR_USAGE,
                         "--mode: three or four octal digits are wanted, like 0640");
    if ((value & 0400) == 0)
        return error_set(error, ERROR_USAGE, "--mode: the owner could not read the file");
    *mode = (mode_t)value;
    return true;
}

/* musl, which the static file is built with, asks no directory service. */
#ifdef __GLIBC__
#define WHERE_LOOKED(file) ""
#else
#define WHERE_LOOKED(file) " in " file ", and nothing else is asked: give the number"
#endif

static bool parse_owner(const char *text, uid_t *owner, struct error *error)
{
    char *record = NULL;
    struct passwd entry;
    struct passwd *found = NULL;
    long number = 0;

    if (text_number(text, 0, ID_MAX, &number)) {
        *owner = (uid_t)number;
        return true;
    }
    record = mem_alloc(RECORD_SIZE);
    if (getpwnam_r(text, &entry, record, RECORD_SIZE, &found) == 0 && found != NULL)
        *owner = entry.pw_uid;
    mem_free(record);
    return found != NULL ||
           error_set(error, ERROR_USAGE, "--owner: there is no user %s" WHERE_LOOKED("/etc/passwd"),
                     text);
}

static bool parse_group(const char *text, gid_t *group, struct error *error)
{
    char *record = NULL;
    struct group entry;
    struct group *found = NULL;
    long number = 0;

    if (text_number(text, 0, ID_MAX, &number)) {
        *group = (gid_t)number;
        return true;
    }
    record = mem_alloc(RECORD_SIZE);
    if (getgrnam_r(text, &entry, record, RECORD_SIZE, &found) == 0 && found != NULL)
        *group = entry.gr_gid;
    mem_free(record);
    return found != NULL ||
           error_set(error, ERROR_USAGE, "--group: there is no group %s" WHERE_LOOKED("/etc/group"),
                     text);
}

bool output_attributes(const struct output_config *config, struct file_attributes *attributes,
                       struct error *error)
{
    *attributes = (struct file_attributes){0600, FILE_OWNER_UNCHANGED, FILE_GROUP_UNCHANGED};
    return (config->mode == NULL || parse_mode(config->mode, &attributes->mode, error)) &&
           (config->owner == NULL || parse_owner(config->owner, &attributes->owner, error)) &&
           (config->group == NULL || parse_group(config->group, &attributes->group, error));
}

bool output_is_stdout(const struct output_config *config)
{
    return text_equal(config->path, "-");
}

bool output_fits_terminal(const struct buf *content, struct error *error)
{
    const char *text = buf_text(content);

    if (!term_is_terminal(STDOUT_FILENO))
        return true;
    for (size_t i = 0; i < content->length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool c1 = c == 0xC2 && (unsigned char)text[i + 1] < 0xA0; /* U+0080 to U+009F */

        if ((c >= ' ' && c != 0x7F && !c1) || c == '\n' || c == '\t')
            continue;
        error_set(error, ERROR_OUTPUT,
                  "the value holds control characters, which the terminal would obey");
        return error_try(error, "the same command with its output in a pipe or a file");
    }
    return true;
}

bool output_write(const struct output_config *config, const struct buf *content, bool *changed,
                  struct error *error)
{
    struct file_attributes attributes;

    *changed = true;
    if (output_is_stdout(config))
        return output_fits_terminal(content, error) &&
               term_write(STDOUT_FILENO, buf_text(content), content->length, error);
    return output_attributes(config, &attributes, error) &&
           file_replace(config->path, content, &attributes, changed, error);
}

#define NAMES_SHOWN 10

/* "A, B, C": those that are not known. To end with mem_free(). */
static char *other_names(const struct pairs *pairs, const char *names)
{
    struct buf others = BUF_EMPTY(BUF_MAX);
    size_t count = 0;

    for (size_t i = 0; i < pairs->count; i++) {
        const char *name = pairs->items[i].name;
        char *printable = NULL;

        if (names_is_known(names, name) || ++count > NAMES_SHOWN)
            continue;
        printable = text_printable(name, strlen(name));
        buf_add_format(&others, "%s%s", count > 1 ? ", " : "", printable);
        mem_free(printable);
    }
    if (count > NAMES_SHOWN)
        buf_add_text(&others, ", …");
    return buf_take(&others);
}

static bool refuse_loss(const char *path, const char *what, const char *others, struct error *error)
{
    error_set(error, ERROR_OUTPUT, "%s: refused, because it %s%s, which would be lost", path, what,
              others);
    return error_try(error, "-o with the name of another file, or --replace");
}

bool output_holds_only(const char *path, const char *names, struct error *error)
{
    struct buf content = BUF_EMPTY(BUF_MAX);
    struct pairs pairs = {0};
    struct sets sets = {0};
    char *others = NULL;
    bool done = true;

    if (!file_exists(path))
        return true;
    if (!file_read_any(path, &content, error)) {
        error->kind = ERROR_OUTPUT;
        return false;
    }
    if (content.length > 0) {
        done = sets_read(names, false, &sets, error) &&
               format_decode(path, buf_text(&content), content.length, &sets, &pairs, error);
        others = other_names(&pairs, names);
        if (done && *others != '\0')
            done = refuse_loss(path, "holds other names than ours: ", others, error);
        else if (done && pairs.foreign)
            done = refuse_loss(path, "holds more than names and values", "", error);
        else if (!done)
            refuse_loss(path, "is no credential file, and holds other things", "", error);
    }
    mem_free(others);
    sets_clear(&sets);
    pairs_clear(&pairs);
    buf_free(&content);
    return done;
}

bool output_differs(const char *path, const struct buf *content, bool *differs, struct error *error)
{
    struct buf found = BUF_EMPTY(BUF_MAX);
    bool done = true;

    *differs = true;
    if (!file_exists(path))
        return true;
    done = file_read(path, &found, NULL, error);
    if (done)
        *differs = found.length != content->length ||
                   memcmp(buf_text(&found), buf_text(content), found.length) != 0;
    buf_free(&found);
    return done;
}

/* Somebody else's line that nobody ended would run into ours. */
static bool ends_inside_line(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char last = '\n';
    bool inside =
        fd >= 0 && lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) == 1 && last != '\n';

    if (fd >= 0)
        close(fd);
    return inside;
}

bool output_append(const char *path, const struct buf *content, struct error *error)
{
    struct buf whole = BUF_EMPTY(BUF_MAX);
    bool done = false;

    if (ends_inside_line(path))
        buf_add_text(&whole, "\n");
    buf_add(&whole, buf_text(content), content->length);
    done = file_append(path, &whole, error);
    buf_free(&whole);
    return done;
}
