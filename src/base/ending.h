/* SPDX-License-Identifier: MIT */
/*
 * ending.h - an end that nobody planned: a crash inside a library, no memory, Ctrl-C.
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
 * has one note; longer ones are cut. For one thread at a time. Whoever writes sets ENDING_WRITE
 * before; after a write that was made, or may have been, it stays until somebody who knows more
 * says what was done.
 */
enum ending_place {
    ENDING_WRITE,  /* a write that is under way */
    ENDING_STANDS, /* what was made and may be taken back, or become more */
    ENDING_ERROR,  /* the error that an orderly end will say, while something is still to be done */
    ENDING_PLACES
};
void ending_note(enum ending_place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * ending_done(line): this was done, in place of what ENDING_WRITE says: one more line, printable,
 * that is said by whatever fails after it, however the command ends (term_done() formats it). For
 * one thread at a time.
 *
 * ending_tell(): a command failed in an orderly way, and its error follows: say on standard error
 * what it had done. ending_told(): the error itself says it.
 */
void ending_done(const char *line);
void ending_tell(void);
void ending_told(void);

/* ending_now(status, why): "pritunl-access: WHY" and the notes on standard error, then _exit. */
_Noreturn void ending_now(int status, const char *why);

/*
 * ending_watch(): SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL say the same before they end us: a
 * server's answer can crash the library that reads it. So do SIGHUP, SIGINT, SIGQUIT and SIGTERM,
 * unless they are ignored, where there is a note or something was done. Before any other thread
 * exists.
 */
void ending_watch(void);

#endif
