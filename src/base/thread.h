/* SPDX-License-Identifier: MIT */
/*
 * thread.h - threads that leave signals to the first one.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/*
 * thread_begin(thread, run, context)
 *
 * Start a thread in which all signals are blocked: whoever holds them back for a moment (signals.h)
 * must be the only one they can reach. False where no thread can be had.
 */
bool thread_begin(pthread_t *thread, void *(*run)(void *), void *context);

#endif
