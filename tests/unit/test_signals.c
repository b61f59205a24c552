/* SPDX-License-Identifier: MIT */
#include "base/signals.h"

#include "child.h"

Suite *signals_suite(void);

struct waiting {
    int signal;
    bool ignored;
    bool ends;
};

static const struct waiting cases[] = {
    {SIGHUP, false, true},    {SIGTERM, false, true},  {SIGALRM, false, true},
    {SIGUSR1, false, true},   {SIGUSR2, false, true},  {SIGXCPU, false, true},
    {SIGVTALRM, false, true}, {SIGPROF, false, true},  {SIGIO, false, true},
    {SIGHUP, true, false},    {SIGUSR1, true, false},  {SIGCHLD, false, false},
    {SIGWINCH, false, false}, {SIGURG, false, false},  {SIGCONT, false, false},
    {SIGTSTP, false, false},  {SIGXFSZ, false, false},
};

/* What is said of a waiting signal is what the release then does. */
static void meet(void *context)
{
    const struct waiting *waiting = context;
    sigset_t before;

    signal(waiting->signal, waiting->ignored ? SIG_IGN : SIG_DFL);
    signals_hold(&before);
    if (signals_ending())
        _exit(1);
    kill(getpid(), waiting->signal);
    if (signals_ending() != waiting->ends)
        _exit(2);
    if (waiting->signal != SIGTSTP) /* nobody is there to continue it */
        signals_release(&before);
}

START_TEST(test_waiting)
{
    const struct waiting *waiting = &cases[_i];
    int status = in_child(meet, (void *)waiting);

    if (waiting->ends)
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == waiting->signal);
    else
        ck_assert(exited(status, 0));
}
END_TEST

Suite *signals_suite(void)
{
    Suite *suite = suite_create("signals");
    TCase *tests = tcase_create("signals");

    tcase_add_loop_test(tests, test_waiting, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
