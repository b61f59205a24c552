/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"

#define INVISIBLE_SIZE sizeof("<U+10FFFF>")

/* No name of ours is longer; the cost of a distance grows with the square. */
#define NEAREST_MAX 64

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length = 0;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return mem_copy("", 0);
    text = mem_alloc((size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

bool text_starts(const char *text, const char *part)
{
    return strncmp(text, part, strlen(part)) == 0;
}

bool text_ends(const char *text, const char *part)
{
    size_t length = strlen(text);
    size_t tail = strlen(part);

    return tail <= length && memcmp(text + length - tail, part, tail) == 0;
}

bool text_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The size of the character that this byte begins, 0 for none, and the bits of it that count. */
static size_t first_byte(unsigned char byte, uint32_t *bits)
{
    if (byte < 0x80) {
        *bits = byte;
        return 1;
    }
    if (byte >= 0xc2 && byte <= 0xdf) {
        *bits = byte & 0x1fU;
        return 2;
    }
    if ((byte & 0xf0U) == 0xe0) {
        *bits = byte & 0x0fU;
        return 3;
    }
    *bits = byte & 0x07U;
    return byte >= 0xf0 && byte <= 0xf4 ? 4 : 0;
}

size_t text_decode(const char *bytes, size_t length, uint32_t *point)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t value = 0;
    size_t size = length > 0 ? first_byte((unsigned char)bytes[0], &value) : 0;

    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if ((byte & 0xc0U) != 0x80)
            return 0;
        value = value << 6 | (byte & 0x3fU);
    }
    if (value < lowest[size] || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
        return 0;
    if (point != NULL)
        *point = value;
    return size;
}

bool text_is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

char *text_line(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    return mem_copy(text, length);
}

const char *text_behind_mark(const char *text)
{
    static const char mark[] = "\xEF\xBB\xBF";

    return text_starts(text, mark) ? text + sizeof mark - 1 : text;
}

bool text_lacks_brackets(const char *host, size_t length)
{
    const char *first = memchr(host, ':', length);

    return first != NULL && memchr(first + 1, ':', length - (size_t)(first + 1 - host)) != NULL &&
           strspn(host, "0123456789abcdefABCDEF:.") >= length;
}

bool text_is_quoted(const char *text)
{
    size_t length = strlen(text);

    return length >= 2 && strchr("\"'`", text[0]) != NULL && text[length - 1] == text[0];
}

/*
 * Unicode 15: Default_Ignorable_Code_Point and format characters (Cf), letters that are blank, and
 * the blanks (Zs) that are not the one of ASCII.
 */
static const struct {
    uint32_t first;
    uint32_t last;
} invisible[] = {
    {0x00a0, 0x00a0},   {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x0600, 0x0605},
    {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},
    {0x115f, 0x1160},   {0x1680, 0x1680},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x2000, 0x200d},   {0x202f, 0x202f},   {0x205f, 0x2065},   {0x206a, 0x206f},
    {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

bool text_is_invisible(uint32_t point)
{
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
        if (point >= invisible[i].first && point <= invisible[i].last)
            return true;
    return false;
}

bool text_is_utf8(const char *bytes, size_t length)
{
    size_t size = 0;

    for (size_t i = 0; i < length; i += size) {
        size = text_decode(bytes + i, length - i, NULL);
        if (size == 0)
            return false;
    }
    return true;
}

char *text_printable(const char *bytes, size_t length)
{
    static const char longest[] = "<U+E0FFF>"; /* of at least two bytes */
    char *text = mem_alloc(length * sizeof(longest) / 2 + sizeof(longest));
    size_t used = 0;
    size_t size = 0;

    for (size_t i = 0; i < length; i += size) {
        uint32_t point = 0;

        size = text_decode(bytes + i, length - i, &point);
        if (size == 0 || text_is_control(point)) {
            text[used++] = '?';
            size = size > 0 ? size : 1;
        } else if (text_is_invisible(point)) {
            used +=
                (size_t)snprintf(text + used, INVISIBLE_SIZE, "<U+%04lX>", (unsigned long)point);
        } else {
            memcpy(text + used, bytes + i, size);
            used += size;
        }
    }
    text[used] = '\0';
    return text;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits from a to b; two neighbours exchanged are one edit. Both at most NEAREST_MAX long. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NEAREST_MAX + 1] = {{0}};
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = before;

        before = above;
        above = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *text, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(text);
    size_t best = length / 3 > 2 ? length / 3 + 1 : 3;

    /* At least one character must be common. */
    best = least(best, length);
    if (length > NEAREST_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_length = names[i] != NULL ? strlen(names[i]) : 0;

        if (name_length > 0 && name_length <= NEAREST_MAX) {
            size_t edits = distance(text, length, names[i], name_length);

            if (edits < best) {
                best = edits;
                nearest = names[i];
            }
        }
    }
    return nearest;
}

bool text_is_name(const char *text)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char later[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    return text[0] != '\0' && strchr(first, text[0]) != NULL && text[strspn(text, later)] == '\0';
}

bool text_number(const char *text, long min, long max, long *value)
{
    const char *digits = text[0] == '-' && min < 0 ? text + 1 : text;
    long number = 0;

    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    number = strtol(text, NULL, 10);
    if (errno != 0 || number < min || number > max)
        return false;
    *value = number;
    return true;
}

/* Would text_printable() show it in other words? */
static bool is_unprintable(const char *text)
{
    size_t length = strlen(text);
    size_t size = 0;

    for (size_t i = 0; i < length; i += size) {
        uint32_t point = 0;

        size = text_decode(text + i, length - i, &point);
        if (size == 0 || text_is_control(point) || text_is_invisible(point))
            return true;
    }
    return false;
}

/* Each byte that is not plain ASCII by its number. */
static char *shell_by_number(const char *text)
{
    struct buf quoted = BUF_EMPTY(BUF_MAX);

    buf_add_text(&quoted, "$'");
    for (; *text != '\0'; text++)
        if (*text == '\'' || *text == '\\')
            buf_add_format(&quoted, "\\%c", *text);
        else if (*text >= ' ' && *text < 0x7f)
            buf_add(&quoted, text, 1);
        else
            buf_add_format(&quoted, "\\%03o", (unsigned)(unsigned char)*text);
    buf_add_text(&quoted, "'");
    return buf_take(&quoted);
}

char *text_shell(const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "%+,-./:=@_";
    char *quoted = NULL;
    size_t used = 0;

    if (text[0] != '\0' && text[strspn(text, plain)] == '\0')
        return mem_text(text);
    if (is_unprintable(text))
        return shell_by_number(text);
    quoted = mem_alloc(strlen(text) * 4 + 3);
    quoted[used++] = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(quoted + used, "'\\''", 4);
            used += 4;
        } else {
            quoted[used++] = *text;
        }
    }
    quoted[used++] = '\'';
    quoted[used] = '\0';
    return quoted;
}

