/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/owner.h"
#include "base/term.h"
#include "base/text.h"

#define CHUNK ((size_t)64 * 1024)

static int64_t patience_ms = 60000;

void file_wait_at_most(int64_t ms)
{
    patience_ms = ms;
}

const char *file_variable(const char *name)
{
    static const char *said = "";
    const char *path = getenv(name);

    if (path == NULL || path[0] == '\0' || path[0] == '/')
        return path != NULL && path[0] == '/' ? path : NULL;
    if (!text_equal(said, name)) /* asked for more than once */
        term_warn("%s is ignored, because it is no absolute path: %s", name, path);
    said = name;
    return NULL;
}

char *file_expand(const char *path)
{
    const char *home = text_starts(path, "~/") ? file_variable("HOME") : NULL;

    return home != NULL ? text_format("%s%s", home, path + 1) : mem_text(path);
}

bool file_exists(const char *path)
{
    struct stat info = {0};

    return stat(path, &info) == 0;
}

/* Somebody else's: how it becomes ours, and how we become that user. */
static bool try_owner(const char *path, uid_t owner, struct error *error)
{
    char *quoted = text_shell(path);
    char *name = owner_name(owner);
    char *me = owner_name(geteuid());

    error_try(error, "%schown %s %s, or run as that user: sudo -u %s pritunl-access ...",
              geteuid() == 0 ? "" : "sudo ", me, quoted, name);
    mem_free(me);
    mem_free(name);
    mem_free(quoted);
    return false;
}

/* Whose files are believed. */
enum belief { BELIEVE_OURS, BELIEVE_CALLERS, BELIEVE_ANY };

static bool trusted(int fd, const char *path, const struct stat *info, enum belief belief,
                    struct error *error)
{
    char *quoted = NULL;

    if (info->st_uid != geteuid() && info->st_uid != 0 &&
        (belief == BELIEVE_OURS || !owner_began_us(info->st_uid))) {
        error_set(error, ERROR_USAGE, "%s: refused, because it belongs to another user (%lu)", path,
                  (unsigned long)info->st_uid);
        return try_owner(path, info->st_uid, error);
    }
    if ((info->st_mode & S_IWOTH) != 0 ||
        ((info->st_mode & S_IWGRP) != 0 && !owner_is_alone(fd, info))) {
        quoted = text_shell(path);
        error_set(error, ERROR_USAGE, "%s: refused, because %s may write to it", path,
                  (info->st_mode & S_IWOTH) != 0 ? "everybody" : "its group");
        error_try(error, "chmod go-w %s", quoted);
        mem_free(quoted);
        return false;
    }
    return true;
}

/* errno of opening it. */
static bool cannot_open(const char *path, const char *name, struct error *error)
{
    int why = errno;
    struct stat info = {0};

    error_set(error, ERROR_USAGE, "%s: %s", name, strerror(why));
    if (why != EACCES || stat(path, &info) != 0 || info.st_uid == geteuid())
        return false;
    return info.st_uid == 0 ? error_try(error, "sudo pritunl-access ...")
                            : try_owner(path, info.st_uid, error);
}

/* In a directory that everybody may write to, anybody can put another file in its place. */
static bool is_well_kept(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? mem_text(".") : mem_copy(path, (size_t)(slash - path) + 1);
    struct stat info = {0};
    bool kept =
        stat(folder, &info) != 0 || (info.st_mode & S_IWOTH) == 0 || (info.st_mode & S_ISVTX) != 0;

    if (!kept) {
        char *quoted = text_shell(folder);

        error_set(error, ERROR_USAGE, "%s: refused, because everybody may write to its directory",
                  path);
        error_try(error, "chmod o-w %s", quoted);
        mem_free(quoted);
    }
    mem_free(folder);
    return kept;
}

/* What is read of, and until when; a pipe that nobody has opened yet has an end, too. */
struct reading {
    int fd;
    const char *name;
    bool is_pipe;
    int64_t deadline_ms;
};

