/* SPDX-License-Identifier: MIT */
#include "step/renew.h"

#include "base/mem.h"
#include "base/term.h"
#include "io/crypto.h"
#include "pritunl/token.h"

#define LENGTH 32 /* of Pritunl's own tokens and secrets */
#define TRIES 3   /* of 62 to the power of 32 */

bool renew_pair(struct db *db, struct change *change, struct error *error)
{
    char text[LENGTH + 1];
    bool taken = true;

    for (int i = 0; taken && i < TRIES; i++) {
        crypto_random_text(text, LENGTH);
        if (!token_is_taken(db, text, &taken, error)) {
            mem_wipe(text, sizeof text);
            return false;
        }
    }
    if (taken) {
        mem_wipe(text, sizeof text);
        return error_set(error, ERROR_DATABASE,
                         "the database says of %d random tokens that each is in use: its answers "
                         "cannot be believed",
                         TRIES);
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
    if (token_is_earlier(db, admin, &other, &why)) {
        term_note("the token is also that of %s: a new pair is made", other);
        mem_free(other);
        return renew_pair(db, change, error);
    }
    if (why.kind == ERROR_NONE)
        return true;
    *error = why;
    return false;
}
