/* SPDX-License-Identifier: MIT */
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_replace.h"
#include "base/mem.h"
#include "base/signals.h"
#include "base/text.h"

#define DIRECTORY_MODE 0700
#define FILE_MODE 0400
#define TRIES 16 /* as many as others may be at it */

static bool directory_failed(const char *path, struct error *error)
{
    return error_set(error, ERROR_OUTPUT, "%s: %s", path, strerror(errno));
}

/* 1: a directory; 0: nothing; -1: something else, or no way to tell. */
static int look_at_entry(int parent, const char *name, const char *path, struct error *error)
{
    struct stat info = {0};

    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return 0;
        directory_failed(path, error);
        return -1;
    }
    if (S_ISDIR(info.st_mode))
        return 1;
    error_set(error, ERROR_OUTPUT, "%s: refused, because it is there and no directory", path);
    return -1;
}

static int open_at(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Call visit for each entry, until it says no. */
static bool each_entry(int directory, bool (*visit)(void *context, int at, const char *name),
                       void *context)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry = NULL;
    bool done = entries != NULL;

    if (entries == NULL && copy >= 0)
        close(copy);
    while (done && (errno = 0, entry = readdir(entries)) != NULL)
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            done = visit(context, directory, entry->d_name);
    if (entries != NULL)
        closedir(entries);
    return done;
}

static const struct directory_file *find_entry(const struct directory_content *content,
                                               const char *name)
{
    for (size_t i = 0; i < content->count; i++)
        if (text_equal(content->files[i].name, name))
            return &content->files[i];
    return NULL;
}

struct scan {
    const struct directory_content *content;
    size_t same;
    bool differs;
    char *foreign; /* the first that is not ours */
};