/* Wait until something can be read. */
static bool wait_to_read(const struct reading *reading, struct error *error)
{
    struct pollfd ready = {.fd = reading->fd, .events = POLLIN};
    int64_t left = reading->deadline_ms - clock_monotonic_ms();

    if (!reading->is_pipe) {
        poll(&ready, 1, -1);
        return true;
    }
    if (left > 0 && poll(&ready, 1, left < INT_MAX ? (int)left : INT_MAX) != 0)
        return true;
    error_set(error, ERROR_USAGE, "%s: a pipe, and whoever writes to it was not done in time",
              reading->name);
    return error_try(error, "a larger --timeout");
}

static bool read_to_end(const struct reading *reading, struct buf *content, struct error *error)
{
    char *chunk = mem_alloc(CHUNK);
    bool waited = !reading->is_pipe; /* without a writer a pipe reads as if it were at its end */
    bool done = false;

    for (;;) {
        ssize_t got = read(reading->fd, chunk, CHUNK);

        if (got > 0 && !buf_add(content, chunk, (size_t)got)) {
            error_set(error, ERROR_USAGE, "%s: larger than %zu bytes", reading->name, content->max);
            break;
        }
        if ((got < 0 && errno == EAGAIN) || (got == 0 && content->length == 0 && !waited)) {
            waited = waited || got == 0;
            if (!wait_to_read(reading, error))
                break;
        } else if (got < 0 && errno != EINTR) {
            error_set(error, ERROR_USAGE, "%s: %s", reading->name, strerror(errno));
            break;
        } else if (got == 0) {
            done = true;
            break;
        }
    }
    mem_free(chunk);
    return done;
}

/* Of an ordinary file: may we believe it, and who else may read it? */
static bool check_regular(int fd, const char *path, const struct stat *info, enum belief belief,
                          bool *exposed, struct error *error)
{
    if (belief != BELIEVE_ANY &&
        (!trusted(fd, path, info, belief, error) || !is_well_kept(path, error)))
        return false;
    if (exposed != NULL)
        *exposed = (info->st_mode & S_IROTH) != 0 ||
                   ((info->st_mode & S_IRGRP) != 0 && !owner_is_alone(fd, info));
    return true;
}

static bool read_checked(const char *path, enum belief belief, struct buf *content, bool *exposed,
                         struct error *error)
{
    bool is_input = text_equal(path, "-");
    const char *name = is_input ? "standard input" : path;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct reading reading = {.fd = fd, .name = name};
    struct stat info = {0};
    bool done = false;

    if (exposed != NULL)
        *exposed = false;
    if (fd < 0 || fstat(fd, &info) != 0) {
        cannot_open(path, name, error);
        goto out;
    }
    if (S_ISDIR(info.st_mode)) {
        error_set(error, ERROR_USAGE, "%s: %s", name, strerror(EISDIR));
        goto out;
    }
    if (S_ISREG(info.st_mode) && !is_input &&
        !check_regular(fd, path, &info, belief, exposed, error))
        goto out;
    reading.is_pipe = S_ISFIFO(info.st_mode) && !is_input;
    reading.deadline_ms = clock_monotonic_ms() + patience_ms;
    done = read_to_end(&reading, content, error);
out:
    if (!done)
        buf_free(content);
    if (fd >= 0 && !is_input)
        close(fd);
    return done;
}

bool file_read(const char *path, struct buf *content, bool *exposed, struct error *error)
{
    return read_checked(path, BELIEVE_CALLERS, content, exposed, error);
}

bool file_read_own(const char *path, struct buf *content, bool *exposed, struct error *error)
{
    return read_checked(path, BELIEVE_OURS, content, exposed, error);
}

bool file_read_any(const char *path, struct buf *content, struct error *error)
{
    return read_checked(path, BELIEVE_ANY, content, NULL, error);
}
