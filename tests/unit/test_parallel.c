/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <check.h>
#include <stdatomic.h>

#include "base/clock.h"

Suite *parallel_suite(void);

#define COUNT 64
#define FEW 2
#define MOST 7

struct work {
    pthread_mutex_t lock;
    pthread_cond_t more;
    size_t wait_for; /* nobody goes on before so many are at work */
    size_t at_work;
    size_t peak;
    unsigned done[COUNT];
};

static void work(void *context, size_t index)
{
    struct work *work = context;

    pthread_mutex_lock(&work->lock);
    work->at_work++;
    work->peak = work->at_work > work->peak ? work->at_work : work->peak;
    pthread_cond_broadcast(&work->more);
    while (work->peak < work->wait_for)
        pthread_cond_wait(&work->more, &work->lock);
    work->at_work--;
    work->done[index]++;
    pthread_mutex_unlock(&work->lock);
}

static struct work run(size_t count, size_t jobs, size_t most, size_t wait_for)
{
    struct work all = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER, .wait_for = wait_for};

    parallel_run_growing(count, jobs, most, work, &all);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_uint_eq(all.done[i], i < count);
    ck_assert_uint_eq(all.at_work, 0);
    return all;
}

/* Whoever waits for the dead is joined by others, up to most; where all get on nobody comes. */
START_TEST(test_grows_only_where_nothing_gets_done)
{
    ck_assert_uint_eq(run(COUNT, FEW, MOST, MOST).peak, MOST);
    ck_assert_uint_le(run(COUNT, FEW, MOST, 1).peak, FEW);
}
END_TEST

START_TEST(test_once_each)
{
    static const size_t counts[] = {0, 1, 2, 3, COUNT};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t jobs = 1; jobs < 4; jobs++) {
            size_t most = jobs < counts[i] ? jobs : counts[i];

            ck_assert_uint_le(run(counts[i], jobs, jobs, most).peak, most);
        }
}
END_TEST

static void do_once(void *context)
{
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void wait_for_word(void *context)
{
    while (atomic_load((atomic_uint *)context) == 0) {
    }
    atomic_fetch_add((atomic_uint *)context, 1);
}

/* What goes on is left alone; that it computes can be seen. */
START_TEST(test_bounded)
{
    static atomic_uint word;
    atomic_uint done = 0;
    int64_t computed_ms = -1;

    ck_assert(thread_bounded(do_once, &done, clock_monotonic_ms() + 60000, &computed_ms));
    ck_assert_uint_eq(done, 1);
    ck_assert_int_eq(computed_ms, -1);
    ck_assert(!thread_bounded(wait_for_word, &word, clock_monotonic_ms() + 50, &computed_ms));
    ck_assert_int_ge(computed_ms, 0);
    atomic_store(&word, 1);
    while (atomic_load(&word) != 2) {
    }
}
END_TEST

Suite *parallel_suite(void)
{
    Suite *suite = suite_create("parallel");
    TCase *tests = tcase_create("parallel");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_grows_only_where_nothing_gets_done);
    tcase_add_test(tests, test_once_each);
    tcase_add_test(tests, test_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}
