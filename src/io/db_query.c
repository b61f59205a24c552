/* SPDX-License-Identifier: MIT */
#include "io/db_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/text.h"

#define EMPTY_MAX 1000

/* Of getMore; without it a server sends 16 MiB at a time, which libmongoc holds several times. */
#define BATCH 4000

struct filling {
    const char *prefix;
    const struct db_param *params;
    size_t count;
    struct error *error;
};

static bool fill_document(const struct filling *filling, bson_iter_t *from, bson_t *to);

/* {"$param": "name"}: the name, or NULL where at is not an object of this one key. */
static const char *placeholder(const bson_iter_t *at, const char *key)
{
    bson_iter_t child;
    const char *name = NULL;

    if (!BSON_ITER_HOLDS_DOCUMENT(at) || !bson_iter_recurse(at, &child) || !bson_iter_next(&child))
        return NULL;
    if (strcmp(bson_iter_key(&child), key) != 0 || !BSON_ITER_HOLDS_UTF8(&child))
        return NULL;
    name = bson_iter_utf8(&child, NULL);
    return bson_iter_next(&child) ? NULL : name;
}

static bool fill_param(const struct filling *filling, const char *name, const char *key, bson_t *to)
{
    for (size_t i = 0; i < filling->count; i++)
        if (strcmp(filling->params[i].name, name) == 0 &&
            db_value_append(&filling->params[i].value, key, to))
            return true;
    return error_set(filling->error, ERROR_DATABASE,
                     "a query cannot be put together: it was given no value for %s", name);
}

static bool fill_collection(const struct filling *filling, const char *name, const char *key,
                            bson_t *to)
{
    char *full = text_format("%s%s", filling->prefix, name);
    bool done = bson_append_utf8(to, key, -1, full, -1);

    mem_free(full);
    return done;
}

static bool fill_compound(const struct filling *filling, const bson_iter_t *at, bson_t *to)
{
    const char *key = bson_iter_key(at);
    bson_iter_t from;
    bson_t child;
    bool done = false;

    bson_init(&child);
    if (bson_iter_recurse(at, &from) && fill_document(filling, &from, &child)) {
        done = BSON_ITER_HOLDS_ARRAY(at) ? bson_append_array(to, key, -1, &child)
                                         : bson_append_document(to, key, -1, &child);
    }
    bson_destroy(&child);
    return done;
}

static bool fill_one(const struct filling *filling, const bson_iter_t *at, bson_t *to)
{
    const char *key = bson_iter_key(at);
    const char *name = NULL;

    if ((name = placeholder(at, "$param")) != NULL)
        return fill_param(filling, name, key, to);
    if ((name = placeholder(at, "$collection")) != NULL)
        return fill_collection(filling, name, key, to);
    if (BSON_ITER_HOLDS_DOCUMENT(at) || BSON_ITER_HOLDS_ARRAY(at))
        return fill_compound(filling, at, to);
    return bson_append_iter(to, key, -1, at);
}

static bool fill_document(const struct filling *filling, bson_iter_t *from, bson_t *to)
{
    while (bson_iter_next(from))
        if (!fill_one(filling, from, to))
            return false;
    return true;
}

bson_t *db_command_new(const char *text, const char *prefix, const struct db_param *params,
                       size_t count, struct error *error)
{
    struct filling filling = {.prefix = prefix, .params = params, .count = count, .error = error};
    bson_error_t why = {0};
    bson_t *pattern = bson_new_from_json((const uint8_t *)text, -1, &why);
    bson_t *command = NULL;
    bson_iter_t from;

    if (pattern == NULL) {
        error_set(error, ERROR_DATABASE, "a query cannot be put together: %s", why.message);
        return NULL;
    }
    error_set(error, ERROR_DATABASE, "a query cannot be put together");
    command = bson_new();
    if (bson_iter_init(&from, pattern) && fill_document(&filling, &from, command)) {
        *error = (struct error){0};
    } else {
        bson_destroy(command);
        command = NULL;
    }
    bson_destroy(pattern);
    return command;
}

