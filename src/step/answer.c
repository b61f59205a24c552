/* SPDX-License-Identifier: MIT */
#include "step/answer.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/cause.h"

#define INDENT 2
#define CELL_MAX 200 /* columns */

struct table {
    char **cells;
    size_t columns;
    size_t count;
};

bool answer_text(struct buf *text, struct error *error)
{
    bool done = term_write(STDOUT_FILENO, buf_text(text), text->length, error);

    buf_free(text);
    return done;
}

bool answer_json(struct json *value, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);

    json_write(value, INDENT, &text);
    buf_add_text(&text, "\n");
    json_free(value);
    return answer_text(&text, error);
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

struct table *table_new(size_t columns)
{
    struct table *table = mem_zero(1, sizeof *table);

    table->columns = columns;
    return table;
}

void table_add(struct table *table, const char *const cells[])
{
    size_t used = table->count * table->columns;

    if ((table->count & (table->count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        table->cells =
            mem_grow(table->cells, (2 * table->count + 1) * table->columns * sizeof(char *));
    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = cells[i] != NULL ? cells[i] : "";
        char *printable = text_printable(cell, strlen(cell));

        table->cells[used + i] = text_fit(printable, CELL_MAX);
        mem_free(printable);
    }
    table->count++;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = 0;

    for (size_t row = 0; row < table->count; row++) {
        size_t columns = text_columns(table->cells[row * table->columns + column]);

        widest = columns > widest ? columns : widest;
    }
    return widest;
}

void table_write(const struct table *table, struct buf *out)
{
    size_t *widths = mem_zero(table->columns, sizeof *widths);

    for (size_t column = 0; column < table->columns; column++)
        widths[column] = column_width(table, column);
    for (size_t row = 0; row < table->count; row++) {
        size_t pad = 0; /* owed by the cells so far; never written at the end of a line */

        for (size_t column = 0; column < table->columns; column++) {
            const char *cell = table->cells[row * table->columns + column];

            if (*cell != '\0')
                buf_add_format(out, "%*s%s", (int)pad, "", cell);
            pad = (*cell != '\0' ? 0 : pad) + widths[column] - text_columns(cell) + 2;
        }
        buf_add_text(out, "\n");
    }
    mem_free(widths);
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count * table->columns; i++)
        mem_free(table->cells[i]);
    mem_free(table->cells);
    mem_free(table);
}
