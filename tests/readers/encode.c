/* SPDX-License-Identifier: MIT */
/*
 * encode - our formats without the rest of the program, for tests that try thousands of values.
 *
 *   encode FORMAT [PREFIX]    values from standard input, each ended by a NUL, become one text on standard output, under the names
 *                             PREFIX0, PREFIX1 …; the numbers of those that the format refuses come on standard error, a line each
 *   encode systemd|aws PREFIX PLACE   the same into a directory or a secret, as export does it
 *   encode --find             texts from standard input, each ended by a NUL; for each "+TOKEN NUL SECRET NUL URL NUL" as
 *                             --source file: finds them, or "-REASON NUL"
 *   encode --decode PREFIX COUNT   a text from standard input; its pairs as NAME NUL VALUE NUL; status 1 where it is no format of ours
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "format/find.h"
#include "format/format.h"
#include "io/http.h"
#include "io/json.h"
#include "place/aws.h"
#include "place/directory.h"

#define MS 30000

static bool carries(const struct format *format, const char *name, const char *value)
{
    struct buf trial = BUF_EMPTY(BUF_MAX);
    const struct variable variable = {name, value};
    bool carried = format->encode(&variable, &trial);

    buf_free(&trial);
    return carried;
}

static bool put(const struct format *format, const char *place, const struct variables *variables,
                struct error *error)
{
    const struct credentials credentials = {place, "terraform", variables, FILE_OWNER_UNCHANGED,
                                            FILE_GROUP_UNCHANGED};
    const struct secret_config secret = {place, MS, MS};
    bool changed = false;

    return format->place == FORMAT_SECRET ? secret_write(&secret, variables, &changed, error)
                                          : credentials_write(&credentials, &changed, error);
}

static bool encode(const struct format *format, char **argv, const struct buf *input,
                   struct error *error)
{
    const struct format_options options = {0};
    const char *prefix = argv[2] != NULL ? argv[2] : "V";
    struct variables variables = {0};
    struct buf refused = BUF_EMPTY(BUF_MAX);
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *value = buf_text(input);
    bool done = false;

    variables.items = mem_zero(input->length + 1, sizeof *variables.items);
    for (size_t number = 0; value < input->data + input->length; number++) {
        char *name = text_format("%s%zu", prefix, number);

        if (carries(format, name, value))
            variables.items[variables.count++] = (struct variable){name, value};
        else
            buf_add_format(&refused, "%zu\n", number);
        value += strlen(value) + 1;
    }
    if (format->place == FORMAT_DIRECTORY || format->place == FORMAT_SECRET)
        done = argv[2] != NULL && put(format, argv[3], &variables, error);
    else
        done = format_encode(format, &options, &variables, &out, error) &&
               term_write(STDOUT_FILENO, buf_text(&out), out.length, error);
    done = done && term_write(STDERR_FILENO, buf_text(&refused), refused.length, error);
    return done;
}

/* The names PREFIX0, PREFIX1 … are wanted. */
static struct sets numbered(const char *prefix, const char *text)
{
    long count = 0;
    struct sets sets = {0};

    if (prefix != NULL && text != NULL && text_number(text, 0, 1000000, &count))
        sets.count = (size_t)count;
    sets.items = mem_zero(sets.count + 1, sizeof *sets.items);
    for (size_t i = 0; i < sets.count; i++)
        sets.items[i].parts[PART_TOKEN] = text_format("%s%zu", prefix, i);
    return sets;
}

/* Of each text the pair that --source file: would take, or why there is none. */
static bool find(const struct buf *input, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    const char *text = buf_text(input);

    for (; text < input->data + input->length; text += strlen(text) + 1) {
        const struct wanted wanted = {0};
        struct pairs pairs = {0};
        struct access *access = NULL;
        struct error why = {0};

        if (format_decode("text", text, strlen(text), NULL, &pairs, &why) &&
            find_credential(&wanted, "text", &pairs, &access, &why)) {
            buf_add_format(&out, "+%s%c%s%c%s%c", access->token, '\0', access->secret, '\0',
                           access->url != NULL ? access->url : "", '\0');
        } else {
            buf_add_format(&out, "-%s%c", why.text, '\0');
        }
        access_free(access);
        pairs_clear(&pairs);
    }
    return term_write(STDOUT_FILENO, buf_text(&out), out.length, error);
}

static bool decode(const struct buf *input, const struct sets *names, struct error *error)
{
    struct pairs pairs = {0};
    struct buf out = BUF_EMPTY(BUF_MAX);
    bool done = format_decode("text", buf_text(input), input->length, names, &pairs, error);

    for (size_t i = 0; i < pairs.count; i++) {
        if (pairs.items[i].fault != NULL ||
            pairs_find(pairs.items, pairs.count, pairs.items[i].name) != &pairs.items[i])
            continue;
        buf_add(&out, pairs.items[i].name, strlen(pairs.items[i].name) + 1);
        buf_add(&out, pairs.items[i].value, strlen(pairs.items[i].value) + 1);
    }
    return done && term_write(STDOUT_FILENO, buf_text(&out), out.length, error);
}

int main(int argc, char **argv)
{
    struct buf input = BUF_EMPTY(BUF_MAX);
    struct error error = {0};
    const struct sets names = numbered(argc > 3 ? argv[2] : NULL, argv[argc > 3 ? 3 : 0]);
    const struct format *format = argc > 1 ? format_find(argv[1]) : NULL;
    bool done = false;

    json_begin();
    if (!http_begin(&error))
        return 2;
    if (argc < 2 || !file_read("-", &input, NULL, &error))
        return 2;
    if (text_equal(argv[1], "--find"))
        done = find(&input, &error);
    else if (text_equal(argv[1], "--decode"))
        done = decode(&input, &names, &error);
    else
        done = format != NULL && encode(format, argv, &input, &error);
    if (!done)
        fprintf(stderr, "%s\n", error.text);
    return done ? 0 : 1;
}
