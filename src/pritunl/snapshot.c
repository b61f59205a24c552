/* SPDX-License-Identifier: MIT */
#include "pritunl/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/mark.h"

#define CODE_UNAUTHORIZED 13
/* Atlas's proxy: a user without the right, or a stage that its tier does not have */
#define CODE_ATLAS 8000

/* A token or a username, and whose it is. */
struct holder {
    const char *text;
    size_t index;
};

/* By text, and then in the order of the database. */
struct holders {
    struct holder *items;
    size_t count;
};

struct snapshot {
    bool whole; /* everybody was asked for */
    struct admin **admins;
    size_t count;
    struct admin **twins; /* looked up by one name: everybody whose token another has as well */
    size_t twin_count;
    size_t expired;
    struct server server;
    struct holders tokens;
    struct holders usernames;
    bool front_is_open;
};

static struct snapshot *snapshot_new(void)
{
    struct snapshot *snapshot = mem_zero(1, sizeof *snapshot);

    snapshot->server = server_defaults;
    return snapshot;
}

static void clear_admins(struct admin ***admins, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        admin_free((*admins)[i]);
    mem_free(*admins);
    *admins = NULL;
    *count = 0;
}

void snapshot_forget(struct snapshot *snapshot)
{
    clear_admins(&snapshot->admins, &snapshot->count);
    clear_admins(&snapshot->twins, &snapshot->twin_count);
    mem_free(snapshot->tokens.items);
    mem_free(snapshot->usernames.items);
    snapshot->tokens = snapshot->usernames = (struct holders){0};
}

void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    snapshot_forget(snapshot);
    server_clear(&snapshot->server);
    mem_free(snapshot);
}

size_t snapshot_count(const struct snapshot *snapshot)
{
    return snapshot != NULL ? snapshot->count : 0;
}

const struct admin *snapshot_admin(const struct snapshot *snapshot, size_t index)
{
    return snapshot->admins[index];
}

const struct admin *const *snapshot_admins(const struct snapshot *snapshot)
{
    return snapshot != NULL ? (const struct admin *const *)snapshot->admins : NULL;
}

const struct server *snapshot_server(const struct snapshot *snapshot)
{
    return snapshot != NULL ? &snapshot->server : &server_defaults;
}

size_t snapshot_expired(const struct snapshot *snapshot)
{
    return snapshot != NULL ? snapshot->expired : 0;
}

bool snapshot_is_whole(const struct snapshot *snapshot)
{
    return snapshot->whole;
}

/* ---- reading ---- */

