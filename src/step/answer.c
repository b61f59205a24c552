/* SPDX-License-Identifier: MIT */
#include "step/answer.h"

#include <string.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/signals.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/cause.h"

#define PIECE ((size_t)64 * 1024)

bool answer_text(struct buf *text, struct error *error)
{
    bool done = term_write(STDOUT_FILENO, buf_text(text), text->length, error);

    buf_free(text);
    return done;
}

bool answer_piece(struct buf *text, struct error *error)
{
    return text->length < PIECE || answer_text(text, error);
}

void answer_wrap(const char *text, size_t width, struct buf *out)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = text_printable(text, length);
        size_t blanks = strspn(line, " ");

        if (text_columns(line) <= width) {
            buf_add_text(out, line);
        } else {
            buf_add(out, line, blanks);
            text_wrap(line + blanks, blanks, blanks + ANSWER_INDENT, width, out);
        }
        buf_add_text(out, "\n");
        mem_free(line);
        text += length + (text[length] == '\n');
    }
}

bool answer_prose(struct buf *text, struct error *error)
{
    struct buf wrapped = BUF_EMPTY(BUF_MAX);

    answer_wrap(buf_text(text), term_width(STDOUT_FILENO), &wrapped);
    buf_free(text);
    return answer_text(&wrapped, error);
}

void answer_attempt(const char *attempt, size_t used, size_t width, struct buf *out)
{
    bool ours =
        text_starts(attempt, "pritunl-access ") && !text_starts(attempt, "pritunl-access help ");
    char *typed = text_format("%s%s", ours ? process_sudo() : "", attempt);

    text_wrap(typed, used, used, width, out);
    buf_add_text(out, "\n");
    mem_free(typed);
}

bool answer_json(struct json *value, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool whole = json_write(value, ANSWER_INDENT, &text) && buf_add_text(&text, "\n");

    json_free(value);
    if (whole)
        return answer_text(&text, error);
    buf_free(&text);
    return error_set(error, ERROR_OUTPUT, "the answer is larger than %zu bytes", BUF_MAX);
}

bool answer_ready(struct error *error)
{
    return term_can_write(STDOUT_FILENO) ||
           error_set(error, ERROR_OUTPUT, "standard output cannot be written: nothing was changed");
}

void answer_error_lines(const struct error *error)
{
    bool coloured = term_style()->color && term_is_terminal(STDERR_FILENO);
    const char *end = coloured ? "\033[0m" : "";
    size_t width = term_width(STDERR_FILENO);
    struct buf text = BUF_EMPTY(BUF_MAX);
    struct error ignored;

    buf_add_format(&text, "%spritunl-access:%s ", coloured ? "\033[31m" : "", end);
    text_wrap(error->text, strlen("pritunl-access: "), TERM_HANGING, width, &text);
    buf_add_text(&text, "\n");
    if (error->attempt[0] != '\0') {
        buf_add_format(&text, "%stry:%s ", coloured ? "\033[1m" : "", end);
        answer_attempt(error->attempt, strlen("try: "), width, &text);
    }
    term_write(STDERR_FILENO, buf_text(&text), text.length, &ignored);
    buf_free(&text);
}

void answer_before_signal(const struct error *error)
{
    if (signals_ending()) {
        ending_tell();
        answer_error_lines(error);
        ending_told();
        ending_note(ENDING_STANDS, NULL);
    }
}

struct json *answer_error(const struct error *error)
{
    struct json *answer = json_make_object();
    struct json *inner = json_make_object();

    json_put_text(inner, "kind", cause_of_error(error));
    json_put_text(inner, "message", error->text);
    json_put_text(inner, "try", error->attempt[0] != '\0' ? error->attempt : NULL);
    json_put(answer, "error", inner);
    return answer;
}