/* The tables of this locale, whatever the user's is; wcwidth knows no other way to name one. */
static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void load_unicode(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* 1 where it is not known. */
static size_t columns_of(uint32_t point)
{
    locale_t before = (locale_t)0;
    int width = -1;

    if (point >= 0x20 && point < 0x7f)
        return 1;
    pthread_once(&unicode_once, load_unicode);
    if (unicode == (locale_t)0)
        return 1;
    before = uselocale(unicode);
    width = wcwidth((wchar_t)point);
    uselocale(before);
    return width >= 0 ? (size_t)width : 1;
}

/* The columns of what of text fits into max of them, and how many bytes that is. */
static size_t measure(const char *text, size_t max, size_t *bytes)
{
    size_t length = strlen(text);
    size_t columns = 0;
    size_t size = 0;

    for (*bytes = 0; *bytes < length; *bytes += size) {
        uint32_t point = 0;
        size_t width = 1;

        size = text_decode(text + *bytes, length - *bytes, &point);
        if (size == 0)
            size = 1;
        else
            width = columns_of(point);
        if (width > max - columns)
            break;
        columns += width;
    }
    return columns;
}

size_t text_columns(const char *text)
{
    size_t bytes = 0;

    return measure(text, SIZE_MAX, &bytes);
}

char *text_fit(const char *text, size_t columns)
{
    size_t bytes = 0;

    measure(text, columns, &bytes);
    if (text[bytes] == '\0')
        return mem_text(text);
    measure(text, columns - 1, &bytes);
    return text_format("%.*s…", (int)bytes, text);
}

char *text_fit_words(const char *text, size_t columns)
{
    char *cut = text_fit(text, columns);
    char *blank = strrchr(cut, ' ');
    char *shorter = NULL;

    if (text_equal(cut, text) || blank == NULL || text_columns(blank) > columns / 2)
        return cut;
    *blank = '\0';
    shorter = text_format("%s…", cut);
    mem_free(cut);
    return shorter;
}

/* Where the command of ours begins that ends the text; its end, where there is none. */
static const char *ending_command(const char *text)
{
    const char *at = text;

    while (!text_starts(text_starts(at, "sudo ") ? at + strlen("sudo ") : at, "pritunl-access ")) {
        const char *colon = strstr(at, ": ");

        if (colon == NULL)
            return at + strlen(at);
        at = colon + strlen(": ");
    }
    return at;
}

void text_wrap(const char *text, size_t used, size_t indent, size_t width, struct buf *out)
{
    const char *command = ending_command(text);
    bool whole = indent + text_columns(command) <= width ||
                 (command == text && strpbrk(command, ",;(") == NULL);
    bool begins = true;

    if (width == SIZE_MAX) {
        buf_add_text(out, text);
        return;
    }
    while (*text != '\0') {
        size_t length = text == command && whole ? strlen(text) : strcspn(text, " ");
        char *word = text_format("%.*s", (int)length, text);
        size_t columns = text_columns(word);

        if (!begins && used + 1 + columns > width) {
            buf_add_format(out, "\n%*s", (int)indent, "");
            used = indent;
            begins = true;
        }
        buf_add_format(out, "%s%s", begins ? "" : " ", word);
        used += columns + (begins ? 0 : 1);
        begins = false;
        text += length;
        text += strspn(text, " ");
        mem_free(word);
    }
}
