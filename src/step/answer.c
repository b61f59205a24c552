/* SPDX-License-Identifier: MIT */
#include "step/answer.h"

#include <unistd.h>

#include "base/term.h"
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

bool answer_json(struct json *value, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);

    json_write(value, ANSWER_INDENT, &text);
    buf_add_text(&text, "\n");
    json_free(value);
    return answer_text(&text, error);
}

bool answer_ready(struct error *error)
{
    return term_can_write(STDOUT_FILENO) ||
           error_set(error, ERROR_OUTPUT, "standard output cannot be written: nothing was changed");
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
