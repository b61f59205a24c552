/* SPDX-License-Identifier: MIT */
#include "io/unicode.h"

#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"

/* What decomposition can make of one byte of UTF-8, at most, in code points. */
#define GROWTH 4

bool unicode_is_nfc(const char *text)
{
    size_t length = strlen(text);
    size_t room = length * GROWTH + 1;
    utf8proc_int32_t *points = mem_alloc(room * sizeof *points);
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_REJECTNA;
    utf8proc_ssize_t count =
        utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, points,
                           (utf8proc_ssize_t)room, options);
    bool same = false;

    if (count >= 0 && (size_t)count < room) {
        utf8proc_ssize_t bytes = utf8proc_reencode(points, count, options);

        same = bytes == (utf8proc_ssize_t)length && memcmp(points, text, length) == 0;
    }
    mem_free(points);
    return same;
}