static bool holds(int at, const struct directory_file *file)
{
    int fd = openat(at, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *bytes = mem_alloc(file->length + 1);
    size_t length = 0;
    ssize_t got = 1;
    bool same = false;

    while (fd >= 0 && got > 0 && length <= file->length) {
        got = read(fd, bytes + length, file->length + 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    same = fd >= 0 && got == 0 && length == file->length && memcmp(bytes, file->bytes, length) == 0;
    if (fd >= 0)
        close(fd);
    mem_free(bytes);
    return same;
}

static bool has_attributes(const struct stat *info, const struct directory_content *content,
                           mode_t mode)
{
    uid_t owner = content->owner != FILE_OWNER_UNCHANGED ? content->owner : geteuid();

    return info->st_uid == owner && (info->st_mode & 07777) == mode &&
           (content->group == FILE_GROUP_UNCHANGED || info->st_gid == content->group);
}

static bool compare_entry(void *context, int at, const char *name)
{
    struct scan *scan = context;
    const struct directory_file *file = find_entry(scan->content, name);
    struct stat info = {0};
    bool there = fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    bool regular = there && S_ISREG(info.st_mode);

    if (!there && errno == ENOENT) { /* somebody else is taking this directory away */
        scan->differs = true;
        return true;
    }
    if (regular && file != NULL && has_attributes(&info, scan->content, FILE_MODE) &&
        holds(at, file))
        scan->same++;
    else
        scan->differs = true;
    if (scan->foreign == NULL &&
        !(regular && (file != NULL || scan->content->ours(scan->content->context, name))))
        scan->foreign = text_printable(name, strlen(name));
    return true;
}

/*
 * Compare what is there; whether anything in it is not ours is in scan->foreign, which is to be
 * freed.
 */
static bool compare_directory(int directory, const char *path, struct scan *scan,
                              struct error *error)
{
    struct stat info = {0};

    if (fstat(directory, &info) != 0 || !each_entry(directory, compare_entry, scan))
        return directory_failed(path, error);
    scan->differs = scan->differs || scan->same != scan->content->count ||
                    !has_attributes(&info, scan->content, DIRECTORY_MODE);
    return true;
}

static bool refuse_foreign(const char *path, const struct scan *scan, struct error *error)
{
    return scan->foreign == NULL ||
           error_set(error, ERROR_OUTPUT,
                     "%s: refused, because it holds %s, which is no credential of ours", path,
                     scan->foreign);
}

static bool remove_entry(void *context, int at, const char *name)
{
    (void)context;
    return unlinkat(at, name, 0) == 0;
}

static bool remove_at(int parent, const char *name)
{
    int directory = open_at(parent, name);
    bool done = directory >= 0 && each_entry(directory, remove_entry, NULL);

    if (directory >= 0)
        close(directory);
    return done && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static bool own(int fd, const struct directory_content *content, mode_t mode)
{
    bool changes = content->owner != FILE_OWNER_UNCHANGED || content->group != FILE_GROUP_UNCHANGED;

    return (!changes || fchown(fd, content->owner, content->group) == 0) && fchmod(fd, mode) == 0;
}

static bool write_file(int directory, const struct directory_file *file,
                       const struct directory_content *content)
{
    int fd = openat(directory, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    FILE_MODE);
    size_t done = 0;
    bool good = fd >= 0 && own(fd, content, FILE_MODE);

    while (good && done < file->length) {
        ssize_t written = write(fd, file->bytes + done, file->length - done);

        good = written > 0 || (written < 0 && errno == EINTR);
        done += written > 0 ? (size_t)written : 0;
    }
    good = good && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        good = false;
    return good;
}

static bool fill_directory(int parent, const char *temporary,
                           const struct directory_content *content)
{
    int directory = open_at(parent, temporary);
    bool good = directory >= 0;

    for (size_t i = 0; good && i < content->count; i++)
        good = write_file(directory, &content->files[i], content);
    /* Last, because another owner's directory could not be filled. */
    good = good && own(directory, content, DIRECTORY_MODE) && fsync(directory) == 0;
    if (directory >= 0)
        close(directory);
    return good;
}

struct place {
    int parent;
    const char *name;
    const char *path;
};

/* *raced: somebody else made, or took, the directory since it was looked for. */
static bool put_entry(const struct place *place, bool exists,
                      const struct directory_content *content, bool *raced, struct error *error)
{
    uint64_t number[2] = {0};
    char temporary[64] = "";
    bool done = false;

    if (getrandom(number, sizeof number, 0) != (ssize_t)sizeof number)
        return directory_failed(place->path, error);
    snprintf(temporary, sizeof temporary, ".pritunl-access-%016llx%016llx",
             (unsigned long long)number[0], (unsigned long long)number[1]);
    if (mkdirat(place->parent, temporary, DIRECTORY_MODE) != 0)
        return directory_failed(place->path, error);
    if (fill_directory(place->parent, temporary, content) && !signals_ending()) {
        done = renameat2(place->parent, temporary, place->parent, place->name,
                         exists ? RENAME_EXCHANGE : RENAME_NOREPLACE) == 0;
        *raced = !done && errno == (exists ? ENOENT : EEXIST);
    }
    if (!done)
        directory_failed(place->path, error);
    /* The new one where it failed, the old one where it was exchanged. */
    if ((!done || exists) && !remove_at(place->parent, temporary) && done)
        done = error_set(error, ERROR_OUTPUT, "%s: exchanged, but the old one is left as %s: %s",
                         place->path, temporary, strerror(errno));
    return done;
}

/* "DIR/" names the directory too. */
static char *without_slash(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return mem_copy(path, length);
}

/* One try; *again where somebody else made or took the directory between the look and the move. */
static bool replace_once(const struct place *place, const struct directory_content *content,
                         bool *changed, bool *again, struct error *error)
{
    struct scan scan = {.content = content};
    int there = look_at_entry(place->parent, place->name, place->path, error);
    int old = there > 0 ? open_at(place->parent, place->name) : -1;
    sigset_t before;
    bool done = false;

    *again = false;
    if (there < 0)
        goto out;
    if (there > 0) {
        if (old < 0) {
            *again = errno == ENOENT;
            directory_failed(place->path, error);
            goto out;
        }
        if (!compare_directory(old, place->path, &scan, error))
            goto out;
        done = !scan.differs;
        if (done || !refuse_foreign(place->path, &scan, error))
            goto out;
    }
    signals_hold(&before);
    done = put_entry(place, there > 0, content, again, error);
    signals_release(&before);
    *changed = done;
out:
    if (old >= 0)
        close(old);
    mem_free(scan.foreign);
    return done;
}

bool directory_replace(const char *path, const struct directory_content *content, bool *changed,
                       struct error *error)
{
    char *plain = without_slash(path);
    struct place place = {.parent = -1, .path = plain};
    bool again = true;
    bool done = false;

    *changed = false;
    if (file_parent(plain, &place.parent, &place.name, error)) {
        for (int i = 0; i < TRIES && again; i++)
            done = replace_once(&place, content, changed, &again, error);
        if (*changed && fsync(place.parent) != 0 && errno != EINVAL)
            done = directory_failed(plain, error);
    }
    if (place.parent >= 0)
        close(place.parent);
    mem_free(plain);
    return done;
}

/*
 * What its file system cannot synchronise (EINVAL), or we may enter but not read, is left to the
 * system.
 */
static bool synchronise(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = directory >= 0 ? fsync(directory) == 0 || errno == EINVAL : errno == EACCES;
    int why = errno;

    if (directory >= 0)
        close(directory);
    errno = why;
    return done;
}

/* What path names up to end. */
static bool make_one(char *path, char *end)
{
    char kept = *end;
    char *slash = NULL;
    bool done = false;

    *end = '\0';
    done = mkdir(path, DIRECTORY_MODE) == 0;
    if (done) {
        slash = strrchr(path, '/');
        if (slash == NULL) {
            done = synchronise(".");
        } else {
            *slash = '\0';
            done = synchronise(slash == path ? "/" : path);
            *slash = '/';
        }
    } else {
        done = errno == EEXIST;
    }
    *end = kept;
    return done;
}

bool directory_make(const char *path, struct error *error)
{
    char *copy = without_slash(path);
    char *end = copy;
    bool done = true;

    while (done && *end != '\0') {
        end += 1 + strcspn(end + 1, "/");
        done = make_one(copy, end);
    }
    if (!done)
        directory_failed(path, error);
    mem_free(copy);
    return done;
}

bool directory_differs(const char *path, const struct directory_content *content, bool *differs,
                       struct error *error)
{
    struct scan scan = {.content = content};
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = true;

    *differs = true;
    if (directory >= 0) {
        done = compare_directory(directory, path, &scan, error);
        *differs = scan.differs;
        close(directory);
    } else if (errno != ENOENT) {
        done = directory_failed(path, error);
    }
    mem_free(scan.foreign);
    return done;
}

static bool check_and(bool removes, const char *path, const struct directory_content *content,
                      struct error *error)
{
    struct scan scan = {.content = content};
    char *plain = without_slash(path);
    const char *name = NULL;
    int parent = -1;
    int directory = -1;
    bool done = file_parent(plain, &parent, &name, error);

    if (done) {
        directory = open_at(parent, name);
        done = (directory >= 0 || directory_failed(plain, error)) &&
               compare_directory(directory, plain, &scan, error) &&
               refuse_foreign(plain, &scan, error) &&
               (!removes || remove_at(parent, name) || directory_failed(plain, error));
    }
    if (directory >= 0)
        close(directory);
    if (parent >= 0)
        close(parent);
    mem_free(scan.foreign);
    mem_free(plain);
    return done;
}

bool directory_check(const char *path, const struct directory_content *content, struct error *error)
{
    return check_and(false, path, content, error);
}

bool directory_remove(const char *path, const struct directory_content *content,
                      struct error *error)
{
    return check_and(true, path, content, error);
}
