/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/thread.h"

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
