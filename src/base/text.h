/* SPDX-License-Identifier: MIT */
/*
 * text.h - small questions about strings.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* text_format(format, ...): a new string, to end with mem_free(). */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* text_starts, text_ends: does text begin (end) with part? Byte for byte. */
bool text_starts(const char *text, const char *part);
bool text_ends(const char *text, const char *part);

/* text_equal(a, b): equal byte for byte; NULL equals only NULL. */
bool text_equal(const char *a, const char *b);

/*
 * text_line(text): a new string without the line breaks at its end, which files and variables that
 * give one value tend to have. To end with mem_free().
 */
char *text_line(const char *text);

/*
 * text_behind_mark(text): what stands behind a byte order mark, which editors of other systems put
 * in front of a text and do not show; text itself where there is none.
 */
const char *text_behind_mark(const char *text);

/*
 * text_lacks_brackets(host, length): is it an IPv6 address, perhaps with a port, as no URL takes
 * it?
 */
bool text_lacks_brackets(const char *host, size_t length);

/* text_is_quoted(text): does it stand between two quotation marks of one kind? */
bool text_is_quoted(const char *text);

/*
 * text_is_utf8(bytes, length): well-formed UTF-8 (no surrogates, nothing overlong)? A NUL inside is
 * well-formed.
 */
bool text_is_utf8(const char *bytes, size_t length);

/*
 * text_decode(bytes, length, point): the size (1 to 4) of the well-formed UTF-8 character that
 * bytes begins with, and which one it is where point is not NULL; 0 where there is none.
 */
size_t text_decode(const char *bytes, size_t length, uint32_t *point);

/*
 * text_is_control(point): C0, DEL, C1, a line or paragraph separator, or a mark that turns the
 * direction of text?
 */
bool text_is_control(uint32_t point);

/*
 * text_is_invisible(point): does it take no room, or leave it blank, though it is not the blank of
 * ASCII? Two names that differ in it alone look the same.
 */
bool text_is_invisible(uint32_t point);

/*
 * text_printable(bytes, length): a new string in which each control character (text_is_control) and
 * each byte that is not UTF-8 is a '?', and each invisible character is "<U+200B>" or whatever it
 * is, so that it can go to a terminal. To end with mem_free().
 */
char *text_printable(const char *bytes, size_t length);

/*
 * text_nearest(text, names, count): the entry of names that is closest to text by edit distance, or
 * NULL where none is close (further than a third of its length, or 2 for short ones). NULL entries
 * are skipped.
 */
const char *text_nearest(const char *text, const char *const *names, size_t count);

/* text_is_name(text): matches [A-Za-z_][A-Za-z0-9_]*, the whole of it. */
bool text_is_name(const char *text);

/*
 * text_number(text, min, max, value): a whole decimal number and nothing else, within [min, max].
 */
bool text_number(const char *text, long min, long max, long *value);

/*
 * text_shell(text): text as one word for a shell, in quotes where it needs them: for the command in
 * an error_try(). What is not printable stands as $'\342\200\213' (POSIX since 2024, and most
 * shells before), so that the command names it all the same. To end with mem_free().
 */
char *text_shell(const char *text);

/*
 * text_columns(text): how many terminal columns a UTF-8 string takes (wcwidth-like; 1 for what is
 * not known).
 */
size_t text_columns(const char *text);

/*
 * text_fit(text, columns): a new string of at most that many columns (at least 1), the end of a
 * longer one cut for a "…". To end with mem_free().
 */
char *text_fit(const char *text, size_t columns);

/* text_fit_words(text, columns): the same, cut at a blank where there is one not far back. */
char *text_fit_words(const char *text, size_t columns);

/*
 * text_wrap(text, used, indent, width, out): words in lines of at most width columns, of which the
 * first has used some already and the others begin with indent blanks; the last is left open. A
 * command of ours that ends the text is not broken where a line has room for it, nor where it is
 * all of the text: it is there to be copied. Of SIZE_MAX columns: text as it stands.
 */
void text_wrap(const char *text, size_t used, size_t indent, size_t width, struct buf *out);

#endif
