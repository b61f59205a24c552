/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/mem.h"

bool thread_begin(pthread_t *thread, void *(*run)(void *), void *context)
{
    sigset_t all;
    sigset_t before;
    bool begun = false;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    begun = pthread_create(thread, NULL, run, context) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return begun;
}

struct crew {
    atomic_size_t next;
    size_t count;
    void (*work)(void *context, size_t index);
    void *context;
};

static void *labour(void *argument)
{
    struct crew *crew = argument;
    size_t index = 0;

    while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count)
        crew->work(crew->context, index);
    return NULL;
}

void parallel_run(size_t count, size_t jobs, void (*work)(void *context, size_t index),
                  void *context)
{
    struct crew crew = {.count = count, .work = work, .context = context};
    size_t wanted = jobs < count ? jobs : count;
    pthread_t *threads = mem_zero(wanted + 1, sizeof *threads);
    size_t started = 0;

    while (started + 1 < wanted && thread_begin(&threads[started], labour, &crew))
        started++;
    labour(&crew);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    mem_free(threads);
}
