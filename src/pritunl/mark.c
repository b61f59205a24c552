/* SPDX-License-Identifier: MIT */
#include "pritunl/mark.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"
#include "pritunl/admin.h"
#include "pritunl/change.h"
#include "pritunl/field.h"
#include "pritunl/write.h"

#define MS_PER_S INT64_C(1000)
#define MINUTE_S INT64_C(60)
#define HOUR_S INT64_C(3600)
#define DAY_S INT64_C(86400)
#define YEAR_S (365 * DAY_S)
#define FOR_ZERO_S (10 * YEAR_S)
#define LONGEST_S (100 * YEAR_S)

#define SLUG_MAX 32
#define DIGEST_BYTES 6
#define PASSWORD_LENGTH 64

#define CODE_DUPLICATE_KEY 11000

bool mark_read(const struct db_document *document, struct mark *mark)
{
    struct db_value id = db_field(document, "_id");
    struct db_value username = db_field(document, "username");
    struct db_value label = db_field(document, MARK_FIELD ".label");
    struct db_value issuer = db_field(document, MARK_FIELD ".issuer");
    struct db_value replaces = db_field(document, MARK_FIELD ".replaces");
    struct db_value issued_at = db_field(document, MARK_FIELD ".issued_at");
    struct db_value expires_at = db_field(document, MARK_FIELD ".expires_at");
    struct mark found = {.issued_ms = issued_at.integer, .expires_ms = expires_at.integer};
    char *name = NULL;
    bool is_ours = false;

    found.label = field_text(&label);
    found.issuer = field_text(&issuer);
    found.replaces = field_text(&replaces);
    name = field_text(&username);
    is_ours = id.type == DB_ID && name != NULL && found.label != NULL && *found.label != '\0' &&
              found.issuer != NULL && issued_at.type == DB_DATE && expires_at.type == DB_DATE;
    mem_free(name);
    if (is_ours && mark != NULL)
        *mark = found;
    else
        mark_clear(&found);
    return is_ours;
}

void mark_clear(struct mark *mark)
{
    mem_free(mark->label);
    mem_free(mark->issuer);
    mem_free(mark->replaces);
    *mark = (struct mark){0};
}

bool mark_is_same(const struct admin *one, const struct admin *other)
{
    static const char *const names[] = {"_id",    "username", MARK_FIELD, "token",
                                        "secret", "auth_api", "disabled"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct db_value here = db_field(one->document, names[i]);
        struct db_value there = db_field(other->document, names[i]);

        if (!db_value_equal(&here, &there))
            return false;
    }
    return true;
}

/* In seconds; 0 where text is none, or longer than any may be. */
static int64_t read_lifetime(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', MINUTE_S}, {'h', HOUR_S}, {'d', DAY_S}, {'y', YEAR_S}};
    int64_t number = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9'; p++) {
        number = 10 * number + (*p - '0');
        if (number > LONGEST_S)
            return 0;
    }
    if (p == text || (*p != '\0' && p[1] != '\0'))
        return 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*p == units[i].unit) {
            int64_t seconds = number == 0 ? FOR_ZERO_S : number * units[i].seconds;

            return seconds <= LONGEST_S ? seconds : 0;
        }
    return 0;
}

bool mark_lifetime(const char *text, int64_t *lifetime_ms, struct error *error)
{
    int64_t seconds = read_lifetime(text);

    *lifetime_ms = seconds * MS_PER_S;
    if (seconds > 0)
        return true;
    error_set(
        error, ERROR_USAGE,
        "lifetime: a whole number of s, m, h, d or y is wanted (seconds without a unit, 0 for "
        "ten years), a hundred years at most");
    return error_try(error, "--lifetime 5h");
}

bool mark_label(const char *label, struct error *error)
{
    size_t left = strlen(label);
    size_t characters = 0;
    bool blank = true;

    while (left > 0) {
        uint32_t point = 0;
        size_t size = text_decode(label, left, &point);

        if (size == 0 || text_is_control(point))
            return error_set(error, ERROR_USAGE,
                             "label: a control character, or a byte that is not UTF-8");
        if (text_is_invisible(point))
            return error_set(error, ERROR_USAGE,
                             "label: it must hold no invisible character, and no blank but ' '");
        if (point == ',')
            return error_set(error, ERROR_USAGE, "label: it must hold no comma");
        blank = blank && point == ' ';
        label += size;
        left -= size;
        characters++;
    }
    if (blank)
        return error_set(error, ERROR_USAGE, "label: it must not be blank");
    if (characters > MARK_LABEL_MAX)
        return error_set(error, ERROR_USAGE, "label: %zu characters, and at most %d are taken",
                         characters, MARK_LABEL_MAX);
    return true;
}

