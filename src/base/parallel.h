/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - the same work for many, side by side.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * parallel_run(count, jobs, work, context)
 *
 * Call work(context, index) once for each index below count, in at most jobs threads, and return
 * when all are done. Where no thread can be had, the calling one does what is left.
 */
void parallel_run(size_t count, size_t jobs, void (*work)(void *context, size_t index),
                  void *context);

/*
 * thread_begin(thread, run, context)
 *
 * Start a thread in which all signals are blocked: whoever holds them back for a moment (signals.h)
 * must be the only one they can reach. False where no thread can be had.
 */
bool thread_begin(pthread_t *thread, void *(*run)(void *), void *context);

#endif
