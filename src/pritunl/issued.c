/* SPDX-License-Identifier: MIT */
#include "pritunl/issued.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"
#include "pritunl/admin.h"

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

static char *copy_text(const struct db_value *value)
{
    if (value->type != DB_TEXT || memchr(value->text, '\0', value->length) != NULL ||
        !text_is_utf8(value->text, value->length))
        return NULL;
    return mem_copy(value->text, value->length);
}

bool issued_read(const struct db_document *document, struct issued *issued)
{
    struct db_value id = db_field(document, "_id");
    struct db_value username = db_field(document, "username");
    struct db_value label = db_field(document, ISSUED_FIELD ".label");
    struct db_value issuer = db_field(document, ISSUED_FIELD ".issuer");
    struct db_value replaces = db_field(document, ISSUED_FIELD ".replaces");
    struct db_value issued_at = db_field(document, ISSUED_FIELD ".issued_at");
    struct db_value expires_at = db_field(document, ISSUED_FIELD ".expires_at");
    struct issued found = {.issued_ms = issued_at.integer, .expires_ms = expires_at.integer};
    char *name = NULL;
    bool is_ours = false;

    found.label = copy_text(&label);
    found.issuer = copy_text(&issuer);
    found.replaces = copy_text(&replaces);
    name = copy_text(&username);
    is_ours = id.type == DB_ID && name != NULL && found.label != NULL && *found.label != '\0' &&
              found.issuer != NULL && issued_at.type == DB_DATE && expires_at.type == DB_DATE;
    mem_free(name);
    if (is_ours && issued != NULL)
        *issued = found;
    else
        issued_clear(&found);
    return is_ours;
}

void issued_clear(struct issued *issued)
{
    mem_free(issued->label);
    mem_free(issued->issuer);
    mem_free(issued->replaces);
    *issued = (struct issued){0};
}

static bool no_lifetime(struct error *error)
{
    error_set(
        error, ERROR_USAGE,
        "lifetime: a whole number of s, m, h, d or y is wanted (seconds without a unit, 0 for "
        "ten years), a hundred years at most");
    return error_try(error, "--lifetime 5h");
}

bool issued_lifetime(const char *text, int64_t *lifetime_ms, struct error *error)
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
            return no_lifetime(error);
    }
    if (p == text)
        return no_lifetime(error);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (*p == units[i].unit && (*p == '\0' || p[1] == '\0')) {
            int64_t seconds = number == 0 ? FOR_ZERO_S : number * units[i].seconds;

            *lifetime_ms = seconds * MS_PER_S;
            return seconds <= LONGEST_S || no_lifetime(error);
        }
    return no_lifetime(error);
}

/* White space in any script's sense: a label of nothing else is blank. */
static bool is_blank(uint32_t point)
{
    return point == ' ' || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200B) || point == 0x202F || point == 0x205F ||
           point == 0x2060 || point == 0x3000 || point == 0xFEFF;
}

bool issued_label(const char *label, struct error *error)
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
            return error_set(error, ERROR_USAGE, "label: it must hold no invisible character");
        if (point == ',')
            return error_set(error, ERROR_USAGE, "label: it must hold no comma");
        blank = blank && is_blank(point);
        label += size;
        left -= size;
        characters++;
    }
    if (blank)
        return error_set(error, ERROR_USAGE, "label: it must not be blank");
    if (characters > ISSUED_LABEL_MAX)
        return error_set(error, ERROR_USAGE, "label: %zu characters, and at most %d are taken",
                         characters, ISSUED_LABEL_MAX);
    return true;
}

char *issued_username(const char *label)
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

void issued_left(const struct issued *issued, int64_t now_ms, char text[ISSUED_LEFT_SIZE])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{YEAR_S, 'y'}, {DAY_S, 'd'}, {HOUR_S, 'h'}, {MINUTE_S, 'm'}, {1, 's'}};
    int64_t left = (issued->expires_ms - now_ms + MS_PER_S - 1) / MS_PER_S;
    size_t i = 0;

    if (issued->expires_ms <= now_ms) {
        snprintf(text, ISSUED_LEFT_SIZE, "expired");
        return;
    }
    while (left < units[i].seconds)
        i++;
    if (units[i].seconds == 1 || left % units[i].seconds / units[i + 1].seconds == 0)
        snprintf(text, ISSUED_LEFT_SIZE, "%lld %c", (long long)(left / units[i].seconds),
                 units[i].unit);
    else
        snprintf(text, ISSUED_LEFT_SIZE, "%lld %c %lld %c", (long long)(left / units[i].seconds),
                 units[i].unit, (long long)(left % units[i].seconds / units[i + 1].seconds),
                 units[i + 1].unit);
}

static void add_mark(struct db_builder *document, const struct issued_plan *plan)
{
    struct db_builder *mark = db_build();

    db_build_add(mark, "label", db_text(plan->label));
    db_build_add(mark, "issuer", db_text(plan->issuer));
    db_build_add(mark, "issued_at", db_date(plan->now_ms));
    db_build_add(mark, "expires_at", db_date(plan->now_ms + plan->lifetime_ms));
    if (plan->replaces != NULL)
        db_build_add(mark, "replaces", db_text(plan->replaces));
    db_build_add(document, ISSUED_FIELD, db_build_value(mark));
    db_build_free(mark);
}

/* In the order in which Pritunl's own come. */
static void add_fields(struct db_builder *document, const struct issued_plan *plan,
                       const char *hash)
{
    static const char *const nulls[] = {"default_password",   "yubikey_id",     "otp_auth",
                                        "otp_secret",         "local_otp_auth", "local_otp_code",
                                        "local_otp_timestamp"};
    struct db_builder *nothing = db_build();
    char *username = issued_username(plan->label);
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

struct db_document *issued_document(const struct issued_plan *plan)
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
