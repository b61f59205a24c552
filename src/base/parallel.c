/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/signals.h"

#define STACK ((size_t)2 * 1024 * 1024) /* whatever ulimit -s says: mem_wipe_stack() counts on it */
#define LOOK_MS 1000
#define SOON_MS 250 /* as long as nothing is done at all */

bool thread_begin(pthread_t *thread, void *(*run)(void *), void *context)
{
    sigset_t before;
    pthread_attr_t attributes;
    bool begun = false;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    signals_hold(&before);
    begun = pthread_create(thread, &attributes, run, context) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return begun;
}

void thread_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct bounded {
    void (*run)(void *context);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended; /* both under the lock; whoever comes last frees */
    bool left;
};

static struct bounded *bounded_new(void (*run)(void *context), void *context)
{
    struct bounded *bounded = mem_zero(1, sizeof *bounded);

    bounded->run = run;
    bounded->context = context;
    pthread_mutex_init(&bounded->lock, NULL);
    thread_condition(&bounded->end);
    return bounded;
}

static void bounded_free(struct bounded *bounded)
{
    pthread_cond_destroy(&bounded->end);
    pthread_mutex_destroy(&bounded->lock);
    mem_free(bounded);
}

static void *run_bounded(void *argument)
{
    struct bounded *bounded = argument;
    bool left = false;

    bounded->run(bounded->context);
    mem_wipe_stack();
    pthread_mutex_lock(&bounded->lock);
    bounded->ended = true;
    left = bounded->left;
    pthread_cond_signal(&bounded->end);
    pthread_mutex_unlock(&bounded->lock);
    if (left)
        bounded_free(bounded);
    return NULL;
}

/* Whether it ended; else it is no longer ours. */
static bool wait_bounded(struct bounded *bounded, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    int waited = 0;
    bool ended = false;

    pthread_mutex_lock(&bounded->lock);
    while (!bounded->ended && waited == 0)
        waited = pthread_cond_timedwait(&bounded->end, &bounded->lock, &until);
    ended = bounded->ended;
    bounded->left = !ended;
    pthread_mutex_unlock(&bounded->lock);
    return ended;
}

static int64_t computed_by(pthread_t thread)
{
    struct timespec used = {0};
    clockid_t clock;

    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

bool thread_bounded(void (*run)(void *context), void *context, int64_t until_ms,
                    int64_t *computed_ms)
{
    struct bounded *bounded = bounded_new(run, context);
    pthread_t thread;

    if (!thread_begin(&thread, run_bounded, bounded)) {
        run(context);
    } else if (wait_bounded(bounded, until_ms)) {
        pthread_join(thread, NULL);
    } else {
        *computed_ms = computed_by(thread);
        pthread_detach(thread);
        return false;
    }
    bounded_free(bounded);
    return true;
}

struct crew {
    size_t count;
    void (*work)(void *context, size_t index);
    void *context;
    atomic_size_t next;
    atomic_size_t done;
    pthread_t *threads; /* room for most */
    size_t most;
    size_t started;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t running; /* under the lock */
};

/* How it gets on. */
struct pace {
    int64_t looked_ms;
    size_t done; /* then */
    size_t best; /* the most in LOOK_MS */
};

static void *labour(void *argument)
{
    struct crew *crew = argument;
    size_t index = 0;

    while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count) {
        crew->work(crew->context, index);
        atomic_fetch_add(&crew->done, 1);
    }
    pthread_mutex_lock(&crew->lock);
    crew->running--;
    pthread_cond_signal(&crew->ended);
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* So many more, as far as there is work, and threads are to be had; under the lock. */
static void grow(struct crew *crew, size_t more)
{
    for (; more > 0 && crew->started < crew->most && atomic_load(&crew->next) < crew->count;
         more--) {
        if (!thread_begin(&crew->threads[crew->started], labour, crew))
            return;
        crew->started++;
        crew->running++;
    }
}

/*
 * Twice as many where that may help: as long as more of them get more done, since they wait for
 * somebody far away, and where hardly anything gets done, since they wait for the dead. Returns
 * when to look again.
 */
static int64_t look_after(struct crew *crew, struct pace *pace)
{
    int64_t now_ms = clock_monotonic_ms();
    size_t done = atomic_load(&crew->done);
    size_t since = done - pace->done;

    since = since * LOOK_MS / (size_t)(now_ms - pace->looked_ms + 1);
    if (done == 0 || (pace->best > 0 && (4 * since > 5 * pace->best || 16 * since <= pace->best)))
        grow(crew, crew->started);
    pace->best = since > pace->best ? since : pace->best;
    pace->done = done;
    pace->looked_ms = now_ms;
    return now_ms + (done == 0 ? SOON_MS : LOOK_MS);
}

static void wait_for_crew(struct crew *crew)
{
    struct pace pace = {.looked_ms = clock_monotonic_ms()};
    int64_t until_ms = pace.looked_ms + SOON_MS;

    pthread_mutex_lock(&crew->lock);
    while (crew->running > 0) {
        struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

        if (pthread_cond_timedwait(&crew->ended, &crew->lock, &until) != 0)
            until_ms = look_after(crew, &pace);
    }
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->started; i++)
        pthread_join(crew->threads[i], NULL);
}

void parallel_run_growing(size_t count, size_t jobs, size_t most,
                          void (*work)(void *context, size_t index), void *context)
{
    struct crew crew = {.count = count, .work = work, .context = context};
    bool works = false;

    if (count == 0)
        return;
    crew.most = most < count ? most : count;
    jobs = jobs < crew.most ? jobs : crew.most;
    crew.threads = mem_zero(crew.most, sizeof *crew.threads);
    pthread_mutex_init(&crew.lock, NULL);
    thread_condition(&crew.ended);
    pthread_mutex_lock(&crew.lock);
    /* Where no more may come, the calling thread need not watch, and is one of them. */
    grow(&crew, jobs < crew.most ? jobs : jobs - 1);
    works = jobs == crew.most || crew.started == 0;
    crew.running += works;
    pthread_mutex_unlock(&crew.lock);
    if (works)
        labour(&crew);
    wait_for_crew(&crew);
    pthread_cond_destroy(&crew.ended);
    pthread_mutex_destroy(&crew.lock);
    mem_free(crew.threads);
}

void parallel_run(size_t count, size_t jobs, void (*work)(void *context, size_t index),
                  void *context)
{
    parallel_run_growing(count, jobs, jobs, work, context);
}
