/* SPDX-License-Identifier: MIT */
/*
 * busy.h - a word on a terminal about what takes longer than half a second.
 *
 * Where standard error is no terminal, or --quiet is given, nothing of it happens.
 */
#ifndef BASE_BUSY_H
#define BASE_BUSY_H

/*
 * busy_begin(format, ...), busy_end(): around whatever may take long. After half a second "waiting
 * for the database …" stands on the terminal, until it has ended; of two, one in the other, the
 * outer one's word. What follows at once on what has ended counts as one with it. Only the main
 * thread has a say: what others do is what it waits for.
 */
void busy_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void busy_end(void);

#endif
