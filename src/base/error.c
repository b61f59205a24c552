/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
    int status;
    const char *name;
} kinds[ERROR_KIND_COUNT] = {
    [ERROR_NONE] = {0, "none"},
    [ERROR_REFUSED] = {1, "refused"},
    [ERROR_USAGE] = {2, "usage"},
    [ERROR_DATABASE] = {3, "database"},
    [ERROR_NOT_FOUND] = {4, "not-found"},
    [ERROR_AMBIGUOUS] = {4, "ambiguous"},
    [ERROR_API] = {5, "api"},
    [ERROR_UNUSABLE] = {6, "unusable"},
    [ERROR_OUTPUT] = {7, "output"},
    [ERROR_FORMAT] = {7, "format"},
    [ERROR_CONFLICT] = {8, "conflict"},
    [ERROR_WAIT] = {9, "wait"},
};

/* Where a cut went through a character, what is left of it goes too. */
static size_t whole_characters(const char *text, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        unsigned char byte = (unsigned char)text[length - back];

        if (byte >= 0xc0)
            return text_decode(text + length - back, back, NULL) == back ? length : length - back;
        if (byte < 0x80)
            break;
    }
    return length;
}

__attribute__((format(printf, 3, 0))) static void fill(char *target, size_t size,
                                                       const char *format, va_list arguments)
{
    /* An argument may be the text that is being replaced ("%s: …", error->text). */
    char line[sizeof(((struct error *)NULL)->text)] = "";
    char *printable = NULL;
    int written = vsnprintf(line, size, format, arguments);
    size_t length = strlen(line);

    if (written > 0 && (size_t)written >= size)
        length = whole_characters(line, length);
    printable = text_printable(line, length);
    length = strlen(printable); /* what is invisible has become longer */
    if (length >= size)
        length = whole_characters(printable, size - 1);
    memcpy(target, printable, length);
    target[length] = '\0';
    mem_free(printable);
}

bool(error_set)(struct error *error, enum error_kind kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    error->kind = kind;
    error->cause = CAUSE_NONE;
    error->attempt[0] = '\0';
    return false;
}

bool error_try(struct error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fill(error->attempt, sizeof(error->attempt), format, arguments);
    va_end(arguments);
    return false;
}

bool error_blame(struct error *error, enum cause cause)
{
    error->cause = cause;
    return false;
}

int error_status(enum error_kind kind)
{
    return kind < ERROR_KIND_COUNT ? kinds[kind].status : 1;
}

const char *error_kind_name(enum error_kind kind)
{
    return kind < ERROR_KIND_COUNT ? kinds[kind].name : "unknown";
}
