/* SPDX-License-Identifier: MIT */
#include "base/signals.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

/* One that cannot wait ends the process without a word where it is blocked (ending.h). */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

void signals_hold(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

/* Does it end the process at the release, unless it is ignored? SIGXFSZ is thrown away then. */
static bool ends(int number)
{
    static const int harmless[] = {SIGCHLD, SIGCONT, SIGTSTP,  SIGTTIN,
                                   SIGTTOU, SIGURG,  SIGWINCH, SIGXFSZ};

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (number == harmless[i])
            return false;
    return true;
}

bool signals_ending(void)
{
    struct sigaction action = {0};
    sigset_t waiting;

    sigpending(&waiting);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&waiting, number) == 1 && ends(number) &&
            sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            return true;
    return false;
}

void signals_release(const sigset_t *before)
{
    static const struct timespec at_once = {0};
    int why = errno;
    sigset_t limit;

    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    if (!sigismember(before, SIGXFSZ))
        sigtimedwait(&limit, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = why;
}
