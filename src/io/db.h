/* SPDX-License-Identifier: MIT */
/*
 * db.h - MongoDB (libmongoc): run one of the embedded commands, look at the documents that come
 * back.
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

/*
 * db_begin(): global set-up of libmongoc and the wiping allocator of libbson; once, before any
 * other thread exists.
 */
void db_begin(void);

struct db_options {
    const char *uri;          /* goes to the driver whole */
    const char *default_name; /* the database where the URI names none: "pritunl" */
    const char *prefix;       /* in front of every collection's name; "" for none */
    /*
     * The URI stands in Pritunl's configuration, and is read as Pritunl's driver reads it: '+' is a
     * blank.
     */
    bool pritunl;
    /* instead of the URI's own; NULL, or none that there is: the URI's */
    const char *read_preference;
    int64_t connect_timeout_ms; /* these where the URI names none */
    int64_t timeout_ms;         /* for the whole of a query, a second try included */
};

/*
 * db_ignored(at, better)
 *
 * Options that the driver does not know, and would pass over, although they name a file or say
 * whom to trust: the names that other drivers have for them. *at is the URI, and then wherever the
 * last call left it. A new printable string, or NULL behind the last; *better is how the driver
 * calls it, or NULL.
 */
char *db_ignored(const char **at, const char **better);

struct db;

/*
 * db_open(options, db, error)
 *
 * For several threads: whatever asks the database waits for whoever asks it now. A client (one host
 * and neither replicaSet, directConnection=false nor SRV) or a pool; nothing is sent yet but DNS
 * for SRV. db_free() says no goodbye: nobody waits for endSessions, nor for a pool's threads, which
 * end in the background.
 *
 *   ERROR_USAGE     the URI is malformed (said without quoting it)
 *   ERROR_DATABASE  cause "database-unreachable": an SRV name that does not resolve, …
 */
bool db_open(const struct db_options *options, struct db **db, struct error *error);
void db_free(struct db *db);

/*
 * db_disconnect(db): its connections end, and what of answers is in their buffers; whoever asks
 * next connects anew. Not while another thread asks.
 */
void db_disconnect(struct db *db);

/*
 * db_computes(db): a call came to no end, and keeps a processor busy for as long as this process
 * lives: another try would keep one more. db may be NULL.
 */
bool db_computes(const struct db *db);

/*
 * db_name(db), db_prefix(db), db_hosts(db): the database in use, its collections' prefix;
 * "host:port,host:port" without users; owned by db.
 */
const char *db_name(const struct db *db);
const char *db_prefix(const struct db *db);
const char *db_hosts(const struct db *db);

/*
 * db_is_tls(db), db_is_loopback(db): is the connection encrypted; are all hosts loopback or Unix
 * sockets?
 */
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
    /* of text; of raw for DB_ARRAY and DB_OBJECT (a BSON document), DB_BINARY, DB_OTHER */
    size_t length;
    /* the bytes of an array, object or binary; the 12 bytes of an ObjectId; DB_OTHER: as in BSON */
    const uint8_t *raw;
    uint8_t subtype; /* DB_BINARY */
    bool boolean;
    int64_t integer; /* DB_INT; DB_DATE: milliseconds since 1970 */
    double number;   /* DB_DOUBLE; DB_INT too */
};

/*
 * db_type_name(type): "null", "bool", "int", "string" …: MongoDB's own aliases where there is one.
 */
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
 * Run a command that answers with a cursor (find, aggregate) and read it to its end. *rows is owned
 * by the caller.
 *
 *   ERROR_DATABASE  with cause "database-unreachable" (no answer, no primary, TLS), "database-auth"
 *                   (login refused) or "database-permission" (codes 13 and 8000: may not);
 *                   db_code() is the server's code, or 0, of the last call that this thread made
 */
bool db_query(struct db *db, enum query query, const struct db_param *params, size_t count,
              struct db_rows **rows, struct error *error);
int db_code(const struct db *db);

#define DB_ROWS_MAX 150000
#define DB_BYTES_MAX ((size_t)256 * 1024 * 1024)

