/* SPDX-License-Identifier: MIT */
/* What make fuzz found worth keeping, read once more. */
#include <check.h>

#include "corpus.h"

Suite *corpora_suite(void);

static void read_whole(const struct fuzz_target *target, const char *bytes, size_t length)
{
    target->read(bytes, length);
}

START_TEST(test_corpus)
{
    fuzz_begin();
    ck_assert_int_gt(corpus_each(&fuzz_targets[_i], "", read_whole), 0);
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