struct db_rows {
    struct db_document **at;
    size_t count;
    size_t size;
    size_t bytes;
};

static bool add_row(struct db_rows *rows, const bson_t *document, struct error *error)
{
    size_t length = document->len;

    if (!db_document_valid(bson_get_data(document), length)) {
        return error_set(error, ERROR_DATABASE,
                         "the database's answer cannot be used: a document in it is damaged");
    }
    if (rows->count == DB_ROWS_MAX || length > DB_BYTES_MAX - rows->bytes) {
        return error_set(error, ERROR_DATABASE,
                         "the database's answer is too large: more than %d documents or %zu MiB",
                         DB_ROWS_MAX, DB_BYTES_MAX / 1024 / 1024);
    }
    if (rows->count == rows->size) {
        rows->size = rows->size == 0 ? 16 : 2 * rows->size;
        rows->at = mem_grow(rows->at, rows->size * sizeof(*rows->at));
    }
    rows->at[rows->count++] = db_document_copy(document);
    rows->bytes += length;
    return true;
}

/* One call of the driver. All that it needs is in it: it may be left to itself (db_bounded). */
struct db_call {
    struct db *db;
    bson_t *command;
    const char *what;           /* the collection, a part of command; NULL: several */
    int64_t deadline_ms;        /* 0: not asked yet, or no limit */
    bool again;                 /* it failed in a way that another try may mend */
    bool done;                  /* else error says why */
    struct db_rows *rows;       /* of a query */
    struct db_document *answer; /* of db_run(); what stood there before a write */
    enum db_outcome outcome;    /* of a write */
    struct error error;
};

static struct db_call *db_call_new(struct db *db, enum query query, const struct db_param *params,
                                   size_t count, struct error *error)
{
    struct db_call *call = NULL;
    bson_t *command = NULL;
    bson_iter_t at;

    if (db->lost)
        *error = db->ending;
    else
        command = db_command_new(query_text[query], db->prefix, params, count, error);
    if (command == NULL)
        return NULL;
    call = mem_zero(1, sizeof *call);
    call->db = db;
    call->command = command;
    call->rows = mem_zero(1, sizeof *call->rows);
    if (strstr(query_text[query], "$unionWith") == NULL && bson_iter_init(&at, command) &&
        bson_iter_next(&at) && BSON_ITER_HOLDS_UTF8(&at))
        call->what = bson_iter_utf8(&at, NULL);
    return call;
}

/*
 * Run it within its time. Where that fails, error says why, and *call is NULL if it never ended: it
 * is nobody's then.
 */
static bool db_call_make(struct db_call **call, void (*run)(void *context), struct error *error)
{
    if (*call == NULL)
        return false;
    if (!db_bounded((*call)->db, run, *call, error)) {
        *call = NULL;
        return false;
    }
    if (!(*call)->done)
        *error = (*call)->error;
    return (*call)->done;
}

static void db_call_free(struct db_call *call)
{
    if (call != NULL) {
        bson_destroy(call->command);
        db_rows_free(call->rows);
        db_document_free(call->answer);
        mem_free(call);
    }
    mem_wipe_stack(); /* what was put into the command may be a token */
}

static bool is_late(int64_t deadline_ms)
{
    return deadline_ms != 0 && clock_monotonic_ms() >= deadline_ms;
}

static bool refuse_late(const struct db *db, struct error *error)
{
    error_set(error, ERROR_DATABASE,
              "cannot reach the database at %s: its answer was not complete within %lld ms",
              db->hosts, (long long)db->timeout_ms);
    error_blame(error, CAUSE_DATABASE_UNREACHABLE);
    return error_try(error, "a larger --timeout, or socketTimeoutMS in the MongoDB URI");
}