char *mark_username(const char *label)
{
    struct buf name = BUF_EMPTY(BUF_MAX);
    uint8_t digest[CRYPTO_SHA256_SIZE] = {0};

    buf_add_text(&name, "temp-");
    for (const char *p = label; *p != '\0' && name.length < SLUG_MAX; p++) {
        char letter = *p;

        if (letter >= 'A' && letter <= 'Z')
            letter = (char)(letter - 'A' + 'a');
        if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
            buf_add(&name, &letter, 1);
        else if (!text_ends(buf_text(&name), "-"))
            buf_add_text(&name, "-");
    }
    if (!text_ends(buf_text(&name), "-"))
        buf_add_text(&name, "-");
    crypto_sha256(label, strlen(label), digest);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        buf_add_format(&name, "%02x", digest[i]);
    return buf_take(&name);
}

void mark_left(const struct mark *mark, int64_t now_ms, char text[MARK_LEFT_SIZE])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{YEAR_S, 'y'}, {DAY_S, 'd'}, {HOUR_S, 'h'}, {MINUTE_S, 'm'}, {1, 's'}};
    int64_t left = (mark->expires_ms - now_ms + MS_PER_S - 1) / MS_PER_S;
    size_t i = 0;

    if (mark->expires_ms <= now_ms) {
        snprintf(text, MARK_LEFT_SIZE, "expired");
        return;
    }
    while (left < units[i].seconds)
        i++;
    if (units[i].seconds == 1 || left % units[i].seconds / units[i + 1].seconds == 0)
        snprintf(text, MARK_LEFT_SIZE, "%lld %c", (long long)(left / units[i].seconds),
                 units[i].unit);
    else
        snprintf(text, MARK_LEFT_SIZE, "%lld %c %lld %c", (long long)(left / units[i].seconds),
                 units[i].unit, (long long)(left % units[i].seconds / units[i + 1].seconds),
                 units[i + 1].unit);
}

static void add_mark(struct db_builder *document, const struct mark_plan *plan)
{
    struct db_builder *mark = db_build();

    db_build_add(mark, "label", db_text(plan->label));
    db_build_add(mark, "issuer", db_text(plan->issuer));
    db_build_add(mark, "issued_at", db_date(plan->now_ms));
    db_build_add(mark, "expires_at", db_date(plan->now_ms + plan->lifetime_ms));
    if (plan->replaces != NULL)
        db_build_add(mark, "replaces", db_text(plan->replaces));
    db_build_add(document, MARK_FIELD, db_build_value(mark));
    db_build_free(mark);
}

/* In the order in which Pritunl's own come. */
static void add_fields(struct db_builder *document, const struct mark_plan *plan, const char *hash)
{
    static const char *const nulls[] = {"default_password",   "yubikey_id",     "otp_auth",
                                        "otp_secret",         "local_otp_auth", "local_otp_code",
                                        "local_otp_timestamp"};
    struct db_builder *nothing = db_build();
    char *username = mark_username(plan->label);
    uint8_t id[DB_ID_SIZE];

    db_build_add(document, "_id", db_new_id(id));
    db_build_add(document, "username", db_text(username));
    db_build_add(document, "password", db_text(hash));
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        db_build_add(document, nulls[i], db_null());
    db_build_add(document, "auth_api", db_bool(true));
    db_build_add(document, "token", db_text(plan->token));
    db_build_add(document, "secret", db_text(plan->secret));
    db_build_add(document, "default", db_null());
    db_build_add(document, "disabled", db_null());
    db_build_add(document, "sessions", db_build_array(nothing));
    db_build_add(document, "super_user", db_bool(plan->super_user));
    add_mark(document, plan);
    mem_free(username);
    db_build_free(nothing);
}

struct db_document *mark_document(const struct mark_plan *plan)
{
    char password[PASSWORD_LENGTH + 1];
    struct db_builder *builder = NULL;
    struct db_document *document = NULL;
    char *hash = NULL;

    crypto_random_text(password, PASSWORD_LENGTH);
    hash = password_hash(password);
    mem_wipe(password, sizeof password);
    if (hash == NULL)
        return NULL;
    builder = db_build();
    add_fields(builder, plan, hash);
    document = db_document_new(builder);
    db_build_free(builder);
    mem_free(hash);
    return document;
}

struct db_document *mark_without_pair(const struct db_document *document)
{
    static const char *const names[] = {"_id",      "username",   "auth_api",
                                        "disabled", "super_user", MARK_FIELD};
    struct db_builder *builder = db_build();
    struct db_document *rest = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        db_build_add(builder, names[i], db_field(document, names[i]));
    rest = db_document_new(builder);
    db_build_free(builder);
    return rest;
}

/* ---- in the database ---- */

enum presence { PRESENCE_UNKNOWN, PRESENCE_NONE, PRESENCE_SAME, PRESENCE_OTHER };

/* What stands there under the document's _id. */
static enum presence find_presence(struct db *db, const struct db_document *document,
                                   struct error *error)
{
    struct db_builder *projection = db_build();
    struct db_param params[] = {{"id", db_field(document, "_id")}, {"projection", {0}}};
    struct db_rows *rows = NULL;
    enum presence presence = PRESENCE_UNKNOWN;

