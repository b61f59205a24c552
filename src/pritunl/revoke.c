/* SPDX-License-Identifier: MIT */
#include "pritunl/revoke.h"

#include "base/ending.h"
#include "pritunl/mark.h"
#include "pritunl/snapshot.h"

/* All of the document, to put it back; *whole is NULL where it is gone already. */
static bool read_whole(struct db *db, const struct admin *admin, struct db_document **whole,
                       struct error *error)
{
    struct db_builder *everything = db_build();
    struct db_param params[] = {{"id", db_field(admin->document, "_id")},
                                {"projection", db_build_value(everything)}};
    struct db_rows *rows = NULL;
    bool done = db_query(db, QUERY_DOCUMENT, params, 2, &rows, error);

    *whole = done && db_rows_count(rows) > 0 ? db_document_dup(db_rows_at(rows, 0)) : NULL;
    db_rows_free(rows);
    db_build_free(everything);
    return done;
}

/* Is an enabled super user there? */
static bool look_for_super_user(struct db *db, bool *found, struct error *error)
{
    const struct snapshot_query everybody = {.silent = true};
    struct snapshot *snapshot = snapshot_read(db, &everybody, error);
    bool done = snapshot != NULL || error->cause == CAUSE_DATABASE_EMPTY;

    *found = false;
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        *found = *found || (admin->super_user && !admin->disabled);
    }
    snapshot_free(snapshot);
    return done;
}

static bool see_after(struct db *db, const struct admin *admin, const struct db_document *whole,
                      struct error *error)
{
    struct error why = {0};
    bool confirmed = true;
    bool found = false;

    if (!look_for_super_user(db, &found, &why)) {
        error_set(error, ERROR_DATABASE,
                  "%s was deleted, and whether another super user is left is not known: %s",
                  admin_name(admin), why.text);
        error_blame(error, why.cause);
        return error_try(error, "pritunl-access list");
    }
    if (found || whole == NULL)
        return true;
    if (mark_insert(db, whole, &confirmed, &why)) {
        ending_note(ENDING_WRITE, NULL);
        return error_set(error, ERROR_REFUSED, "the last enabled super user is never removed");
    }
    error_set(error, ERROR_DATABASE,
              "%s was the last enabled super user, was deleted, and could not be put back: %s",
              admin_name(admin), why.text);
    error_blame(error, why.cause);
    return error_try(error, "pritunl-access issue LABEL --super");
}

bool revoke_admin(struct db *db, const struct admin *admin, bool pins_pair, struct error *error)
{
    bool guarded = admin->super_user && !admin->disabled;
    struct db_document *whole = NULL;
    bool done = (!guarded || read_whole(db, admin, &whole, error)) &&
                mark_remove(db, admin->document, pins_pair, error) &&
                (!guarded || see_after(db, admin, whole, error));

    db_document_free(whole);
    return done;
}
