/* SPDX-License-Identifier: MIT */
/*
 * saslprep.h - RFC 4013 for libmongoc 1.23, which knows it by ICU alone; by utf8proc and the RFC's tables.
 *
 * Included by libmongoc's SCRAM (patches/mongo-c-driver-2-saslprep.patch) and by the test that compares it with another program's.
 */
#ifndef TOOLS_STATIC_SASLPREP_H
#define TOOLS_STATIC_SASLPREP_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "saslprep_tables.h"

#define SASLPREP_IN(table, code) saslprep_in(table, sizeof(table) / sizeof(*(table)), code)

static bool saslprep_in(const int32_t (*table)[2], size_t count, int32_t code)
{
    size_t low = 0;

    while (count > 0) {
        size_t half = count / 2;

        if (code > table[low + half][1]) {
            low += half + 1;
            count -= half + 1;
        } else if (code < table[low + half][0]) {
            count = half;
        } else {
            return true;
        }
    }
    return false;
}

/* The code point at text, and past it; -1 where there is none. */
static int32_t saslprep_next(const uint8_t **text)
{
    utf8proc_int32_t code = -1;
    utf8proc_ssize_t size = utf8proc_iterate(*text, (utf8proc_ssize_t)strlen((const char *)*text), &code);

    *text += size > 0 ? size : 0;
    return size > 0 ? code : -1;
}

/* The RFC's Unicode, 3.2, maps five characters to others than every later one does (Unicode's Corrigendum 4). */
static int32_t saslprep_uncorrected(int32_t code)
{
    switch (code) {
    case 0x2f868:
        return 0x2136a;
    case 0x2f874:
        return 0x5f33;
    case 0x2f91f:
        return 0x43ab;
    case 0x2f95f:
        return 0x7aae;
    case 0x2f9bf:
        return 0x4d57;
    default:
        return code;
    }
}

/*
 * Spaces to U+0020, and the rest of B.1 to nothing, into mapped, which holds as much as text. False for what is not UTF-8, and for
 * what Unicode 3.2 did not know: a newer normalisation might turn that into something else.
 */
static bool saslprep_map(const uint8_t *text, uint8_t *mapped)
{
    while (*text != 0) {
        int32_t code = saslprep_next(&text);

        if (code < 0 || SASLPREP_IN(saslprep_unassigned, code))
            return false;
        if (SASLPREP_IN(saslprep_to_nothing, code))
            continue;
        if (SASLPREP_IN(saslprep_to_space, code))
            code = ' ';
        mapped += utf8proc_encode_char(saslprep_uncorrected(code), mapped);
    }
    *mapped = 0;
    return true;
}

/* Nothing prohibited, and if anything is written from right to left, then first and last are, and nothing from left to right. */
static bool saslprep_allowed(const uint8_t *text)
{
    bool first = false;
    bool last = false;
    bool right = false;
    bool left = false;

    for (const uint8_t *at = text; *at != 0;) {
        bool begins = at == text;
        int32_t code = saslprep_next(&at);

        if (code < 0 || SASLPREP_IN(saslprep_prohibited, code))
            return false;
        last = SASLPREP_IN(saslprep_right_to_left, code);
        first = begins ? last : first;
        right = right || last;
        left = left || SASLPREP_IN(saslprep_left_to_right, code);
    }
    return *text != 0 && (!right || (first && last && !left));
}

/* The prepared text, to end with bson_free(); NULL where RFC 4013 refuses it, or nothing is left of it. */
static char *saslprep(const char *text)
{
    size_t size = strlen(text) + 1;
    uint8_t *mapped = bson_malloc(size);
    uint8_t *normal = NULL;
    char *prepared = NULL;

    if (saslprep_map((const uint8_t *)text, mapped))
        utf8proc_map(mapped, 0, &normal, UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    if (normal != NULL && saslprep_allowed(normal)) {
        size_t length = strlen((const char *)normal) + 1;
        prepared = bson_malloc(length);
        memcpy(prepared, normal, length);
    }
    /* In the static file whatever is freed is wiped, utf8proc's too (wipe.c). */
    bson_free(mapped);
    free(normal);
    return prepared;
}

#endif
