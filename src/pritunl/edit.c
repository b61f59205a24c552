/* SPDX-License-Identifier: MIT */
#include "pritunl/edit.h"

#include "base/mem.h"
#include "base/term.h"
#include "io/crypto.h"
#include "pritunl/token.h"

#define PAIR_LENGTH 32 /* of Pritunl's own tokens and secrets */
#define PAIR_TRIES 3   /* of 62 to the power of 32 */

static struct change *begin_edit(const struct admin *admin, const char *command)
{
    return change_new(command, admin->username, admin->document);
}

static bool set_new_pair(struct db *db, struct change *change, struct error *error)
{
    char text[PAIR_LENGTH + 1];
    bool taken = true;

    for (int i = 0; taken && i < PAIR_TRIES; i++) {
        crypto_random_text(text, PAIR_LENGTH);
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
                         PAIR_TRIES);
    }
    change_set(change, "token", db_text(text));
    crypto_random_text(text, PAIR_LENGTH);
    change_set(change, "secret", db_text(text));
    mem_wipe(text, sizeof text);
    return true;
}

/* The same where the pair is missing, unusable or an earlier administrator's. */
static bool set_pair_where_unusable(struct db *db, const struct admin *admin, struct change *change,
                                    struct error *error)
{
    char *other = NULL;
    struct error why = {0};

    change_pin(change, "token");
    change_pin(change, "secret");
    if (!admin_can_sign(admin))
        return set_new_pair(db, change, error);
    if (token_is_earlier(db, admin, &other, &why)) {
        term_note("the token is also that of %s: a new pair is made", other);
        mem_free(other);
        return set_new_pair(db, change, error);
    }
    if (why.kind == ERROR_NONE)
        return true;
    *error = why;
    return false;
}

static struct change *end_edit(struct change *change, bool done)
{
    if (done)
        return change;
    change_free(change);
    return NULL;
}

struct change *edit_enable(struct db *db, const struct admin *admin, bool renews,
                           struct error *error)
{
    struct change *change = begin_edit(admin, "enable");

    change_set(change, "auth_api", db_bool(true));
    return end_edit(change, renews ? set_new_pair(db, change, error)
                                   : set_pair_where_unusable(db, admin, change, error));
}

struct change *edit_renew(struct db *db, const struct admin *admin, const char *command,
                          struct error *error)
{
    struct change *change = begin_edit(admin, command);

    return end_edit(change, set_new_pair(db, change, error));
}

struct change *edit_disable(struct db *db, const struct admin *admin, bool erases,
                            struct error *error)
{
    struct change *change = begin_edit(admin, "disable");

    if (admin->auth_api)
        change_set(change, "auth_api", db_bool(false));
    change_pin(change, "auth_api");
    return end_edit(change, !erases || set_new_pair(db, change, error));
}

struct change *edit_take_over(const struct admin *admin, const struct admin *other)
{
    struct change *change = begin_edit(admin, "rotate");

    change_set(change, "token", db_text(other->token));
    change_set(change, "secret", db_text(other->secret));
    change_pin(change, "auth_api");
    return change;
}

struct change *edit_recover(struct db *db, const struct admin *admin, struct error *error)
{
    static const char *const names[] = {
        "password", "default",    "default_password", "disabled",       "yubikey_id",
        "otp_auth", "otp_secret", "local_otp_auth",   "local_otp_code", "local_otp_timestamp"};
    struct db_builder *projection = db_build();
    struct db_param params[] = {{"id", db_field(admin->document, "_id")}, {"projection", {0}}};
    struct db_rows *rows = NULL;
    struct change *change = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        db_build_add(projection, names[i], db_int(1));
    params[1].value = db_build_value(projection);
    if (db_query(db, QUERY_DOCUMENT, params, 2, &rows, error)) {
        if (db_rows_count(rows) > 0)
            change = change_new("recover", admin->username, db_rows_at(rows, 0));
        else
            error_set(error, ERROR_NOT_FOUND, "%s is not there any more", admin_name(admin));
    }
    db_rows_free(rows);
    db_build_free(projection);
    return change;
}

/* What says nothing already stays as it is. */
static void set_where_said(struct change *change, const char *name, struct db_value value)
{
    struct db_value before = db_field(change->before, name);

    if (before.type != DB_ABSENT && before.type != DB_NULL)
        change_set(change, name, value);
}

bool edit_set_recovery(struct change *change, const struct edit_recovery *recovery,
                       struct error *error)
{
    char *hash = password_hash(recovery->password);
    struct db_builder *nothing = NULL;

    if (hash == NULL)
        return error_set(error, ERROR_OUTPUT, "this OpenSSL has no SHA-512");
    nothing = db_build();
    change_set(change, "password", db_text(hash));
    set_where_said(change, "default", db_null());
    set_where_said(change, "default_password", db_null());
    if (recovery->clear_otp) {
        set_where_said(change, "otp_auth", db_bool(false));
        set_where_said(change, "otp_secret", db_null());
        set_where_said(change, "local_otp_auth", db_bool(false));
        set_where_said(change, "local_otp_code", db_null());
        set_where_said(change, "local_otp_timestamp", db_null());
    }
    if (recovery->clear_yubikey)
        set_where_said(change, "yubikey_id", db_null());
    if (recovery->enable_account)
        set_where_said(change, "disabled", db_bool(false));
    change_blind(change, "sessions", db_build_array(nothing));
    db_build_free(nothing);
    mem_free(hash);
    return true;
}
