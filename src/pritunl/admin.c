/* SPDX-License-Identifier: MIT */
#include "pritunl/admin.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/crypto.h"
#include "pritunl/access.h"
#include "pritunl/field.h"

/* BSON's empty document and empty array are 5 bytes: a length and a NUL. */
#define BSON_EMPTY_LENGTH 5

/* An ObjectId begins with the second in which it was made. */
#define ID_TIME_BYTES 4

/* Python's bool() of what pymongo makes of the value. */
static bool is_truthy(const struct db_value *value)
{
    switch (value->type) {
    case DB_ABSENT:
    case DB_NULL:
        return false;
    case DB_BOOL:
        return value->boolean;
    case DB_INT:
        return value->integer != 0;
    case DB_DOUBLE:
        return value->number < 0 || value->number > 0 || value->number != value->number;
    case DB_TEXT:
    case DB_BINARY:
        return value->length > 0;
    case DB_ARRAY:
    case DB_OBJECT:
        return value->length > BSON_EMPTY_LENGTH;
    default:
        return true;
    }
}

static void judge_flag(struct admin *admin, const struct db_value *flag)
{
    char **detail = &admin->detail[ADMIN_DETAIL_FLAG];

    admin->auth_api = is_truthy(flag);
    if (flag->type == DB_BOOL && flag->boolean)
        return;
    admin->flag_fault = admin->auth_api ? CAUSE_FLAG_NOT_BOOLEAN : CAUSE_API_DISABLED;
    if (flag->type == DB_BOOL)
        *detail = mem_text("auth_api is false");
    else if (flag->type == DB_ABSENT)
        *detail = mem_text("auth_api is absent");
    else if (flag->type == DB_NULL)
        *detail = mem_text("auth_api is null");
    else
        *detail = text_format("auth_api is of type %s, %s", db_type_name(flag),
                              admin->auth_api ? "not the boolean true" : "and empty or zero");
}

static void judge_token(struct admin *admin, const struct db_value *token)
{
    const char *text = field_text_there(token);
    const char *why = text == NULL ? field_text_fault(token) : access_token_fault(text);

    if (why == NULL) {
        admin->token = text;
        return;
    }
    admin->token_fault = CAUSE_TOKEN_UNKNOWN;
    admin->detail[ADMIN_DETAIL_TOKEN] = text_format("the token is %s", why);
}

static void judge_secret(struct admin *admin, const struct db_value *secret)
{
    char **detail = &admin->detail[ADMIN_DETAIL_SECRET];
    const char *text = field_text_there(secret);

    if (text == NULL || *text == '\0') {
        admin->secret_fault = CAUSE_SECRET_MISSING;
        *detail =
            text_format("the secret is %s", text == NULL ? field_text_fault(secret) : "empty");
        return;
    }
    if (access_secret_length(text) < ACCESS_SECRET_MIN) {
        admin->secret_fault = CAUSE_SECRET_SHORT;
        *detail = text_format("the secret has %zu characters", access_secret_length(text));
    }
    admin->secret = text;
}

static void read_id(struct admin *admin)
{
    struct db_value id = db_field(admin->document, "_id");

    if (id.type == DB_ID)
        db_id_text(&id, admin->id);
    else
        snprintf(admin->id, sizeof admin->id, "(%s)", db_type_name(&id));
}

struct admin *admin_take(struct db_document *document)
{
    struct admin *admin = mem_zero(1, sizeof *admin);
    struct db_value username = db_field(document, "username");
    struct db_value flag = db_field(document, "auth_api");
    struct db_value token = db_field(document, "token");
    struct db_value secret = db_field(document, "secret");
    struct db_value disabled = db_field(document, "disabled");
    struct db_value super_user = db_field(document, "super_user");
    struct db_value default_password = db_field(document, "has_default_password");

