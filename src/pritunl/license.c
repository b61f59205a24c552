/* SPDX-License-Identifier: MIT */
#include "pritunl/license.h"

#include "pritunl/field.h"

char *license_read(struct db *db, struct error *error)
{
    struct db_rows *rows = NULL;
    struct db_value value = {0};
    char *license = NULL;

    if (!db_query(db, QUERY_LICENSE, NULL, 0, &rows, error))
        return NULL;
    if (db_rows_count(rows) > 0)
        value = db_field(db_rows_at(rows, 0), "license");
    if (value.length > 0)
        license = field_text(&value);
    db_rows_free(rows);
    if (license == NULL)
        error_set(error, ERROR_UNUSABLE, "the database %s holds no licence key", db_name(db));
    return license;
}
