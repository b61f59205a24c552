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

/*
 * A database may have a hundred thousand administrators: a row becomes text as soon as it is whole,
 * and JSON leaves while it grows.
 */
struct report {
    enum report_form form;
    const char *const *headings;
    size_t columns; /* of a table; else 0 */
    char **lines;   /* the headings first; each the texts of its cells, one behind the other */
    size_t count;
    char **cells;      /* of the line that is not whole yet; NULL: empty */
    struct json *row;  /* likewise; NULL in a table */
    struct json *rows; /* those that are kept */
    struct buf out;    /* those that leave */
    struct error error;
    bool failed;
};

/* ---- rows ---- */

static void set_cell(struct report *report, const char *heading, const char *text)
{
    char *printable = NULL;

    for (size_t i = 0; heading != NULL && text != NULL && i < report->columns; i++) {
        if (!text_equal(report->headings[i], heading))
            continue;
        printable = text_printable(text, strlen(text));
        mem_free(report->cells[i]);
        report->cells[i] = text_fit(printable, CELL_MAX);
        mem_free(printable);
    }
}

static void end_line(struct report *report)
{
    struct buf line = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; i < report->columns; i++) {
        const char *cell = report->cells[i] != NULL ? report->cells[i] : "";

        buf_add(&line, cell, strlen(cell) + 1);
        mem_free(report->cells[i]);
        report->cells[i] = NULL;
    }
    /* 0, 1, 2, 4 …: double the room */
    if ((report->count & (report->count - 1)) == 0)
        report->lines = mem_grow(report->lines, (2 * report->count + 1) * sizeof *report->lines);
    report->lines[report->count++] = mem_copy(buf_text(&line), line.length);
    buf_free(&line);
}

/* As json_write() does inside an array. */
static void write_element(const struct json *row, struct buf *out)
{
    struct buf text = BUF_EMPTY(BUF_MAX);

    json_write(row, ANSWER_INDENT, &text);
    for (const char *at = buf_text(&text); *at != '\0';) {
        size_t length = strcspn(at, "\n");

        buf_add_format(out, "\n%*s", ANSWER_INDENT, "");
        buf_add(out, at, length);
        at += length + (at[length] == '\n');
    }
    buf_free(&text);
}

/* What was begun is whole. */
static void end_row(struct report *report)
{
    if (report->form == REPORT_TABLE) {
        end_line(report);
    } else if (report->row != NULL && report->form == REPORT_ROWS) {
        json_add(report->rows, report->row);
    } else if (report->row != NULL) {
        buf_add_text(&report->out, report->count++ > 0 ? "," : "[");
        write_element(report->row, &report->out);
        json_free(report->row);
        report->failed = report->failed || !answer_piece(&report->out, &report->error);
    }
    report->row = NULL;
}

struct report *report_new(const char *const *headings, enum report_form form)
{
    struct report *report = mem_zero(1, sizeof *report);

    report->form = form;
    report->out.max = BUF_MAX;
    if (form == REPORT_ROWS)
        report->rows = json_make_array();
    if (form != REPORT_TABLE)
        return report;
    report->headings = headings;
    while (headings[report->columns] != NULL)
        report->columns++;
    report->cells = mem_zero(report->columns, sizeof *report->cells);
    for (size_t i = 0; i < report->columns; i++)
        set_cell(report, headings[i], headings[i]);
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; report->lines != NULL && i < report->count; i++)
        mem_free(report->lines[i]);
    for (size_t i = 0; i < report->columns; i++)
        mem_free(report->cells[i]);
    mem_free(report->lines);
    mem_free(report->cells);
    json_free(report->row);
    json_free(report->rows);
    buf_free(&report->out);
    mem_free(report);
}

void report_row(struct report *report)
{
    end_row(report);
    if (report->form != REPORT_TABLE)
        report->row = json_make_object();
}

/* In a table there is no row to put it into. */
static void set_value(struct report *report, const char *key, struct json *value)
{
    if (key != NULL && report->row != NULL)
        json_put(report->row, key, value);
    else
        json_free(value);
}

void report_text(struct report *report, const char *key, const char *heading, const char *text)
{
    set_value(report, key, json_make_text(text));
    set_cell(report, heading, text);
}