    admin->document = document;
    admin->default_password = default_password.type == DB_BOOL && default_password.boolean;
    read_id(admin);
    admin->username = field_text_there(&username);
    judge_flag(admin, &flag);
    judge_token(admin, &token);
    judge_secret(admin, &secret);
    admin->disabled = is_truthy(&disabled);
    admin->super_user = super_user.type == DB_ABSENT || is_truthy(&super_user);
    return admin;
}

struct admin *admin_read(const struct db_document *document)
{
    return admin_take(db_document_dup(document));
}

void admin_free(struct admin *admin)
{
    if (admin == NULL)
        return;
    db_document_free(admin->document);
    for (size_t i = 0; i < sizeof admin->detail / sizeof *admin->detail; i++)
        mem_free(admin->detail[i]);
    mem_free(admin);
}

static const char *detail_or_none(const char *detail)
{
    return detail != NULL ? detail : "";
}

const char *admin_detail(const struct admin *admin, enum cause cause)
{
    switch (cause) {
    case CAUSE_API_DISABLED:
    case CAUSE_FLAG_NOT_BOOLEAN:
        return detail_or_none(admin->detail[ADMIN_DETAIL_FLAG]);
    case CAUSE_TOKEN_UNKNOWN:
        return detail_or_none(admin->detail[ADMIN_DETAIL_TOKEN]);
    case CAUSE_SECRET_MISSING:
    case CAUSE_SECRET_SHORT:
        return detail_or_none(admin->detail[ADMIN_DETAIL_SECRET]);
    default:
        return "";
    }
}

bool admin_is_of(const struct admin *admin, const struct db_document *document)
{
    struct db_value own = db_field(admin->document, "_id");
    struct db_value other = db_field(document, "_id");

    return db_value_equal(&own, &other);
}

int64_t admin_made_ms(const struct admin *admin)
{
    struct db_value id = db_field(admin->document, "_id");
    uint32_t made_s = 0;

    if (id.type != DB_ID)
        return -1;
    for (int i = 0; i < ID_TIME_BYTES; i++)
        made_s = made_s << 8 | id.raw[i];
    return made_s * INT64_C(1000);
}

const char *admin_name(const struct admin *admin)
{
    return admin->username != NULL ? admin->username : "(no text)";
}

bool admin_can_sign(const struct admin *admin)
{
    return admin->token_fault == CAUSE_NONE && admin->secret_fault == CAUSE_NONE;
}

#define CHARACTERS_MAX 128
#define ROUNDS 100000

/* The bytes of the first CHARACTERS_MAX characters; a byte that is no UTF-8 counts as one. */
static size_t counted_bytes(const char *password)
{
    size_t length = strlen(password);
    size_t used = 0;

    for (int i = 0; i < CHARACTERS_MAX && used < length; i++) {
        size_t size = text_decode(password + used, length - used, NULL);

        used += size > 0 ? size : 1;
    }
    return used;
}

char *password_hash_with(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE])
{
    struct buf input = BUF_EMPTY(BUF_MAX);
    uint8_t digest[CRYPTO_SHA512_SIZE];
    char *salt_text = NULL;
    char *digest_text = NULL;
    char *hash = NULL;

    buf_add(&input, password, counted_bytes(password));
    buf_add(&input, salt, PASSWORD_SALT_SIZE);
    if (crypto_sha512_rounds(input.data, input.length, ROUNDS, digest)) {
        salt_text = crypto_base64(salt, PASSWORD_SALT_SIZE);
        digest_text = crypto_base64(digest, sizeof digest);
        hash = text_format("3$%s$%s", salt_text, digest_text);
    }
    mem_free(salt_text);
    mem_free(digest_text);
    mem_wipe(digest, sizeof digest);
    buf_free(&input);
    return hash;
}

char *password_hash(const char *password)
{
    uint8_t salt[PASSWORD_SALT_SIZE];

    crypto_random(salt, sizeof salt);
    return password_hash_with(password, salt);
}
