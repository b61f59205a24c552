/* SPDX-License-Identifier: MIT */
/*
 * ending.h - an end that nobody planned: a crash inside a library, no memory, no randomness.
 *
 * No error can be returned then. What is left is to say in a line or two what happened and what
 * has been done already, and to end as the kernel would have had it.
 */
#ifndef BASE_ENDING_H
#define BASE_ENDING_H

/*
 * ending_note(place, format, ...)
 *
 * From now on whoever ends abruptly says this, too, on a line of its own: what may have been
 * written, and how to find out or to take it back. A NULL format takes the note away. Each place
 * has one note; longer ones are cut. For one thread at a time.
 */
enum ending_place {
    ENDING_WRITE, /* a write that is under way */
    ENDING_DONE,  /* what was done and is not yet told */
    ENDING_PLACES
};
void ending_note(enum ending_place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ending_now(status, why): "pritunl-access: WHY" and the notes on standard error, then _exit. */
_Noreturn void ending_now(int status, const char *why);

/*
 * ending_watch(): SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL say the same before they end us: a
 * server's answer can crash the library that reads it. Once, before any other thread exists.
 */
void ending_watch(void);

#endif
