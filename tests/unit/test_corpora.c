/* SPDX-License-Identifier: MIT */
/* What make fuzz found worth keeping, read once more. Run from the checkout's root, as make does. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../fuzz/targets.h"
#include "base/mem.h"
#include "base/text.h"

Suite *corpora_suite(void);

#define CORPUS "tests/fuzz/corpus"

static void read_file(const struct fuzz_target *target, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info = {0};
    char *bytes = NULL;

    ck_assert(fd >= 0 && fstat(fd, &info) == 0);
    bytes = mem_zero(1, (size_t)info.st_size + 1);
    ck_assert_int_eq(read(fd, bytes, (size_t)info.st_size), info.st_size);
    close(fd);
    target->read(bytes, (size_t)info.st_size);
    mem_free(bytes);
}

START_TEST(test_corpus)
{
    const struct fuzz_target *target = &fuzz_targets[_i];
    char *folder = text_format("%s/%s", CORPUS, target->name);
    DIR *files = opendir(folder);
    const struct dirent *file = NULL;
    int count = 0;

    ck_assert_msg(files != NULL, "%s", folder);
    fuzz_begin();
    while ((file = readdir(files)) != NULL) {
        char *path = text_format("%s/%s", folder, file->d_name);

        if (file->d_name[0] != '.') {
            read_file(target, path);
            count++;
        }
        mem_free(path);
    }
    closedir(files);
    ck_assert_int_gt(count, 0);
    mem_free(folder);
}
END_TEST

Suite *corpora_suite(void)
{
    Suite *suite = suite_create("corpora");
    TCase *tests = tcase_create("corpora");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_corpus, 0, (int)fuzz_target_count);
    suite_add_tcase(suite, tests);
    return suite;
}
