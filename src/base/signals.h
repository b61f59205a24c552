/* SPDX-License-Identifier: MIT */
/*
 * signals.h - signals wait while something is half done.
 *
 * The mask is the calling thread's: a signal still ends the process if another thread takes it. So
 * a thread that we start begins with every signal blocked, but those of a crash.
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/*
 * signals_hold(before): from now on signals wait, but those of a crash; before is for
 * signals_release().
 */
void signals_hold(sigset_t *before);

/*
 * signals_ending(): does a signal wait that ends us at the release (any whose default that is, and
 * not ignored)?
 */
bool signals_ending(void);

/*
 * signals_release(before): those that waited come now, except SIGXFSZ, which a write past the limit
 * brings beside its EFBIG: that is an error to report. errno is kept.
 */
void signals_release(const sigset_t *before);

#endif
