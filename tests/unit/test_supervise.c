/* SPDX-License-Identifier: MIT */
#include "base/run.h"

#include "base/process.h"
#include "base/signals.h"
#include "child.h"

Suite *supervise_suite(void);

struct job {
    const char *script; /* for sh -c; NULL: a program that is not there */
    int signal;         /* waits when it begins; 0: none */
    bool ran;
    int status;
};

static void run(void *context)
{
    const struct job *job = context;
    char *const shell[] = {"/bin/sh", "-c", (char *)job->script, NULL};
    char *const nothing[] = {"/no/such/program", NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    struct error error = {0};
    sigset_t before;
    int status = -1;
    bool ran = false;

    process_begin();
    signals_hold(&before);
    if (job->signal != 0)
        kill(getpid(), job->signal);
    ran = supervise(&(struct supervised){.argv = job->script != NULL ? shell : nothing,
                                         .environment = environment},
                    &status, &error);
    if (ran != job->ran || status != job->status || (!ran && error.kind != ERROR_OUTPUT))
        _exit(1);
}

static const struct job jobs[] = {
    {"exit 0", 0, true, 0},
    {"exit 37", 0, true, 37},
    {"kill -KILL $$", 0, true, 128 + SIGKILL},
    {"kill -TERM $$", 0, true, 128 + SIGTERM},
    {NULL, 0, false, 127},
    {"exec sleep 60", SIGTERM, true, 128 + SIGTERM},
    {"exec sleep 60", SIGHUP, true, 128 + SIGHUP},
    {"exec sleep 60", SIGUSR1, true, 128 + SIGUSR1},
    /* The program has the signals as they were before they were held. */
    {"trap 'exit 5' USR2; kill -USR2 $$; exit 6", 0, true, 5},
};

START_TEST(test_jobs)
{
    ck_assert(exited(in_child(run, (void *)&jobs[_i]), 0));
}
END_TEST

/* Who started us may have had ends of children thrown away. */
static void run_deaf(void *context)
{
    signal(SIGCHLD, SIG_IGN);
    run(context);
}

START_TEST(test_ends_that_were_ignored)
{
    ck_assert(exited(in_child(run_deaf, (void *)&jobs[1]), 0));
}
END_TEST

Suite *supervise_suite(void)
{
    Suite *suite = suite_create("supervise");
    TCase *tests = tcase_create("supervise");

    tcase_add_loop_test(tests, test_jobs, 0, sizeof(jobs) / sizeof(jobs[0]));
    tcase_add_test(tests, test_ends_that_were_ignored);
    suite_add_tcase(suite, tests);
    return suite;
}