/* An empty batch is no end: a cursor ends by its own word. */
static bool read_rows(struct db_call *call, mongoc_cursor_t *cursor)
{
    struct db *db = call->db;
    const bson_t *document = NULL;
    const bson_t *reply = NULL;
    bson_error_t why = {0};

    for (int empty = 0; empty <= EMPTY_MAX;) {
        if (mongoc_cursor_next(cursor, &document)) {
            if (!add_row(call->rows, document, &call->error))
                return false;
            empty = 0;
        } else if (mongoc_cursor_error_document(cursor, &why, &reply)) {
            return db_failure(db, call->what, &why, reply, &call->error);
        } else if (!mongoc_cursor_more(cursor)) {
            return true;
        } else {
            empty++;
        }
        if (is_late(call->deadline_ms)) {
            /* Forgets the cursor, which would be ended on a connection that nobody waits for. */
            mongoc_client_reset(db->client);
            return refuse_late(db, &call->error);
        }
    }
    return error_set(&call->error, ERROR_DATABASE,
                     "the database at %s does not come to an end: %d answers in a row were empty",
                     db->hosts, EMPTY_MAX);
}

/* Of a cursor that lives on: libmongoc reads past the end of a namespace that has no dot. */
static bool check_cursor(const struct db *db, const bson_t *reply, struct error *error)
{
    bson_iter_t at;
    bson_iter_t ns;
    size_t length = strlen(db->name);
    const char *text = NULL;

    if (!bson_iter_init(&at, reply) || !bson_iter_find_descendant(&at, "cursor.id", &ns) ||
        bson_iter_as_int64(&ns) == 0)
        return true;
    if (bson_iter_init(&at, reply) && bson_iter_find_descendant(&at, "cursor.ns", &ns) &&
        BSON_ITER_HOLDS_UTF8(&ns))
        text = bson_iter_utf8(&ns, NULL);
    return (text != NULL && text_starts(text, db->name) && text[length] == '.' &&
            text[length + 1] != '\0') ||
           error_set(error, ERROR_DATABASE,
                     "the answer of the database at %s cannot be used: it does not say where to "
                     "read on",
                     db->hosts);
}

/* Where the driver would try again by itself, it would wait for the whole timeout again. */
static bool is_passing(const struct db *db, const bson_error_t *why)
{
    static const int codes[] = {6,    7,     89,    91,    134,   189,  262,
                                9001, 10107, 11600, 11602, 13435, 13436};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (db->code == codes[i])
            return true;
    return why->domain == MONGOC_ERROR_STREAM;
}

/*
 * getMore must go to the server that holds the cursor: one is chosen here, and named to the driver
 * from then on.
 */
static bool choose_server(struct db *db, bson_t *options, struct error *error)
{
    bson_error_t why = {0};
    mongoc_server_description_t *server = mongoc_client_select_server(
        db->client, db->primary, db->primary ? NULL : mongoc_client_get_read_prefs(db->client),
        &why);

    if (server == NULL)
        return db_failure(db, NULL, &why, NULL, error);
    BSON_APPEND_INT32(options, "serverId", (int32_t)mongoc_server_description_id(server));
    mongoc_server_description_destroy(server);
    return true;
}

/*
 * Not mongoc_collection_aggregate(): in Debian 13 (1.30.4-1+deb13u3) it refuses every call, since a
 * check of database names is given "database.collection" there.
 */
static bool query_once(struct db_call *call)
{
    struct db *db = call->db;
    mongoc_cursor_t *cursor = NULL;
    bson_error_t why = {0};
    bson_t options;
    bson_t reply;
    bool done = false;

    call->again = false;
    bson_init(&options);
    if (!choose_server(db, &options, &call->error))
        goto out;
    if (call->deadline_ms == 0 && db->timeout_ms > 0)
        call->deadline_ms = clock_monotonic_ms() + db->timeout_ms;
    if (!mongoc_client_read_command_with_opts(db->client, db->name, call->command, NULL, &options,
                                              &reply, &why)) {
        db_failure(db, call->what, &why, &reply, &call->error);
        call->again = is_passing(db, &why);
        bson_destroy(&reply);
        goto out;
    }
    if (!check_cursor(db, &reply, &call->error)) {
        bson_destroy(&reply);
        goto out;
    }
    /* Takes reply over. */
    cursor = mongoc_cursor_new_from_command_reply_with_opts(db->client, &reply, &options);
    mongoc_cursor_set_batch_size(cursor, BATCH);
    done = read_rows(call, cursor);
    mongoc_cursor_destroy(cursor);
out:
    bson_destroy(&options);
    return done;
}

