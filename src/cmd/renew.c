/* SPDX-License-Identifier: MIT */
#include "cmd/renew.h"

#include "base/mem.h"
#include "base/term.h"
#include "io/crypto.h"
#include "pritunl/cluster.h"

#define LENGTH 32 /* of Pritunl's own tokens and secrets */

static bool is_taken(struct db *db, const char *token, bool *taken, struct error *error)
{
    const struct db_param params[] = {{"token", db_text(token)}};
    struct db_rows *rows = NULL;

    if (!db_query(db, QUERY_TOKEN_HOLDERS, params, 1, &rows, error))
        return false;
    *taken = db_rows_count(rows) > 0;
    db_rows_free(rows);
    return true;
}

bool renew_pair(struct db *db, struct change *change, struct error *error)
{
    char text[LENGTH + 1];
    bool taken = true;

    while (taken) {
        crypto_random_text(text, LENGTH);
        if (!is_taken(db, text, &taken, error)) {
            mem_wipe(text, sizeof text);
            return false;
        }
    }
    change_set(change, "token", db_text(text));
    crypto_random_text(text, LENGTH);
    change_set(change, "secret", db_text(text));
    mem_wipe(text, sizeof text);
    return true;
}

bool renew_where_unusable(struct db *db, const struct admin *admin, struct change *change,
                          struct error *error)
{
    char *other = NULL;
    struct error why = {0};

    change_pin(change, "token");
    change_pin(change, "secret");
    if (!admin_can_sign(admin))
        return renew_pair(db, change, error);
    if (cluster_earlier(db, admin, &other, &why)) {
        term_note("the token is also that of %s: a new pair is made", other);
        mem_free(other);
        return renew_pair(db, change, error);
    }
    if (why.kind == ERROR_NONE)
        return true;
    *error = why;
    return false;
}
