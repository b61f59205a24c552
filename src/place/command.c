/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/busy.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/text.h"
#include "format/format.h"
#include "io/json.h"
#include "place/source.h"

#define OUTPUT_MAX ((size_t)1024 * 1024)

static void add_word(char ***argv, size_t *count, char *word)
{
    *argv = mem_grow(*argv, (*count + 2) * sizeof **argv);
    (*argv)[(*count)++] = word;
    (*argv)[*count] = NULL;
}

static void split(const char *text, char ***argv, size_t *count)
{
    for (text += strspn(text, " \t"); *text != '\0'; text += strspn(text, " \t")) {
        size_t length = strcspn(text, " \t");

        add_word(argv, count, mem_copy(text, length));
        text += length;
    }
}

static bool take_array(const char *text, char ***argv, size_t *count, struct error *error)
{
    struct json *array = json_parse(text, strlen(text), "source: command", error);
    bool done = array != NULL;

    for (size_t i = 0; done && i < json_count(array); i++) {
        size_t length = 0;
        const char *word = json_text(json_at(array, i), &length);

        done = word != NULL && strlen(word) == length;
        if (done)
            add_word(argv, count, mem_text(word));
        else
            error_set(error, ERROR_USAGE, "source: command: an array of text is wanted");
    }
    json_free(array);
    return done;
}

bool source_command(const struct place *place, struct pairs *pairs, struct error *error)
{
    const char *command = place->rest;
    struct buf output = BUF_EMPTY(OUTPUT_MAX);
    char **argv = NULL;
    size_t count = 0;
    bool done = true;

    if (*command == '[')
        done = take_array(command, &argv, &count, error);
    else
        split(command, &argv, &count);
    if (done && (count == 0 || argv[0][0] == '\0'))
        done = error_set(error, ERROR_USAGE, "source: command: no program is named");
    if (done) {
        busy_begin("waiting for %s", argv[0]);
        done = run_capture(argv, place->timeout_ms, &output, error);
        busy_end();
    }
    done = done &&
           format_decode(argv[0], buf_text(&output), output.length, place->names, pairs, error);
    for (size_t i = 0; i < count; i++)
        mem_free(argv[i]);
    mem_free(argv);
    buf_free(&output);
    return done;
}
