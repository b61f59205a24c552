/* SPDX-License-Identifier: MIT */
/*
 * db_internal.h - what the files of io/db share, libmongoc's types included. For src/io/db*.c and
 * their unit test only.
 */
#ifndef IO_DB_INTERNAL_H
#define IO_DB_INTERNAL_H

#include <bson/bson.h>
#include <mongoc/mongoc.h>
#include <pthread.h>

#include "io/db.h"

struct db {
    pthread_mutex_t lock; /* a client serves one thread at a time */
    mongoc_uri_t *uri;
    mongoc_client_pool_t *pool; /* NULL: client is a single one */
    mongoc_client_t *client;
    char *name;
    char *hosts;
    char *prefix;
    char *text;  /* the URI as it was given: what must not be in any message is found in it */
    bool blanks; /* text's blanks were written as '+' */
    int64_t timeout_ms; /* for the whole of a query; 0: none */
    bool retries;       /* a query that a network's hiccup cut is asked once more */
    int code;           /* of the call that holds the lock; db_code() is each thread's own copy */
    bool primary;       /* read from the primary alone */
    /* what the running write needs, by the server's names; NULL while reading */
    const char *privilege;
    bool lost;           /* a call never ended, and has the client still: no other can be made */
    bool computes;       /* and is at work, not asleep */
    struct error ending; /* what was said of it, and is said of every other */
};

struct db_document {
    const char *data; /* BSON that db_document_valid() has seen */
    size_t length;
    char own[]; /* of one that stands alone: data, and a NUL */
};

/* ---- db.c ---- */

/*
 * db_lock(db), db_unlock(db): around everything that touches client or code. db_unlock() keeps code
 * for this thread's db_code().
 */
void db_lock(struct db *db);
void db_unlock(struct db *db);

/*
 * db_bounded(db, run, context, error)
 *
 * run(context) is a call of the driver, under db_lock(): waited for as long as looking for a server
 * and --timeout together, and a little more. The driver's own limits end a call sooner, but none of
 * them bounds its login: it hashes the password (SCRAM) as often as the server says; and over TLS
 * each is one of a single read, of which a record may take as many as it has bytes. False, with
 * ERROR_DATABASE, where it goes on after all: it keeps context and db, which is lost then, for as
 * long as the process lives. Without a password and TLS, or a limit, it is simply called.
 */
bool db_bounded(struct db *db, void (*run)(void *context), void *context, struct error *error);

/* ---- db_uri.c: the URI, before anything is sent ---- */

/*
 * db_uri_new(options, error): parsed, with our defaults where it says nothing; NULL with
 * ERROR_USAGE.
 */
mongoc_uri_t *db_uri_new(const struct db_options *options, struct error *error);

/*
 * db_uri_text(options): the URI as the driver gets it: in Pritunl's own a '+' is a blank. A new
 * string.
 */
char *db_uri_text(const struct db_options *options);

/* db_uri_is_single(uri): one host and neither replicaSet, directConnection=false nor SRV. */
bool db_uri_is_single(const mongoc_uri_t *uri);

/* db_uri_patience(uri): the longest, in ms, that a server is looked for. */
int64_t db_uri_patience(const mongoc_uri_t *uri);

/* db_uri_hosts(uri): "host:port,host:port"; the name that SRV asks for. To end with mem_free(). */
char *db_uri_hosts(const mongoc_uri_t *uri);

/* ---- db_probe.c ---- */

/*
 * db_probe(uri): what connecting to the first host says, as an errno; 0 where somebody accepts the
 * connection, or that cannot be told. At most a second. Of TLS the driver says only "closed",
 * whether nobody listens or somebody hangs up.
 */
int db_probe(const mongoc_uri_t *uri);

/* ---- db_redact.c, db_error.c: what libmongoc says, in our words ---- */

/*
 * db_redact(uri, text)
 *
 * text without the user, the password and the other secrets of uri, as they stand in it, decoded,
 * percent-encoded and in base64, also cut by the end of text: each is "***". Where one is so short
 * that it may be part of any word, "" instead of a text that holds it. A new string, to end with
 * mem_free().
 */
char *db_redact(const char *uri, const char *text);

/*
 * db_failure(db, what, why, reply, error)
 *
 * Fill error and db->code; what is the collection, reply the server's answer, or NULL. Of a write
 * the server's own words are never repeated: they may hold the whole command, secrets included.
 * Returns false.
 */
bool db_failure(struct db *db, const char *what, const bson_error_t *why, const bson_t *reply,
                struct error *error);

/*
 * db_refuse_endless(db, waited_ms, error): the driver was given up, which had a password to hash:
 * how long it was waited for. Returns false.
 */
bool db_refuse_endless(const struct db *db, int64_t waited_ms, struct error *error);

/* ---- db_query.c: an embedded query becomes a command ---- */

/*
 * db_command_new(text, prefix, params, count, error)
 *
 * Parse text (Extended JSON), put values for {"$param": …} and prefixed names for {"$collection":
 * …}. NULL with ERROR_DATABASE; else to end with bson_destroy().
 */
bson_t *db_command_new(const char *text, const char *prefix, const struct db_param *params,
                       size_t count, struct error *error);

/* ---- db_value.c ---- */

/*
 * db_document_valid(data, length): is it BSON to its last byte, all lengths inside their bounds?
 * Text need not be UTF-8.
 */
bool db_document_valid(const uint8_t *data, size_t length);

/* db_document_copy(from): a document of our own, to end with db_document_free(). */
struct db_document *db_document_copy(const bson_t *from);

/* db_value_append(value, key, to): add value as it is to a document. */
bool db_value_append(const struct db_value *value, const char *key, bson_t *to);

#endif
