/* SPDX-License-Identifier: MIT */
#include "base/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/owner.h"
#include "base/signals.h"
#include "base/text.h"

#define FILE_TEMPORARY_SIZE 64

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

/* errno as ERROR_OUTPUT; returns false. */
static bool file_failed(const char *path, struct error *error)
{
    return error_set(error, ERROR_OUTPUT, "%s: %s", path, strerror(errno));
}

/* What would be written to is no ordinary file: say what it is. */
static bool refuse_place(const char *path, mode_t mode, struct error *error)
{
    const char *what = "a device; write to standard output and redirect that";

    if (S_ISLNK(mode))
        what = "a symbolic link; name the file itself";
    else if (S_ISDIR(mode))
        what = "a directory; name a file in it";
    else if (S_ISFIFO(mode))
        what = "a FIFO; write to standard output and redirect that";
    else if (S_ISSOCK(mode))
        what = "a socket; name an ordinary file";
    return error_set(error, ERROR_OUTPUT, "%s: refused, because it is %s", path, what);
}

static bool private_enough(const struct file_work *work, struct error *error)
{
    mode_t mode = work->above.st_mode;
    char *quoted = NULL;

    if (work->above.st_uid != geteuid() && work->above.st_uid != 0 &&
        !owner_began_us(work->above.st_uid)) {
        char *name = owner_name(work->above.st_uid);

        error_set(error, ERROR_OUTPUT,
                  "%s: refused, because its directory %s belongs to another user (%lu)", work->path,
                  work->folder, (unsigned long)work->above.st_uid);
        error_try(error, "run as that user (sudo -u %s pritunl-access ...), or name another place",
                  name);
        mem_free(name);
        return false;
    }
    if ((mode & S_ISVTX) == 0 &&
        ((mode & S_IWOTH) != 0 ||
         ((mode & S_IWGRP) != 0 && !owner_is_alone(work->directory, &work->above)))) {
        quoted = text_shell(work->folder);
        error_set(error, ERROR_OUTPUT, "%s: refused, because %s may write to its directory %s",
                  work->path, (mode & S_IWOTH) != 0 ? "everybody" : "a group", work->folder);
        error_try(error, "chmod go-w %s", quoted);
        mem_free(quoted);
        return false;
    }
    return true;
}

static bool open_directory(struct file_work *work, struct error *error)
{
    const char *slash = strrchr(work->path, '/');

    work->name = slash != NULL ? slash + 1 : work->path;
    if (slash == NULL)
        work->folder = mem_text(".");
    else
        work->folder = mem_copy(work->path, slash == work->path ? 1 : (size_t)(slash - work->path));
    if (text_equal(work->name, "") || text_equal(work->name, ".") || text_equal(work->name, "..")) {
        return work->path[0] == '\0' ? error_set(error, ERROR_OUTPUT, "no file is named")
                                     : refuse_place(work->path, S_IFDIR, error);
    }
    work->directory = open(work->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (work->directory < 0 || fstat(work->directory, &work->above) != 0) {
        int why = errno;

        file_failed(work->folder, error);
        if (why == ENOENT) {
            char *quoted = text_shell(work->folder);

            error_try(error, "mkdir -p %s", quoted);
            mem_free(quoted);
        }
        return false;
    }
    return private_enough(work, error);
}

/* The directory, and that a file may be put there. */
static bool file_work_begin(struct file_work *work, bool *exists, struct error *error)
{
    struct stat target = {0};

    if (!open_directory(work, error))
        return false;
    *exists = fstatat(work->directory, work->name, &target, AT_SYMLINK_NOFOLLOW) == 0;
    if (*exists && !S_ISREG(target.st_mode))
        return refuse_place(work->path, target.st_mode, error);
    return *exists || errno == ENOENT || file_failed(work->path, error);
}

static void file_work_end(struct file_work *work)
{
    if (work->directory >= 0)
        close(work->directory);
    mem_free(work->folder);
}

bool file_parent(const char *path, int *directory, const char **name, struct error *error)
{
    struct file_work work = {.path = path, .directory = -1};
    bool done = open_directory(&work, error);

    *directory = done ? work.directory : -1;
    *name = work.name;
    if (done)
        work.directory = -1;
    file_work_end(&work);
    return done;
}

/* How many bytes were written; less than all with errno. */
static size_t file_write(int fd, const char *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t written = write(fd, bytes + done, length - done);

        if (written < 0 && errno != EINTR)
            break;
        done += written > 0 ? (size_t)written : 0;
    }
    return done;
}

