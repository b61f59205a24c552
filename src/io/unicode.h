/* SPDX-License-Identifier: MIT */
/*
 * unicode.h - what only Unicode's tables can tell (utf8proc).
 */
#ifndef IO_UNICODE_H
#define IO_UNICODE_H

#include <stdbool.h>

/*
 * unicode_is_nfc(text): is this UTF-8 in normalisation form C, for every version of Unicode from
 * ours on? False for what is not UTF-8, and for characters that our tables do not know yet: a newer
 * reader may compose them.
 */
bool unicode_is_nfc(const char *text);

#endif
