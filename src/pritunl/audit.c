/* SPDX-License-Identifier: MIT */
#include "pritunl/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/term.h"

/* Which row speaks of whom. */
struct mention {
    char id[DB_ID_TEXT_SIZE];
    size_t row;
};

struct mentions {
    struct mention *items; /* by _id, then by row */
    size_t count;
};

struct audit {
    struct db_rows *lines;
    struct mentions about; /* the lines */
};

static int compare_mentions(const void *left, const void *right)
{
    const struct mention *a = left;
    const struct mention *b = right;
    int order = strcmp(a->id, b->id);

    if (order != 0)
        return order;
    return (a->row > b->row) - (a->row < b->row);
}

/* Pritunl's _ids are ObjectIds. */
static struct mentions find_mentions(const struct db_rows *rows)
{
    size_t count = rows != NULL ? db_rows_count(rows) : 0;
    struct mentions found = {.items = mem_zero(count + 1, sizeof *found.items)};

    for (size_t i = 0; i < count; i++) {
        struct db_value value = db_field(db_rows_at(rows, i), "user_id");

        if (value.type != DB_ID)
            continue;
        db_id_text(&value, found.items[found.count].id);
        found.items[found.count++].row = i;
    }
    qsort(found.items, found.count, sizeof *found.items, compare_mentions);
    return found;
}

/* The first one of this administrator, or where it would stand. */
static size_t first_mention(const struct mentions *mentions, const struct admin *admin)
{
    size_t low = 0;
    size_t high = mentions->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(mentions->items[middle].id, admin->id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_mentioned(const struct mentions *mentions, size_t index, const struct admin *admin)
{
    return index < mentions->count && strcmp(mentions->items[index].id, admin->id) == 0;
}

struct audit *audit_read(struct db *db, struct error *error)
{
    struct audit *audit = NULL;
    struct db_rows *lines = NULL;

    if (!db_query(db, QUERY_AUDIT_LINES, NULL, 0, &lines, error)) {
        if (error->cause != CAUSE_DATABASE_PERMISSION)
            return NULL;
        term_warn("the audit log was not read: %s", error->text);
    }
    audit = mem_zero(1, sizeof *audit);
    audit->lines = lines;
    audit->about = find_mentions(lines);
    return audit;
}

void audit_free(struct audit *audit)
{
    if (audit == NULL)
        return;
    db_rows_free(audit->lines);
    mem_free(audit->about.items);
    mem_free(audit);
}

static const char *text_or_null(const struct db_value *value)
{
    return value->type == DB_TEXT ? value->text : NULL;
}

bool audit_line(const struct audit *audit, const struct admin *admin, size_t index,
                struct audit_line *line)
{
    size_t at = first_mention(&audit->about, admin) + index;
    const struct db_document *row = NULL;
    struct db_value time = {0};
    struct db_value type = {0};
    struct db_value message = {0};

    if (!is_mentioned(&audit->about, at, admin))
        return false;
    row = db_rows_at(audit->lines, audit->about.items[at].row);
    time = db_field(row, "timestamp");
    type = db_field(row, "type");
    message = db_field(row, "message");
    *line = (struct audit_line){.time_ms = time.type == DB_DATE ? time.integer : -1,
                                .type = text_or_null(&type),
                                .message = text_or_null(&message)};
    return true;
}
