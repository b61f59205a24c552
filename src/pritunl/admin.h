/* SPDX-License-Identifier: MIT */
/*
 * admin.h - one document of the collection `administrators`, each field read as Pritunl's own code
 * would read it.
 *
 * The rules are those observed on Pritunl 1.34: flags follow Python's truthiness in the API, and
 * only BSON's true in the web front; the token is cut to 256 characters, the secret must be a
 * string of 8 or more.
 */
#ifndef PRITUNL_ADMIN_H
#define PRITUNL_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/db.h"
#include "pritunl/cause.h"

struct admin {
    char id[DB_ID_TEXT_SIZE]; /* 24 hex digits, or "(TYPE)" for an _id that is no ObjectId */
    /* in document: */
    const char *username;    /* NULL where it is not text, holds a NUL or is not UTF-8 */
    const char *token;       /* where it is text that can be a header; else NULL */
    const char *secret;      /* where it is text that can sign (whatever its length); else NULL */
    enum cause token_fault;  /* CAUSE_NONE or CAUSE_TOKEN_UNKNOWN */
    enum cause secret_fault; /* CAUSE_NONE, CAUSE_SECRET_MISSING or CAUSE_SECRET_SHORT */
    /* of auth_api: CAUSE_NONE, CAUSE_API_DISABLED or CAUSE_FLAG_NOT_BOOLEAN */
    enum cause flag_fault;
    /* what exactly was found, for people: of flag, token, secret; NULL where in order */
    char *detail[3];
    struct db_document *document; /* what was read, for whoever compares or changes it */
    bool auth_api;                /* the API takes it */
    bool disabled;
    bool super_user;
    /* the one that Pritunl made at first is still in place; known from a whole survey only */
    bool default_password;
};

enum { ADMIN_DETAIL_FLAG, ADMIN_DETAIL_TOKEN, ADMIN_DETAIL_SECRET };

/*
 * admin_take(document): document becomes the administrator's; never fails, whatever it holds. To
 * end with admin_free(), NULL is fine. admin_read(document): of a copy.
 */
struct admin *admin_take(struct db_document *document);
struct admin *admin_read(const struct db_document *document);
void admin_free(struct admin *admin);

/*
 * admin_detail(admin, cause): what exactly was found, for people; "" where there is nothing to add.
 */
const char *admin_detail(const struct admin *admin, enum cause cause);

/*
 * admin_can_sign(admin): token and secret are such that a request can be built and could be
 * accepted.
 */
bool admin_can_sign(const struct admin *admin);

/* admin_is_of(admin, document): has the document the same _id? */
bool admin_is_of(const struct admin *admin, const struct db_document *document);

/*
 * admin_made_ms(admin): the wall clock when the document was made, to the second; -1 where its _id
 * does not tell.
 */
int64_t admin_made_ms(const struct admin *admin);

/*
 * admin_name(admin): the username for a message, where one that is no text has a substitute. Not
 * made printable.
 */
const char *admin_name(const struct admin *admin);

/*
 * password_hash(password): a new string, to end with mem_free(); NULL where OpenSSL has no SHA-512.
 * password is UTF-8.
 */
char *password_hash(const char *password);

/* password_hash_with(password, salt): the same with a salt that is known. */
#define PASSWORD_SALT_SIZE 8
char *password_hash_with(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE]);

#endif