static void add_admin(struct admin ***admins, size_t *count, struct admin *admin)
{
    if ((*count & (*count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        *admins = mem_grow(*admins, (2 * *count + 1) * sizeof **admins);
    (*admins)[(*count)++] = admin;
}

static void take_admin(struct snapshot *snapshot, struct db_document *document,
                       const char *username)
{
    struct admin *admin = admin_take(document);

    if (username != NULL && !text_equal(admin->username, username)) {
        admin_free(admin); /* an array that holds the name, or a collation that folds case */
        return;
    }
    add_admin(&snapshot->admins, &snapshot->count, admin);
}

static void take_settings(struct snapshot *snapshot, const struct db_document *row)
{
    struct db_value id = db_field(row, "_id");

    if (id.type == DB_TEXT && text_equal(id.text, "app"))
        server_read_app(&snapshot->server, row);
    else if (id.type == DB_TEXT && text_equal(id.text, "version"))
        server_read_version(&snapshot->server, row);
}

/* The rows of the joined queries carry their part; those of a plain find are all of one. */
static const char *part_of_row(enum query query, const struct db_document *row)
{
    struct db_value part = {0};

    if (query == QUERY_ADMINISTRATOR || query == QUERY_ADMINISTRATORS)
        return "administrator";
    if (query == QUERY_HOSTS)
        return "host";
    if (query == QUERY_SETTINGS)
        return "settings";
    part = db_field(row, "part");
    return part.type == DB_TEXT ? part.text : "";
}

static bool is_expired(const struct db_document *row)
{
    struct mark mark = {0};
    bool expired = mark_read(row, &mark) && mark.expires_ms <= clock_wall_ms();

    mark_clear(&mark);
    return expired;
}

/* Takes row over. */
static void take_row(struct snapshot *snapshot, enum query query, struct db_document *row,
                     const char *username)
{
    const char *part = part_of_row(query, row);

    if (text_equal(part, "administrator")) {
        snapshot->expired += username == NULL && is_expired(row);
        take_admin(snapshot, row, username);
        return;
    }
    if (text_equal(part, "twin")) {
        add_admin(&snapshot->twins, &snapshot->twin_count, admin_take(row));
        return;
    }
    if (text_equal(part, "host"))
        server_read_host(&snapshot->server, row);
    else if (text_equal(part, "settings"))
        take_settings(snapshot, row);
    else if (text_equal(part, "expired"))
        snapshot->expired += is_expired(row);
    db_document_free(row);
}

static bool take_rows(struct db *db, enum query query, const char *username,
                      struct snapshot *snapshot, struct error *error)
{
    struct db_param params[] = {{"username", db_text(username != NULL ? username : "")},
                                {"now", db_date(clock_wall_ms())}};
    size_t count = query == QUERY_LOOKUP ? 2 : username != NULL ? 1 : 0;
    struct db_rows *rows = NULL;

    if (!db_query(db, query, params, count, &rows, error))
        return false;
    for (size_t i = 0; i < db_rows_count(rows); i++)
        take_row(snapshot, query, db_rows_take(rows, i), username);
    db_rows_free(rows);
    return true;
}

static int compare_holders(const void *left, const void *right)
{
    const struct holder *a = left;
    const struct holder *b = right;
    int order = strcmp(a->text, b->text);

    if (order != 0)
        return order;
    return (a->index > b->index) - (a->index < b->index);
}

static void add_holder(struct holders *holders, const char *text, size_t index)
{
    if (text != NULL)
        holders->items[holders->count++] = (struct holder){text, index};
}

static void sort_holders(struct holders *holders)
{
    qsort(holders->items, holders->count, sizeof *holders->items, compare_holders);
}

/* What administrators mean to each other, once all of them were read. */
static void index_snapshot(struct snapshot *snapshot)
{
    struct holders *lists[] = {&snapshot->tokens, &snapshot->usernames};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        lists[i]->items = mem_zero(snapshot->count + 1, sizeof *lists[i]->items);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct admin *admin = snapshot->admins[i];

        snapshot->front_is_open = snapshot->front_is_open || admin->flag_fault == CAUSE_NONE;
        add_holder(&snapshot->tokens, admin->token, i);
        add_holder(&snapshot->usernames, admin->username, i);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        sort_holders(lists[i]);
}

/* How many hold the text; *first is the first of them. text may be NULL: nobody. */
static size_t find_holders(const struct holders *holders, const char *text,
                           const struct holder **first)
{
    size_t low = 0;
    size_t high = text != NULL ? holders->count : 0;
    size_t count = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(holders->items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = &holders->items[low];
    while (text != NULL && low + count < holders->count && strcmp((*first)[count].text, text) == 0)
        count++;
    return count;
}

struct snapshot *snapshot_of(const struct db_document *const *rows, size_t count)
{
    struct snapshot *snapshot = snapshot_new();

    snapshot->whole = true;
    for (size_t i = 0; i < count; i++)
        take_row(snapshot, QUERY_SURVEY, db_document_dup(rows[i]), NULL);
    index_snapshot(snapshot);
    return snapshot;
}

static bool is_refusal_code(int code)
{
    return code == CODE_UNAUTHORIZED || code == CODE_ATLAS;
}

/*
 * A server that understood no part of the joined query, or does not let us do it here: each
 * dialect has codes of its own for stages, commands and expressions that it does not know. Not one
 * that refuses the login, or that cannot answer anything now: then the cause is known.
 */
static bool wants_single_finds(int code, const struct error *error)
{
    return is_refusal_code(code) || (code != 0 && error->cause == CAUSE_NONE);
}

static void name_collection(const struct db *db, const char *collection, struct error *error)
{
    /* Without a login in the URI the same code means that one is wanted. */
    if (error->cause == CAUSE_DATABASE_PERMISSION) {
        error_set(error, ERROR_DATABASE, "the database user may not read %s in %s", collection,
                  db_name(db));
        error_blame(error, CAUSE_DATABASE_PERMISSION);
        error_try(error, "grant the user \"find\" on that collection");
    }
}

/* Whether something is set, without its value: one find each. */
static bool read_is_set(struct db *db, struct server *server, struct error *error)
{
    const struct {
        const char *field;
        bool *set;
    } settings[] = {{"license", &server->licensed},
                    {"redis_uri", &server->redis},
                    {"secondary_mongodb_uri", &server->secondary}};
    bool done = true;

    for (size_t i = 0; done && i < sizeof settings / sizeof *settings; i++) {
        struct db_builder *more = db_build();
        struct db_builder *filter = db_build();
        struct db_param param = {"filter", {0}};
        struct db_rows *rows = NULL;

        db_build_add(more, "$gt", db_text(""));
        db_build_add(filter, "_id", db_text("app"));
        db_build_add(filter, settings[i].field, db_build_value(more));
        param.value = db_build_value(filter);
        done = db_query(db, QUERY_SETTINGS_SET, &param, 1, &rows, error);
        *settings[i].set = done && db_rows_count(rows) > 0;
        db_rows_free(rows);
        db_build_free(filter);
        db_build_free(more);
    }
    return done;
}

/* Pritunl's _ids are ObjectIds. */
static void mark_default_password(struct snapshot *snapshot, const struct holders *ids,
                                  const struct db_document *row)
{
    struct db_value found = db_field(row, "_id");
    const struct holder *first = NULL;
    char text[DB_ID_TEXT_SIZE];
    size_t count = 0;

    db_id_text(&found, text);
    count = find_holders(ids, text, &first);
    for (size_t i = 0; i < count; i++)
        snapshot->admins[first[i].index]->default_password = true;
    for (size_t i = 0; found.type != DB_ID && i < snapshot->count; i++)
        snapshot->admins[i]->default_password |= admin_is_of(snapshot->admins[i], row);
}

/* The same of the administrators' default passwords. */
static bool read_default_passwords(struct db *db, struct snapshot *snapshot, struct error *error)
{
    struct db_rows *rows = NULL;
    struct holders ids = {0};

    if (!db_query(db, QUERY_DEFAULT_PASSWORDS, NULL, 0, &rows, error))
        return false;
    ids.items = mem_zero(snapshot->count + 1, sizeof *ids.items);
    for (size_t i = 0; i < snapshot->count; i++)
        add_holder(&ids, snapshot->admins[i]->id, i);
    sort_holders(&ids);
    for (size_t row = 0; row < db_rows_count(rows); row++)
        mark_default_password(snapshot, &ids, db_rows_at(rows, row));
    mem_free(ids.items);
    db_rows_free(rows);
    return true;
}

static bool read_server_part(struct db *db, enum query query, struct snapshot *snapshot,
                             struct error *error)
{
    return take_rows(db, query, NULL, snapshot, error) &&
           (query != QUERY_SETTINGS || read_is_set(db, &snapshot->server, error));
}

static bool read_singly(struct db *db, const struct snapshot_query *query,
                        struct snapshot *snapshot, struct error *error)
{
    static const struct {
        enum query query;
        const char *collection;
    } parts[] = {{QUERY_SETTINGS, "settings"}, {QUERY_HOSTS, "hosts"}};
    enum query admins = query->username != NULL ? QUERY_ADMINISTRATOR : QUERY_ADMINISTRATORS;

    if (!take_rows(db, admins, query->username, snapshot, error) ||
        (query->wants_passwords && !read_default_passwords(db, snapshot, error))) {
        name_collection(db, "administrators", error);
        return false;
    }
    for (size_t i = 0; query->wants_server && i < sizeof parts / sizeof *parts; i++) {
        if (read_server_part(db, parts[i].query, snapshot, error))
            continue;
        if (!is_refusal_code(db_code(db)))
            return false;
        term_warn(
            "the database user may not read %s: URL and certificate of the API cannot come from "
            "there",
            parts[i].collection);
    }
    return true;
}

/* Whoever was to revoke them may have been killed. */
static void say_expired(const struct snapshot *snapshot)
{
    if (snapshot->expired > 0)
        term_warn("%zu expired temporary administrator%s still there: pritunl-access revoke "
                  "--expired",
                  snapshot->expired, snapshot->expired == 1 ? " is" : "s are");
}

static bool check_somebody(const struct db *db, const struct snapshot *snapshot,
                           struct error *error)
{
    if (!snapshot->whole || snapshot->count > 0)
        return true;
    error_set(error, ERROR_DATABASE,
              "the database %s at %s has no administrators: wrong database or prefix?", db_name(db),
              db_hosts(db));
    error_blame(error, CAUSE_DATABASE_EMPTY);
    return error_try(error, "pritunl-access config");
}

struct snapshot *snapshot_read(struct db *db, const struct snapshot_query *query,
                               struct error *error)
{
    enum query joined = query->username != NULL ? QUERY_LOOKUP : QUERY_SURVEY;
    struct snapshot *snapshot = snapshot_new();
    bool done = take_rows(db, joined, query->username, snapshot, error);

    if (!done && wants_single_finds(db_code(db), error)) {
        snapshot_free(snapshot);
        snapshot = snapshot_new();
        done = read_singly(db, query, snapshot, error);
    }
    snapshot->whole = query->username == NULL;
    index_snapshot(snapshot);
    if (done && !query->silent)
        say_expired(snapshot);
    if (done && check_somebody(db, snapshot, error))
        return snapshot;
    snapshot_free(snapshot);
    return NULL;
}

/* ---- who is there? ---- */

const struct admin *snapshot_find_only(const struct snapshot *snapshot, const char *username)
{
    const struct holder *first = NULL;

    if (find_holders(&snapshot->usernames, username, &first) != 1)
        return NULL;
    return snapshot->admins[first->index];
}

const struct admin *snapshot_find(const struct snapshot *snapshot,
                                  const struct db_document *document)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (admin_is_of(snapshot->admins[i], document))
            return snapshot->admins[i];
    return NULL;
}

/* ---- what administrators mean to each other ---- */

const struct admin *snapshot_comes_later(const struct snapshot *snapshot, const struct admin *admin)
{
    const struct holder *first = NULL;

    if (find_holders(&snapshot->tokens, admin->token, &first) == 0)
        return NULL;
    return snapshot->admins[first->index] != admin ? snapshot->admins[first->index] : NULL;
}

/* By one name only those were looked up whose token another has. */
static const struct admin *find_twin(const struct snapshot *snapshot, const struct admin *admin,
                                     bool *comes_first)
{
    const struct admin *found = NULL;
    bool own = false;

    for (size_t i = 0; found == NULL && admin->token != NULL && i < snapshot->twin_count; i++) {
        const struct admin *twin = snapshot->twins[i];

        own = own || admin_is_of(twin, admin->document);
        if (text_equal(twin->token, admin->token) && !admin_is_of(twin, admin->document))
            found = twin;
    }
    *comes_first = found != NULL && !own;
    return found;
}

const struct admin *snapshot_shares_token(const struct snapshot *snapshot,
                                          const struct admin *admin, bool *comes_first)
{
    const struct admin *other = snapshot_comes_later(snapshot, admin);
    const struct holder *first = NULL;

    if (!snapshot->whole)
        return find_twin(snapshot, admin, comes_first);
    *comes_first = other != NULL;
    if (other == NULL && find_holders(&snapshot->tokens, admin->token, &first) > 1)
        other = snapshot->admins[first[1].index];
    return other;
}

bool snapshot_has_token(const struct snapshot *snapshot, const char *token)
{
    const struct holder *first = NULL;

    return find_holders(&snapshot->tokens, token, &first) > 0;
}

bool snapshot_front_is_open(const struct snapshot *snapshot)
{
    return snapshot != NULL && snapshot->front_is_open;
}