static void query_twice(void *context)
{
    struct db_call *call = context;

    call->done = query_once(call);
    if (!call->done && call->again && call->db->retries && !is_late(call->deadline_ms))
        call->done = query_once(call);
}

bool db_query(struct db *db, enum query query, const struct db_param *params, size_t count,
              struct db_rows **rows, struct error *error)
{
    struct db_call *call = NULL;

    *rows = NULL;
    db_lock(db);
    call = db_call_new(db, query, params, count, error);
    if (db_call_make(&call, query_twice, error)) {
        *rows = call->rows;
        call->rows = NULL;
    }
    db_unlock(db);
    db_call_free(call);
    return *rows != NULL;
}

void db_rows_free(struct db_rows *rows)
{
    if (rows == NULL)
        return;
    for (size_t i = 0; i < rows->count; i++)
        db_document_free(rows->at[i]);
    mem_free(rows->at);
    mem_free(rows);
}

size_t db_rows_count(const struct db_rows *rows)
{
    return rows->count;
}

const struct db_document *db_rows_at(const struct db_rows *rows, size_t index)
{
    return rows->at[index];
}

struct db_document *db_rows_take(struct db_rows *rows, size_t index)
{
    struct db_document *document = rows->at[index];

    rows->at[index] = NULL;
    return document;
}

static void run_once(void *context)
{
    struct db_call *call = context;
    struct db *db = call->db;
    bson_error_t why = {0};
    bson_t reply;

    if (!mongoc_client_command_simple(db->client, db->name, call->command, NULL, &reply, &why))
        db_failure(db, NULL, &why, &reply, &call->error);
    else if (db_document_valid(bson_get_data(&reply), reply.len))
        call->answer = db_document_copy(&reply);
    else
        error_set(&call->error, ERROR_DATABASE, "the database's answer is damaged");
    bson_destroy(&reply);
    call->done = call->answer != NULL;
}

struct db_document *db_run(struct db *db, enum query query, struct error *error)
{
    struct db_document *answer = NULL;
    struct db_call *call = NULL;

    db_lock(db);
    call = db_call_new(db, query, NULL, 0, error);
    if (db_call_make(&call, run_once, error)) {
        answer = call->answer;
        call->answer = NULL;
    }
    db_unlock(db);
    db_call_free(call);
    return answer;
}

/*
 * Refused before anything was looked at: may not, not logged in, no such command (three dialects),
 * a duplicate key.
 */
static const int certain[] = {13, 18, 59, 115, 238, 304, 8000, 11000};

void db_use_primary(struct db *db)
{
    db->primary = true;
}

