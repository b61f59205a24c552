/* SPDX-License-Identifier: MIT */
#include "step/report.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/cause.h"
#include "step/answer.h"

#define CELL_MAX 200 /* columns */
#define GAP 2
#define COLUMN_MIN 16 /* a narrower rest says nothing */

struct report {
    const char *const *headings;
    size_t columns;
    size_t count; /* rows, the headings among them */
    char **cells; /* count times columns; NULL: empty */
    struct json *rows;
    struct json *row; /* the last of them */
};

static char **cell_at(const struct report *report, size_t row, size_t column)
{
    return &report->cells[row * report->columns + column];
}

static void set_cell(struct report *report, const char *heading, const char *text)
{
    char *printable = NULL;

    for (size_t i = 0; heading != NULL && text != NULL && i < report->columns; i++) {
        if (!text_equal(report->headings[i], heading))
            continue;
        printable = text_printable(text, strlen(text));
        *cell_at(report, report->count - 1, i) = text_fit(printable, CELL_MAX);
        mem_free(printable);
    }
}

static void add_cells(struct report *report)
{
    /* 0, 1, 2, 4 …: double the room */
    if ((report->count & (report->count - 1)) == 0)
        report->cells = mem_grow(report->cells,
                                 (2 * report->count + 1) * report->columns * sizeof *report->cells);
    report->count++;
    for (size_t i = 0; i < report->columns; i++)
        *cell_at(report, report->count - 1, i) = NULL;
}

struct report *report_new(const char *const *headings)
{
    struct report *report = mem_zero(1, sizeof *report);

    report->headings = headings;
    while (headings[report->columns] != NULL)
        report->columns++;
    report->rows = json_make_array();
    add_cells(report);
    for (size_t i = 0; i < report->columns; i++)
        set_cell(report, headings[i], headings[i]);
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count * report->columns; i++)
        mem_free(report->cells[i]);
    mem_free(report->cells);
    json_free(report->rows);
    mem_free(report);
}

void report_row(struct report *report)
{
    add_cells(report);
    report->row = json_make_object();
    json_add(report->rows, report->row);
}

void report_text(struct report *report, const char *key, const char *heading, const char *text)
{
    if (key != NULL)
        json_put_text(report->row, key, text);
    set_cell(report, heading, text);
}

void report_bool(struct report *report, const char *key, const char *heading, bool value)
{
    if (key != NULL)
        json_put_bool(report->row, key, value);
    set_cell(report, heading, value ? "yes" : "no");
}

void report_list(struct report *report, const char *key, const char *heading,
                 const char *const *texts, size_t count)
{
    struct json *list = json_make_array();
    struct buf joined = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; i < count; i++) {
        json_add(list, json_make_text(texts[i]));
        buf_add_format(&joined, "%s%s", i > 0 ? ", " : "", texts[i]);
    }
    json_put(report->row, key, list);
    set_cell(report, heading, buf_text(&joined));
    buf_free(&joined);
}

void report_json(struct report *report, const char *key, struct json *value)
{
    json_put(report->row, key, value);
}

void report_int(struct report *report, const char *key, int64_t value)
{
    json_put_int(report->row, key, value);
}

static const char *shown_cell(const struct report *report, size_t row, size_t column)
{
    const char *cell = *cell_at(report, row, column);

    return cell != NULL ? cell : "";
}

static size_t column_width(const struct report *report, size_t column)
{
    size_t widest = 0;

    for (size_t row = 0; row < report->count; row++) {
        size_t columns = text_columns(shown_cell(report, row, column));

        widest = columns > widest ? columns : widest;
    }
    return widest;
}

static void cut_column(const struct report *report, size_t column, size_t width)
{
    for (size_t row = 0; row < report->count; row++) {
        char **cell = cell_at(report, row, column);
        char *cut = *cell != NULL ? text_fit_words(*cell, width) : NULL;

        mem_free(*cell);
        *cell = cut;
    }
}

/*
 * How many columns a terminal of that width has room for: the last of them gives way first, to what
 * it can spare and then altogether.
 */
static size_t fit_columns(const struct report *report, size_t *widths, size_t room)
{
    size_t shown = report->columns;

    for (; shown > 1; shown--) {
        size_t before = 0;

        for (size_t column = 0; column + 1 < shown; column++)
            before += widths[column] + GAP;
        if (before + widths[shown - 1] <= room)
            return shown;
        if (before + COLUMN_MIN <= room) {
            cut_column(report, shown - 1, room - before);
            widths[shown - 1] = column_width(report, shown - 1);
            return shown;
        }
    }
    if (widths[0] > room)
        cut_column(report, 0, room);
    return shown;
}

/* What must catch the eye, or NULL: the SGR of it. */
static const char *colour_of(const char *cell)
{
    if (text_equal(cell, "accepted") || text_equal(cell, "ready"))
        return "32";
    if (text_equal(cell, "unknown"))
        return "33";
    if (text_equal(cell, "refused") || text_equal(cell, "error"))
        return "31";
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (cause_is_finding((enum cause)cause) && text_equal(cell, cause_name((enum cause)cause)))
            return "31";
    return NULL;
}

static void add_cell(struct buf *out, const char *cell, bool coloured)
{
    const char *colour = coloured ? colour_of(cell) : NULL;

    if (colour != NULL)
        buf_add_format(out, "\033[%sm%s\033[0m", colour, cell);
    else
        buf_add_text(out, cell);
}

void report_cells(const struct report *report, struct buf *out)
{
    bool terminal = term_is_terminal(STDOUT_FILENO);
    bool coloured = terminal && term_style()->color;
    size_t *widths = mem_zero(report->columns, sizeof *widths);
    size_t shown = report->columns;

    for (size_t column = 0; column < report->columns; column++)
        widths[column] = column_width(report, column);
    if (terminal)
        shown = fit_columns(report, widths, (size_t)term_columns(STDOUT_FILENO));
    for (size_t row = 0; row < report->count; row++) {
        size_t pad = 0; /* owed by the cells so far; never written at the end of a line */

        for (size_t column = 0; column < shown; column++) {
            const char *cell = shown_cell(report, row, column);

            if (*cell != '\0') {
                buf_add_format(out, "%*s", (int)pad, "");
                add_cell(out, cell, coloured);
            }
            pad = (*cell != '\0' ? 0 : pad) + widths[column] - text_columns(cell) + GAP;
        }
        buf_add_text(out, "\n");
    }
    if (shown < report->columns)
        term_note("no room for %s: take a wider terminal, or --json", report->headings[shown]);
    mem_free(widths);
}

struct json *report_rows(const struct report *report)
{
    return json_share(report->rows);
}

bool report_answer(struct report *report, bool as_json, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    bool done = false;

    if (as_json) {
        done = answer_json(json_share(report->rows), error);
    } else {
        report_cells(report, &out);
        done = answer_text(&out, error);
    }
    report_free(report);
    return done;
}
