/* SPDX-License-Identifier: MIT */
/*
 * term.h - writing to standard output and standard error.
 *
 * No stdio: its buffers would keep secrets. Everything is one write of a whole text.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* What main sets up once, from the settings. Until then: not quiet, not verbose, no colour. */
struct term_style {
    bool quiet;   /* no warnings, no notes */
    bool verbose; /* notes of -v too */
    bool color;   /* SGR sequences on stderr and stdout tables */
};
void term_set_style(const struct term_style *style);
const struct term_style *term_style(void);

/*
 * term_write(fd, bytes, length, error): all of it, EINTR and short writes handled; ERROR_OUTPUT
 * (EPIPE, ENOSPC …). term_reader_is_gone(): was it because whoever read standard output has enough?
 */
bool term_write(int fd, const char *bytes, size_t length, struct error *error);
bool term_reader_is_gone(void);

/*
 * term_can_write(fd): false where it is known before that a write fails: not open for writing, a
 * pipe that nobody reads, a device or a disk that is full.
 */
bool term_can_write(int fd);

/*
 * term_warn, term_note, term_verbose: one printable line on stderr, "pritunl-access: warning: …",
 * "pritunl-access: …", broken between words on a terminal; quiet silences them all, term_verbose
 * speaks under -v only. Safe in threads. Never pass a secret.
 */
void term_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void term_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void term_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* term_done(format, ...): a line that is said only if something fails after it (base/ending.h). */
void term_done(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * term_progress(format, ...): where standard error is a terminal, a line on it that the next one, a
 * note or a warning takes the place of; nothing elsewhere (term_shows_progress()).
 * term_progress_end(): take it away, before anything else is written. term_countdown(left_ms): the
 * one of every wait.
 */
bool term_shows_progress(void);
void term_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void term_progress_end(void);
void term_countdown(int64_t left_ms);

/*
 * term_is_terminal(fd), term_columns(fd): columns 80 where unknown. term_width(fd): where lines are
 * to be broken; SIZE_MAX where it is no terminal: whoever reads a pipe gets whole lines.
 */
bool term_is_terminal(int fd);
int term_columns(int fd);
size_t term_width(int fd);

/* The columns that a broken line's further parts stand in by. */
#define TERM_HANGING 2

/* term_can_ask(): is there a terminal to ask on? */
bool term_can_ask(void);

/*
 * term_confirm(question): ask on /dev/tty; true only for y or yes. false too where there is no
 * terminal (*asked false).
 */
bool term_confirm(const char *question, bool *asked);

/*
 * term_password(prompt, password, size): ask on /dev/tty without echo; false where there is none or
 * input ends.
 */
bool term_password(const char *prompt, char *password, size_t size);

#endif