/* A random one; false with errno. */
static bool file_name_temporary(char temporary[FILE_TEMPORARY_SIZE])
{
    uint64_t number[2] = {0};

    if (getrandom(number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return false;
    snprintf(temporary, FILE_TEMPORARY_SIZE, ".pritunl-access-%016llx%016llx",
             (unsigned long long)number[0], (unsigned long long)number[1]);
    return true;
}

/*
 * A file that no directory names (or, where the file system cannot do that, none from its first
 * moment on).
 */
static int open_nameless(const struct file_work *work)
{
    int fd = openat(work->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char temporary[FILE_TEMPORARY_SIZE] = "";
    sigset_t before;

    if (fd >= 0 || !file_name_temporary(temporary))
        return fd;
    signals_hold(&before);
    fd = openat(work->directory, temporary,
                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd >= 0)
        unlinkat(work->directory, temporary, 0);
    signals_release(&before);
    return fd;
}

bool file_beside(const char *path, int *fd, struct error *error)
{
    struct file_work work = {.path = path, .directory = -1, .source = -1};
    bool exists = false;

    *fd = -1;
    if (file_work_begin(&work, &exists, error)) {
        *fd = open_nameless(&work);
        if (*fd < 0)
            file_failed(path, error);
    }
    file_work_end(&work);
    return *fd >= 0;
}

/* What a full disk let through is taken back, unless somebody else has appended since. */
static bool append_bytes(int fd, const struct buf *content)
{
    struct stat info = {0};
    size_t done = file_write(fd, buf_text(content), content->length);
    off_t end = 0;
    int why = errno;

    if (done == content->length)
        return fsync(fd) == 0 || errno == EINVAL;
    end = lseek(fd, 0, SEEK_CUR);
    if (done > 0 && fstat(fd, &info) == 0 && info.st_size == end &&
        ftruncate(fd, end - (off_t)done) == 0)
        fsync(fd);
    errno = why;
    return false;
}

bool file_append(const char *path, const struct buf *content, struct error *error)
{
    int fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    struct stat info = {0};
    sigset_t before;
    bool done = false;

    if (fd < 0) {
        return lstat(path, &info) == 0 && !S_ISREG(info.st_mode)
                   ? refuse_place(path, info.st_mode, error)
                   : file_failed(path, error);
    }
    if (fstat(fd, &info) != 0) {
        file_failed(path, error);
        goto out;
    }
    if (!S_ISREG(info.st_mode)) {
        refuse_place(path, info.st_mode, error);
        goto out;
    }
    signals_hold(&before);
    done = append_bytes(fd, content);
    signals_release(&before);
    if (!done)
        file_failed(path, error);
out:
    if (close(fd) != 0 && done)
        done = file_failed(path, error);
    return done;
}

#define CHUNK ((size_t)64 * 1024)

/*
 * The next piece of the content, at most CHUNK bytes; chunk is room for as many. NULL where it
 * cannot be read.
 */
static const char *piece_at(const struct file_work *work, size_t at, char *chunk, size_t *length)
{
    size_t left = work->length - at;
    ssize_t got = 0;

    *length = left < CHUNK ? left : CHUNK;
    if (work->content != NULL)
        return work->content->data + at;
    do
        got = pread(work->source, chunk, *length, (off_t)at);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        errno = got == 0 ? EIO : errno;
        return NULL;
    }
    *length = (size_t)got;
    return chunk;
}

static bool reads(int fd, const char *piece, size_t length, char *chunk)
{
    size_t at = 0;
    ssize_t got = 1;

    while (at < length && (got > 0 || (got < 0 && errno == EINTR))) {
        got = read(fd, chunk + at, length - at);
        at += got > 0 ? (size_t)got : 0;
    }
    return at == length && memcmp(chunk, piece, length) == 0;
}

/* Does fd, whose size is right, hold the content? */
static bool same_bytes(int fd, const struct file_work *work)
{
    char *chunks = mem_alloc(2 * CHUNK);
    size_t length = 0;
    bool same = true;

    for (size_t at = 0; same && at < work->length; at += length) {
        const char *piece = piece_at(work, at, chunks, &length);

        same = piece != NULL && reads(fd, piece, length, chunks + CHUNK);
    }
    same = same && read(fd, chunks, 1) == 0;
    mem_free(chunks);
    return same;
}

/* Is what is there already exactly what was asked for? */
static bool is_current(const struct file_work *work)
{
    const struct file_attributes *want = work->attributes;
    uid_t owner = want->owner != FILE_OWNER_UNCHANGED ? want->owner : geteuid();
    /* In a set-group-ID directory a new file gets the directory's group. */
    gid_t ours = (work->above.st_mode & S_ISGID) != 0 ? work->above.st_gid : getegid();
    gid_t group = want->group != FILE_GROUP_UNCHANGED ? want->group : ours;
    int fd = openat(work->directory, work->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info = {0};
    bool current = false;

    if (fd < 0)
        return false;
    current = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == owner &&
              info.st_gid == group && (info.st_mode & 07777) == (want->mode & 07777) &&
              info.st_size == (off_t)work->length && same_bytes(fd, work);
    close(fd);
    return current;
}

static bool write_content(const struct file_work *work, int fd)
{
    char *chunk = NULL;
    size_t length = 0;
    bool done = true;

    if (work->content != NULL)
        return file_write(fd, buf_text(work->content), work->length) == work->length;
    chunk = mem_alloc(CHUNK);
    for (size_t at = 0; done && at < work->length; at += length) {
        const char *piece = piece_at(work, at, chunk, &length);

        done = piece != NULL && file_write(fd, piece, length) == length;
    }
    mem_free(chunk);
    return done;
}

static bool fill_temporary(const struct file_work *work, int fd, struct error *error)
{
    const struct file_attributes *want = work->attributes;

    if (want->owner != FILE_OWNER_UNCHANGED && fchown(fd, want->owner, (gid_t)-1) != 0) {
        return error_set(error, ERROR_OUTPUT, "%s: cannot be given to user %lu: %s", work->path,
                         (unsigned long)want->owner, strerror(errno));
    }
    if (want->group != FILE_GROUP_UNCHANGED && fchown(fd, (uid_t)-1, want->group) != 0) {
        return error_set(error, ERROR_OUTPUT, "%s: cannot be given to group %lu: %s", work->path,
                         (unsigned long)want->group, strerror(errno));
    }
    /* Behind fchown, which clears the set-ID bits. */
    if (fchmod(fd, want->mode & 07777) != 0 || !write_content(work, fd) || fsync(fd) != 0)
        return file_failed(work->path, error);
    return true;
}

enum attempt { ATTEMPT_DONE, ATTEMPT_FAILED, ATTEMPT_NOT_HERE };

/*
 * Without a name until it is complete (O_TMPFILE), so that even SIGKILL leaves nothing behind, but
 * for the moment between linkat and renameat. Not every file system can do that: ATTEMPT_NOT_HERE
 * asks for a file that has its name from the start.
 */
static enum attempt attempt_place(const struct file_work *work, const char *temporary, bool unnamed,
                                  struct error *error)
{
    enum attempt result = ATTEMPT_FAILED;
    bool named = false;
    char source[sizeof("/proc/self/fd/") + 3 * sizeof(int)] = "";
    int fd = unnamed
                 ? openat(work->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)
                 : openat(work->directory, temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0) {
        if (unnamed)
            return ATTEMPT_NOT_HERE;
        file_failed(work->path, error);
        return ATTEMPT_FAILED;
    }
    named = !unnamed;
    if (!fill_temporary(work, fd, error))
        goto out;
    if (unnamed) {
        snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
        named = linkat(AT_FDCWD, source, work->directory, temporary, AT_SYMLINK_FOLLOW) == 0;
        if (!named) {
            result = ATTEMPT_NOT_HERE;
            goto out;
        }
    }
    if (close(fd) != 0) {
        fd = -1;
        file_failed(work->path, error);
        goto out;
    }
    fd = -1;
    /* A signal may have come meanwhile: then what is there stays. */
    if (signals_ending()) {
        errno = EINTR;
    } else if (renameat(work->directory, temporary, work->directory, work->name) == 0) {
        named = false;
        result = ATTEMPT_DONE;
    }
    if (result != ATTEMPT_DONE)
        file_failed(work->path, error);
out:
    if (fd >= 0)
        close(fd);
    if (named)
        unlinkat(work->directory, temporary, 0);
    return result;
}

static bool put_file(const struct file_work *work, struct error *error)
{
    char temporary[FILE_TEMPORARY_SIZE] = "";
    enum attempt result = ATTEMPT_FAILED;

    if (!file_name_temporary(temporary))
        return file_failed(work->path, error);
    result = attempt_place(work, temporary, true, error);
    if (result == ATTEMPT_NOT_HERE)
        result = attempt_place(work, temporary, false, error);
    return result == ATTEMPT_DONE;
}

static bool replace_file(struct file_work *work, bool *changed, struct error *error)
{
    sigset_t before;
    bool exists = false;
    bool done = false;

    *changed = false;
    if (!file_work_begin(work, &exists, error))
        goto out;
    if (exists && is_current(work)) {
        done = true;
        goto out;
    }
    /* From before the temporary file exists until it is gone: no signal leaves it behind. */
    signals_hold(&before);
    done = put_file(work, error);
    signals_release(&before);
    if (!done)
        goto out;
    *changed = true;
    /* EINVAL: this file system knows no such thing for directories. */
    if (fsync(work->directory) != 0 && errno != EINVAL) {
        done = error_set(error, ERROR_OUTPUT, "%s: replaced, but perhaps not for good: %s",
                         work->path, strerror(errno));
    }
out:
    file_work_end(work);
    return done;
}

bool file_replace(const char *path, const struct buf *content,
                  const struct file_attributes *attributes, bool *changed, struct error *error)
{
    struct file_work work = {.path = path,
                             .directory = -1,
                             .content = content,
                             .source = -1,
                             .length = content->length,
                             .attributes = attributes};

    return replace_file(&work, changed, error);
}

bool file_replace_from(const char *path, int source, size_t length,
                       const struct file_attributes *attributes, bool *changed, struct error *error)
{
    struct file_work work = {.path = path,
                             .directory = -1,
                             .source = source,
                             .length = length,
                             .attributes = attributes};

    return replace_file(&work, changed, error);
}
