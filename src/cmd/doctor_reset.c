/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_reset.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/record.h"

#define MS_PER_S 1000

static void note_older(struct evidence *evidence, const struct admin *admin, const char *what,
                       int64_t older_ms)
{
    char older[CLOCK_TEXT_SIZE];
    char made[CLOCK_TEXT_SIZE];

    clock_text(older_ms, older);
    clock_text(admin_made_ms(admin), made);
    evidence->renewed = admin;
    snprintf(evidence->older, sizeof evidence->older, "made on %s, and %s is of %s", made, what,
             older);
}

/* The last undo record of another document of that name; a document's time is in whole seconds. */
static void compare_undo_records(struct evidence *evidence, const struct admin *admin)
{
    char *place = record_place(evidence->db);
    struct record *records = NULL;
    struct error ignored;
    size_t count = 0;

    if (record_list(place, &records, &count, &ignored))
        for (size_t i = count; i-- > 0 && evidence->renewed == NULL;)
            if (text_equal(records[i].change->administrator, admin->username) &&
                !admin_is_of(admin, records[i].change->before) &&
                records[i].time_ms / MS_PER_S <= admin_made_ms(admin) / MS_PER_S) {
                char what[96];

                snprintf(what, sizeof what, "undo record %s", records[i].id);
                note_older(evidence, admin, what, records[i].time_ms);
            }
    record_list_free(records, count);
    mem_free(place);
}

/* The file of the pair, where it lies in one. */
static void compare_pair_file(struct evidence *evidence, const struct admin *admin)
{
    const struct session_options *options = session_options(evidence->place);
    const char *where =
        options->source_count > 0 ? options->sources[options->source_count - 1] : "";
    struct stat info;

    if (text_starts(where, "file:") && stat(where + strlen("file:"), &info) == 0 &&
        (int64_t)info.st_mtime * MS_PER_S < admin_made_ms(admin))
        note_older(evidence, admin, "the file", (int64_t)info.st_mtime * MS_PER_S);
}

void reset_look(struct evidence *evidence)
{
    for (size_t i = 0; evidence->read && i < snapshot_count(evidence->snapshot); i++) {
        const struct admin *admin = snapshot_admin(evidence->snapshot, i);

        if (evidence->renewed != NULL || !admin->default_password || admin->username == NULL ||
            admin_made_ms(admin) < 0)
            continue;
        if (evidence->pair != NULL && evidence->admin == NULL)
            compare_pair_file(evidence, admin);
        else if (admin == evidence->admin && !evidence->judges_pair)
            compare_undo_records(evidence, admin);
    }
}

void reset_remedy(const struct evidence *evidence, char *text, size_t size)
{
    char enable[256];

    cause_write_remedy(CAUSE_API_DISABLED, evidence->renewed->username, enable, sizeof enable);
    snprintf(
        text, size,
        "pritunl-access restore FILE, of a snapshot from before; without one %s, and export again",
        enable);
}
