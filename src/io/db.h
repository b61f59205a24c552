/* SPDX-License-Identifier: MIT */
/*
 * db.h - MongoDB (libmongoc): run one of the embedded commands, look at the documents that come back.
 *
 * Not for knowing what any document means: that is pritunl/.
 */
#ifndef IO_DB_H
#define IO_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "queries.h"

/* db_begin(): global set-up of libmongoc and the wiping allocator of libbson; once, before any other thread exists. */
void db_begin(void);

struct db_options {
    const char *uri;             /* goes to the driver whole */
    const char *default_name;    /* the database where the URI names none: "pritunl" */
    const char *prefix;          /* in front of every collection's name; "" for none */
    const char *read_preference; /* where the URI names none; or NULL */
    int64_t connect_timeout_ms;  /* these where the URI names none */
    int64_t timeout_ms;
};

struct db;

/*
 * db_open(options, db, error)
 *
 * A client (one host and neither replicaSet, directConnection=false nor SRV) or a pool; nothing is sent yet but DNS for SRV.
 * db_free() says no goodbye: nobody waits for endSessions, and a pool is left to the end of the process.
 *
 *   ERROR_USAGE     the URI is malformed (said without quoting it)
 *   ERROR_DATABASE  cause "database-unreachable": an SRV name that does not resolve, …
 */
bool db_open(const struct db_options *options, struct db **db, struct error *error);
void db_free(struct db *db);

/* db_name(db), db_hosts(db): the database in use; "host:port,host:port" without users; owned by db. */
const char *db_name(const struct db *db);
const char *db_hosts(const struct db *db);

/* db_is_tls(db), db_is_loopback(db): is the connection encrypted; are all hosts loopback or Unix sockets? */
bool db_is_tls(const struct db *db);
bool db_is_loopback(const struct db *db);

/* What a field holds. BSON's 32- and 64-bit integers are both DB_INT. */
enum db_type {
    DB_ABSENT,
    DB_NULL,
    DB_BOOL,
    DB_INT,
    DB_DOUBLE,
    DB_TEXT,
    DB_DATE,
    DB_ID, /* ObjectId */
    DB_ARRAY,
    DB_OBJECT,
    DB_BINARY,
    DB_OTHER
};

/* One value, pointing into the document that it was read from and living as long as that. */
struct db_value {
    enum db_type type;
    int bson_type;    /* the type's number in BSON, 0 where absent */
    const char *text; /* DB_TEXT: length bytes and a NUL; may hold NULs and need not be UTF-8 */
    size_t
        length; /* of text; of raw for DB_ARRAY and DB_OBJECT (a BSON document), DB_BINARY, DB_OTHER */
    const uint8_t *
        raw; /* the bytes of an array, object or binary; the 12 bytes of an ObjectId; DB_OTHER: as in BSON */
    uint8_t subtype; /* DB_BINARY */
    bool boolean;
    int64_t integer; /* DB_INT; DB_DATE: milliseconds since 1970 */
    double number;   /* DB_DOUBLE; DB_INT too */
};

/* db_type_name(type): "null", "bool", "int", "string" …: MongoDB's own aliases where there is one. */
const char *db_type_name(const struct db_value *value);

/* db_id_text(value, text): the 24 hex digits of a DB_ID; "" for another type. */
#define DB_ID_TEXT_SIZE 25
void db_id_text(const struct db_value *value, char text[DB_ID_TEXT_SIZE]);

/* A value for {"$param": "name"} in a query. db_text is the usual way to make one. */
struct db_param {
    const char *name;
    struct db_value value;
};
struct db_value db_text(const char *text);

struct db_document;
struct db_rows;

/*
 * db_query(db, query, params, count, rows, error)
 *
 * Run a command that answers with a cursor (find, aggregate) and read it to its end. *rows is owned by the caller.
 *
 *   ERROR_DATABASE  with cause "database-unreachable" (no answer, no primary, TLS), "database-auth" (login refused) or
 *                   "database-permission" (codes 13 and 8000: may not); db_code() is the server's code, or 0
 */
bool db_query(struct db *db, enum query query, const struct db_param *params, size_t count,
              struct db_rows **rows, struct error *error);
int db_code(const struct db *db);

#define DB_ROWS_MAX 100000
#define DB_BYTES_MAX ((size_t)256 * 1024 * 1024)

void db_rows_free(struct db_rows *rows);
size_t db_rows_count(const struct db_rows *rows);
const struct db_document *db_rows_at(const struct db_rows *rows, size_t index);

/* db_field(document, path): "a" or "a.b" (through objects only; the first of equal keys); DB_ABSENT where there is none. */
struct db_value db_field(const struct db_document *document, const char *path);

#endif