    db_build_add(projection, "username", db_int(1));
    db_build_add(projection, MARK_FIELD, db_int(1));
    params[1].value = db_build_value(projection);
    if (db_query(db, QUERY_DOCUMENT, params, 2, &rows, error)) {
        presence = PRESENCE_NONE;
        if (db_rows_count(rows) > 0) {
            struct db_value name = db_field(document, "username");
            struct db_value mark = db_field(document, MARK_FIELD);
            struct db_value name_there = db_field(db_rows_at(rows, 0), "username");
            struct db_value mark_there = db_field(db_rows_at(rows, 0), MARK_FIELD);

            presence = db_value_equal(&name, &name_there) && db_value_equal(&mark, &mark_there)
                           ? PRESENCE_SAME
                           : PRESENCE_OTHER;
        }
    }
    db_rows_free(rows);
    db_build_free(projection);
    return presence;
}

static bool fail_unknown(const char *what, struct error *error)
{
    struct error why = *error;

    error_set(error, ERROR_DATABASE, "it is not known whether the administrator %s: %s", what,
              why.text);
    error_blame(error, why.cause);
    return error_try(error, "pritunl-access list --issued");
}

/* Somebody else has the name, unless an earlier attempt came through after all. */
static enum db_outcome send_insert(struct db *db, const void *what, struct error *error)
{
    struct db_builder *whole = db_build();
    struct db_param params[] = {{"document", {0}}};
    enum db_outcome outcome = DB_FAILED;

    db_build_all(whole, what);
    params[0].value = db_build_value(whole);
    outcome = db_write(db, QUERY_ISSUE, params, 1, NULL, error);
    db_build_free(whole);
    return outcome == DB_FAILED && db_code(db) == CODE_DUPLICATE_KEY ? DB_NOTHING : outcome;
}

static enum write_seen look_at_insert(struct db *db, const void *what, struct error *error)
{
    static const enum write_seen seen[] = {[PRESENCE_UNKNOWN] = WRITE_SEEN_NOTHING,
                                           [PRESENCE_NONE] = WRITE_SEEN_BEFORE,
                                           [PRESENCE_SAME] = WRITE_SEEN_AFTER,
                                           [PRESENCE_OTHER] = WRITE_SEEN_OTHER};

    return seen[find_presence(db, what, error)];
}

bool mark_insert(struct db *db, const struct db_document *document, bool *confirmed,
                 struct error *error)
{
    const struct write write = {document, send_insert, look_at_insert};
    enum write_end end = write_until_known(db, &write, confirmed, error);

    if (end == WRITE_DONE)
        return true;
    if (end == WRITE_REFUSED)
        return false;
    if (end == WRITE_UNKNOWN)
        return fail_unknown("was made", error);
    error_set(error, ERROR_USAGE, "the label is in use: nothing was changed");
    return error_try(error, "another label; pritunl-access list --issued");
}

struct removal {
    const struct db_document *document;
    bool pins_pair;
};

static enum db_outcome send_removal(struct db *db, const void *what, struct error *error)
{
    const struct removal *removal = what;
    const struct db_document *document = removal->document;
    struct db_builder *filter = db_build();
    struct db_param params[] = {{"filter", {0}}};
    enum db_outcome outcome = DB_FAILED;

    db_build_add(filter, "_id", db_field(document, "_id"));
    change_match(filter, "username", db_field(document, "username"));
    change_match(filter, MARK_FIELD, db_field(document, MARK_FIELD));
    if (removal->pins_pair) {
        change_match(filter, "token", db_field(document, "token"));
        change_match(filter, "secret", db_field(document, "secret"));
    }
    params[0].value = db_build_value(filter);
    outcome = db_write(db, QUERY_REVOKE, params, 1, NULL, error);
    db_build_free(filter);
    return outcome;
}

static enum write_seen look_at_removal(struct db *db, const void *what, struct error *error)
{
    static const enum write_seen seen[] = {[PRESENCE_UNKNOWN] = WRITE_SEEN_NOTHING,
                                           [PRESENCE_NONE] = WRITE_SEEN_AFTER,
                                           [PRESENCE_SAME] = WRITE_SEEN_BEFORE,
                                           [PRESENCE_OTHER] = WRITE_SEEN_OTHER};
    const struct removal *removal = what;

    return seen[find_presence(db, removal->document, error)];
}

bool mark_remove(struct db *db, const struct db_document *document, bool pins_pair,
                 struct error *error)
{
    const struct removal removal = {document, pins_pair};
    const struct write write = {&removal, send_removal, look_at_removal};
    bool confirmed = true;
    enum write_end end = write_until_known(db, &write, &confirmed, error);

    if (end == WRITE_DONE)
        return true;
    if (end == WRITE_REFUSED)
        return false;
    if (end == WRITE_UNKNOWN)
        return fail_unknown("was deleted", error);
    error_set(error, ERROR_CONFLICT,
              "the administrator was changed by someone else meanwhile; it was not deleted");
    return error_try(error, "pritunl-access list --issued");
}
