/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - the same work for many, side by side.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * parallel_run(count, jobs, work, context)
 *
 * Call work(context, index) once for each index below count, in at most jobs threads, and return
 * when all are done. Where no thread can be had, the calling one does what is left.
 */
void parallel_run(size_t count, size_t jobs, void (*work)(void *context, size_t index),
                  void *context);

/*
 * parallel_run_growing(count, jobs, most, work, context)
 *
 * The same for work that waits for others, of whom some may be far away, or never answer: it begins
 * with jobs threads, which double, up to most, while that gets more done in a second, or where
 * hardly anything is done. Where all wait for one who is busy it stays at few.
 */
void parallel_run_growing(size_t count, size_t jobs, size_t most,
                          void (*work)(void *context, size_t index), void *context);

/*
 * thread_begin(thread, run, context)
 *
 * Start a thread in which all signals but a crash's are blocked: whoever holds them back for a
 * moment (signals.h) must be the only one they can reach. False where no thread can be had.
 */
bool thread_begin(pthread_t *thread, void *(*run)(void *), void *context);

/*
 * thread_bounded(run, context, until_ms, computed_ms)
 *
 * Call run(context) in a thread of its own and wait for its end, until clock_monotonic_ms() is
 * until_ms. False where it goes on then: it and context are left alone for as long as the process
 * lives, and *computed_ms is how long it has kept a processor busy. Its stack is wiped at its end.
 * Where no thread can be had run is called here, without a bound.
 */
bool thread_bounded(void (*run)(void *context), void *context, int64_t until_ms,
                    int64_t *computed_ms);

/* thread_condition(condition): a new one, whose waits end by clock_monotonic_ms(). */
void thread_condition(pthread_cond_t *condition);

#endif