void db_rows_free(struct db_rows *rows);
size_t db_rows_count(const struct db_rows *rows);
const struct db_document *db_rows_at(const struct db_rows *rows, size_t index);

/* db_rows_take(rows, index): it is the caller's, and stands there no more. */
struct db_document *db_rows_take(struct db_rows *rows, size_t index);

/*
 * db_field(document, path): "a" or "a.b" (through objects only; the first of equal keys); DB_ABSENT
 * where there is none.
 */
struct db_value db_field(const struct db_document *document, const char *path);

/* db_item(array, index), db_member(object, path): inside a value; DB_ABSENT where there is none. */
struct db_value db_item(const struct db_value *array, size_t index);
struct db_value db_member(const struct db_value *object, const char *path);

/*
 * db_items(array, count): all of them, in order; to end with mem_free(). NULL where there is none.
 */
struct db_value *db_items(const struct db_value *array, size_t *count);

/*
 * db_run(db, query, error): a command that answers with one document, which is to end with
 * db_document_free(); NULL as db_query.
 */
struct db_document *db_run(struct db *db, enum query query, struct error *error);

/* ---- writing ---- */

/*
 * db_use_primary(db): from now on everything is read from the primary, whatever the URI prefers:
 * what is read decides a write.
 */
void db_use_primary(struct db *db);

/*
 * A document that is put together in C: a filter, an update, something to insert. A builder holds
 * copies; what db_build_value() returns points into it, until it is changed or freed.
 */
struct db_builder;
struct db_builder *db_build(void);
void db_build_free(struct db_builder *builder);
void db_build_add(struct db_builder *builder, const char *key,
                  struct db_value value);                         /* DB_ABSENT adds nothing */
struct db_value db_build_value(const struct db_builder *builder); /* as DB_OBJECT */
struct db_value
db_build_array(const struct db_builder *builder); /* as DB_ARRAY; keys are "0", "1" … */

struct db_value db_bool(bool boolean);
struct db_value db_null(void);
struct db_value db_int(int32_t integer);
struct db_value db_date(int64_t wall_ms);

/* db_new_id(bytes): a fresh ObjectId, written into bytes, which the value points to. */
#define DB_ID_SIZE 12
struct db_value db_new_id(uint8_t bytes[DB_ID_SIZE]);

/* db_build_all(builder, document): every field of document, as it is. */
void db_build_all(struct db_builder *builder, const struct db_document *document);

/* db_value_equal(a, b): the same type and the same bytes; absent equals absent. */
bool db_value_equal(const struct db_value *a, const struct db_value *b);

/*
 * A document of its own: a copy of what a builder or another one holds, or of Extended JSON
 * (canonical); to end with db_document_free().
 */
struct db_document *db_document_new(const struct db_builder *builder);
struct db_document *db_document_dup(const struct db_document *document);
struct db_document *db_document_from_json(const char *text,
                                          struct error *error); /* NULL with ERROR_USAGE */
char *
db_document_to_json(const struct db_document *document); /* canonical; to end with mem_free() */
bool db_document_equal(const struct db_document *a,
                       const struct db_document *b); /* byte for byte */
void db_document_free(struct db_document *document);

enum db_outcome {
    DB_FAILED,     /* refused or never sent: nothing was changed, error says why */
    DB_UNKNOWN,    /* whether it was applied is not known: read what is there; error says why */
    DB_NOTHING,    /* the filter matched nothing */
    DB_DONE,       /* applied */
    DB_UNCONFIRMED /* applied, but a majority has not confirmed it in time */
};

/*
 * db_write(db, query, params, count, before, error)
 *
 * Run a command that writes (findAndModify, insert, update, delete), retried once by the driver
 * where the server can. before, where not NULL, gets the document as it was before a findAndModify,
 * or NULL; owned by the caller.
 */
enum db_outcome db_write(struct db *db, enum query query, const struct db_param *params,
                         size_t count, struct db_document **before, struct error *error);

#endif
