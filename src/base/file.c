/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/owner.h"
#include "base/text.h"

#define CHUNK ((size_t)64 * 1024)

char *file_expand(const char *path)
{
    const char *home = getenv("HOME");

    if (text_starts(path, "~/") && home != NULL && home[0] != '\0')
        return text_format("%s%s", home, path + 1);
    return mem_text(path);
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

static bool trusted(int fd, const char *path, const struct stat *info, struct error *error)
{
    char *quoted = NULL;

    if (info->st_uid != geteuid() && info->st_uid != 0) {
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

static bool read_to_end(int fd, const char *name, struct buf *content, struct error *error)
{
    char *chunk = mem_alloc(CHUNK);
    bool done = false;
    ssize_t got = 1;

    while (got != 0) {
        got = read(fd, chunk, CHUNK);
        if (got > 0 && !buf_add(content, chunk, (size_t)got)) {
            error_set(error, ERROR_USAGE, "%s: larger than %zu bytes", name, content->max);
            goto out;
        }
        if (got < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLIN};

            poll(&ready, 1, -1);
        } else if (got < 0 && errno != EINTR) {
            error_set(error, ERROR_USAGE, "%s: %s", name, strerror(errno));
            goto out;
        }
    }
    done = true;
out:
    mem_free(chunk);
    return done;
}

static bool read_checked(const char *path, bool trusts, struct buf *content, bool *exposed,
                         struct error *error)
{
    bool is_input = text_equal(path, "-");
    const char *name = is_input ? "standard input" : path;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
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
    if (S_ISREG(info.st_mode) && !is_input) {
        if (!trusts && !trusted(fd, path, &info, error))
            goto out;
        if (exposed != NULL)
            *exposed = (info.st_mode & S_IROTH) != 0 ||
                       ((info.st_mode & S_IRGRP) != 0 && !owner_is_alone(fd, &info));
    }
    done = read_to_end(fd, name, content, error);
out:
    if (!done)
        buf_free(content);
    if (fd >= 0 && !is_input)
        close(fd);
    return done;
}

bool file_read(const char *path, struct buf *content, bool *exposed, struct error *error)
{
    return read_checked(path, false, content, exposed, error);
}

bool file_read_any(const char *path, struct buf *content, struct error *error)
{
    return read_checked(path, true, content, NULL, error);
}