/* The privileges that the server demands for a command, beside those of its parts. */
static const char *privilege_of(const bson_iter_t *command)
{
    static const struct {
        const char *command;
        const char *privilege;
    } rows[] = {{"findAndModify", "find and update"},
                {"update", "update"},
                {"insert", "insert"},
                {"delete", "remove"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (strcmp(rows[i].command, bson_iter_key(command)) == 0)
            return rows[i].privilege;
    return "write";
}

static int64_t number_at(const bson_t *reply, const char *path)
{
    bson_iter_t at;
    bson_iter_t found;

    if (!bson_iter_init(&at, reply) || !bson_iter_find_descendant(&at, path, &found))
        return 0;
    return bson_iter_as_int64(&found);
}

static void take_before(const bson_t *reply, struct db_document **before)
{
    const uint8_t *data = NULL;
    uint32_t length = 0;
    bson_t value;
    bson_iter_t at;

    if (!bson_iter_init_find(&at, reply, "value") || !BSON_ITER_HOLDS_DOCUMENT(&at))
        return;
    bson_iter_document(&at, &length, &data);
    if (db_document_valid(data, length) && bson_init_static(&value, data, length))
        *before = db_document_copy(&value);
}

/* findAndModify counts in lastErrorObject, the others at the top. */
static bool touched(const bson_t *reply)
{
    return number_at(reply, "lastErrorObject.n") > 0 || number_at(reply, "n") > 0;
}

static enum db_outcome write_failed(struct db *db, const char *what, const bson_error_t *why,
                                    const bson_t *reply, struct error *error)
{
    db_failure(db, what, why, reply, error);
    if (why->domain == MONGOC_ERROR_SERVER_SELECTION)
        return DB_FAILED;
    for (size_t i = 0; i < sizeof(certain) / sizeof(*certain); i++)
        if (db->code == certain[i])
            return DB_FAILED;
    return DB_UNKNOWN;
}

/* An insert or update that one document's own error stopped: ok is 1, and writeErrors holds why. */
static bool write_error(const bson_t *reply, bson_error_t *why)
{
    bson_iter_t at;
    bson_iter_t found;

    if (!bson_iter_init(&at, reply) ||
        !bson_iter_find_descendant(&at, "writeErrors.0.code", &found))
        return false;
    bson_set_error(why, MONGOC_ERROR_SERVER, (uint32_t)bson_iter_as_int64(&found),
                   "the document was refused");
    return true;
}

/* The driver counts a write concern's error as a failure; the write itself is there. */
static enum db_outcome send_write(struct db_call *call, bson_t *reply)
{
    struct db *db = call->db;
    bson_error_t why = {0};
    bool sent = mongoc_client_write_command_with_opts(db->client, db->name, call->command, NULL,
                                                      reply, &why);
    bool unconfirmed = bson_has_field(reply, "writeConcernError");

    if (!sent && !(unconfirmed && touched(reply)))
        return write_failed(db, call->what, &why, reply, &call->error);
    if (sent && write_error(reply, &why))
        return write_failed(db, call->what, &why, NULL, &call->error);
    if (!touched(reply))
        return DB_NOTHING;
    return unconfirmed ? DB_UNCONFIRMED : DB_DONE;
}

static void write_once(void *context)
{
    struct db_call *call = context;
    bson_t reply;

    call->outcome = send_write(call, &reply);
    call->done = call->outcome != DB_FAILED && call->outcome != DB_UNKNOWN;
    take_before(&reply, &call->answer);
    bson_destroy(&reply);
}

static enum db_outcome write_locked(struct db_call *call, struct db_document **before,
                                    struct error *error)
{
    struct db *db = call->db;
    enum db_outcome outcome = DB_UNKNOWN;
    bson_iter_t at;

    if (bson_iter_init(&at, call->command) && bson_iter_next(&at))
        db->privilege = privilege_of(&at);
    ending_note(ENDING_WRITE,
                "a write was under way (%s in %s of %s) and may have happened: pritunl-access list "
                "shows what stands there",
                db->privilege != NULL ? db->privilege : "?", call->what != NULL ? call->what : "?",
                db->name);
    db_call_make(&call, write_once, error);
    if (call != NULL) {
        outcome = call->outcome;
        if (before != NULL) {
            *before = call->answer;
            call->answer = NULL;
        }
    }
    if (outcome == DB_FAILED || outcome == DB_NOTHING)
        ending_note(ENDING_WRITE, NULL);
    if (call != NULL) /* else whoever goes on with it may look at that yet */
        db->privilege = NULL;
    db_call_free(call);
    return outcome;
}

enum db_outcome db_write(struct db *db, enum query query, const struct db_param *params,
                         size_t count, struct db_document **before, struct error *error)
{
    enum db_outcome outcome = DB_FAILED;
    struct db_call *call = NULL;

    if (before != NULL)
        *before = NULL;
    db_lock(db);
    call = db_call_new(db, query, params, count, error);
    if (call != NULL)
        outcome = write_locked(call, before, error);
    db_unlock(db);
    return outcome;
}
