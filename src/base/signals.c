/* SPDX-License-Identifier: MIT */
#include "base/signals.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

void signals_hold(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

bool signals_ending(void)
{
    static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    struct sigaction action = {0};
    sigset_t waiting;

    sigpending(&waiting);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (sigismember(&waiting, endings[i]) && sigaction(endings[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN) {
            return true;
        }
    }
    return false;
}

void signals_release(const sigset_t *before)
{
    static const struct timespec at_once = {0};
    int why = errno;
    sigset_t limit;

    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    if (!sigismember(before, SIGXFSZ)) {
        sigtimedwait(&limit, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = why;
}
