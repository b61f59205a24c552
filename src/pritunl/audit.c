/* SPDX-License-Identifier: MIT */
#include "pritunl/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/version.h"

#define FIRST_RIGHT_MS 1764720000000 /* 2025-12-03: when VERSION_STRICT was made */

/* Which row speaks of whom. */
struct mention {
    char id[DB_ID_TEXT_SIZE];
    size_t row;
};

struct audit {
    struct db_rows *lines;    /* NULL where they may not be read */
    struct mention *mentions; /* by _id, then by row */
    size_t count;
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
static void find_mentions(struct audit *audit)
{
    size_t count = audit->lines != NULL ? db_rows_count(audit->lines) : 0;

    audit->mentions = mem_zero(count + 1, sizeof *audit->mentions);
    for (size_t i = 0; i < count; i++) {
        struct db_value id = db_field(db_rows_at(audit->lines, i), "user_id");

        if (id.type != DB_ID)
            continue;
        db_id_text(&id, audit->mentions[audit->count].id);
        audit->mentions[audit->count++].row = i;
    }
    qsort(audit->mentions, audit->count, sizeof *audit->mentions, compare_mentions);
}

/* The first one of this administrator, or where it would stand. */
static size_t first_mention(const struct audit *audit, const struct admin *admin)
{
    size_t low = 0;
    size_t high = audit->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(audit->mentions[middle].id, admin->id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct audit *audit_read(struct db *db, struct error *error)
{
    struct db_rows *lines = NULL;
    struct audit *audit = NULL;

    if (!db_query(db, QUERY_AUDIT_LINES, NULL, 0, &lines, error)) {
        if (error->cause != CAUSE_DATABASE_PERMISSION)
            return NULL;
        term_warn("the audit log was not read: %s", error->text);
    }
    audit = mem_zero(1, sizeof *audit);
    audit->lines = lines;
    find_mentions(audit);
    return audit;
}

void audit_free(struct audit *audit)
{
    if (audit == NULL)
        return;
    db_rows_free(audit->lines);
    mem_free(audit->mentions);
    mem_free(audit);
}

static const char *text_or_null(const struct db_value *value)
{
    return value->type == DB_TEXT ? value->text : NULL;
}

bool audit_line(const struct audit *audit, const struct admin *admin, size_t index,
                struct audit_line *line)
{
    size_t at = first_mention(audit, admin) + index;
    const struct db_document *row = NULL;
    struct db_value time = {0};
    struct db_value type = {0};
    struct db_value message = {0};

    if (at >= audit->count || strcmp(audit->mentions[at].id, admin->id) != 0)
        return false;
    row = db_rows_at(audit->lines, audit->mentions[at].row);
    time = db_field(row, "timestamp");
    type = db_field(row, "type");
    message = db_field(row, "message");
    *line = (struct audit_line){.time_ms = time.type == DB_DATE ? time.integer : -1,
                                .type = text_or_null(&type),
                                .message = text_or_null(&message)};
    return true;
}

const char *audit_note(const struct audit_line *line, const struct server *server)
{
    static const char about[] = "Administrator token authentication ";
    enum known right = version_since(server, VERSION_STRICT);
    bool on = false;

    if (!text_starts(line->message, about))
        return NULL;
    on = text_equal(line->message + strlen(about), "disabled");
    if (!on && !text_equal(line->message + strlen(about), "enabled"))
        return NULL;
    if (right == KNOWN_NO || (line->time_ms >= 0 && line->time_ms < FIRST_RIGHT_MS))
        return on ? "the wrong way round, as before Pritunl " VERSION_STRICT ": it was switched on"
                  : "the wrong way round, as before Pritunl " VERSION_STRICT
                    ": it was switched off";
    return right == KNOWN_NOT ? "or the reverse: before Pritunl " VERSION_STRICT
                                " it is written the wrong way round"
                              : NULL;
}