void report_bool(struct report *report, const char *key, const char *heading, bool value)
{
    if (key != NULL && report->row != NULL)
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
    set_value(report, key, list);
    set_cell(report, heading, buf_text(&joined));
    buf_free(&joined);
}

void report_json(struct report *report, const char *key, struct json *value)
{
    set_value(report, key, value);
}

void report_int(struct report *report, const char *key, int64_t value)
{
    if (report->row != NULL)
        json_put_int(report->row, key, value);
}

/* ---- the table ---- */

static const char *cell_at(const char *line, size_t column)
{
    for (; column > 0; column--)
        line += strlen(line) + 1;
    return line;
}

static size_t column_width(const struct report *report, size_t column)
{
    size_t widest = 0;

    for (size_t i = 0; i < report->count; i++) {
        size_t columns = text_columns(cell_at(report->lines[i], column));

        widest = columns > widest ? columns : widest;
    }
    return widest;
}

/* How the table is laid out: the columns that are shown, and what the last of them is cut to. */
struct layout {
    size_t *widths;
    size_t shown;
    size_t last_max;
    bool coloured;
};

/*
 * As many columns as a terminal of that width has room for: the last of them gives way first, to
 * what it can spare and then altogether.
 */
static void fit_columns(struct layout *layout, size_t room)
{
    for (; layout->shown > 1; layout->shown--) {
        size_t last = layout->shown - 1;
        size_t before = 0;

        for (size_t column = 0; column < last; column++)
            before += layout->widths[column] + GAP;
        if (before + layout->widths[last] <= room)
            return;
        if (before + COLUMN_MIN <= room) {
            layout->last_max = room - before;
            return;
        }
    }
    layout->last_max = room;
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

static void add_line(const struct layout *layout, const char *line, struct buf *out)
{
    size_t pad = 0; /* owed by the cells so far; never written at the end of a line */

    for (size_t column = 0; column < layout->shown; column++) {
        bool is_last = column + 1 == layout->shown;
        const char *cell = cell_at(line, column);
        char *cut = is_last ? text_fit_words(cell, layout->last_max) : NULL;

        if (*cell != '\0') {
            buf_add_format(out, "%*s", (int)pad, "");
            add_cell(out, is_last ? cut : cell, layout->coloured);
        }
        pad = (*cell != '\0' ? 0 : pad) + layout->widths[column] - text_columns(cell) + GAP;
        mem_free(cut);
    }
    buf_add_text(out, "\n");
}

static void lay_out(const struct report *report, struct layout *layout)
{
    bool terminal = term_is_terminal(STDOUT_FILENO);

    layout->widths = mem_zero(report->columns, sizeof *layout->widths);
    layout->shown = report->columns;
    layout->last_max = CELL_MAX;
    layout->coloured = terminal && term_style()->color;
    for (size_t column = 0; column < report->columns; column++)
        layout->widths[column] = column_width(report, column);
    if (terminal)
        fit_columns(layout, (size_t)term_columns(STDOUT_FILENO));
    if (layout->shown < report->columns)
        term_note("no room for %s: take a wider terminal, or --json",
                  report->headings[layout->shown]);
}

/* Whole into out, or through it to standard output. */
static bool write_table(struct report *report, struct buf *out, bool leaves, struct error *error)
{
    struct layout layout;
    bool done = true;

    end_row(report);
    lay_out(report, &layout);
    for (size_t i = 0; done && i < report->count; i++) {
        add_line(&layout, report->lines[i], out);
        done = !leaves || answer_piece(out, error);
    }
    mem_free(layout.widths);
    return done;
}

/* ---- the answer ---- */

void report_cells(struct report *report, struct buf *out)
{
    write_table(report, out, false, NULL);
}

struct json *report_rows(struct report *report)
{
    end_row(report);
    return json_share(report->rows);
}

static bool write_end(struct report *report, struct error *error)
{
    end_row(report);
    *error = report->error;
    buf_add_text(&report->out, report->count > 0 ? "\n]\n" : "[]\n");
    return !report->failed;
}

bool report_answer(struct report *report, struct error *error)
{
    bool done = report->form == REPORT_TABLE ? write_table(report, &report->out, true, error)
                                             : write_end(report, error);

    done = done && answer_text(&report->out, error);
    report_free(report);
    return done;
}
