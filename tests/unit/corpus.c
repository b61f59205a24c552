/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define CORPUS "tests/fuzz/corpus"

static char *content(const char *path, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info = {0};
    char *bytes = NULL;

    ck_assert(fd >= 0 && fstat(fd, &info) == 0);
    bytes = mem_zero(1, (size_t)info.st_size + 1);
    ck_assert_int_eq(read(fd, bytes, (size_t)info.st_size), info.st_size);
    close(fd);
    *length = (size_t)info.st_size;
    return bytes;
}

int corpus_each(const struct fuzz_target *target, const char *begin,
                void (*each)(const struct fuzz_target *target, const char *bytes, size_t length))
{
    char *folder = text_format("%s/%s", CORPUS, target->name);
    DIR *files = opendir(folder);
    const struct dirent *file = NULL;
    int count = 0;

    ck_assert_msg(files != NULL, "%s", folder);
    while ((file = readdir(files)) != NULL) {
        char *path = text_format("%s/%s", folder, file->d_name);

        if (file->d_name[0] != '.' && text_starts(file->d_name, begin)) {
            size_t length = 0;
            char *bytes = content(path, &length);

            each(target, bytes, length);
            mem_free(bytes);
            count++;
        }
        mem_free(path);
    }
    closedir(files);
    mem_free(folder);
    return count;
}
