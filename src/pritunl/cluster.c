/* SPDX-License-Identifier: MIT */
#include "pritunl/cluster.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/issued.h"

/*
 * Codes of servers that do not know $unionWith, or not here: unrecognized stage, not supported
 * (three dialects).
 */
#define CODE_UNRECOGNIZED_STAGE 40324
#define CODE_NOT_IMPLEMENTED 238
#define CODE_NOT_SUPPORTED 115
#define CODE_NOT_SUPPORTED_ELSEWHERE 304
#define CODE_UNAUTHORIZED 13
#define CODE_ATLAS                                                                                 \
    8000 /* Atlas's proxy: a user without the right, or a stage that its tier does not have */

#define NAMES_SHOWN 20

static void add_admin(struct cluster *cluster, const struct db_document *document,
                      const char *username)
{
    struct admin *admin = admin_read(document);

    if (username != NULL && !text_equal(admin->username, username)) {
        admin_free(admin); /* an array that holds the name, or a collation that folds case */
        return;
    }
    if ((cluster->admin_count & (cluster->admin_count - 1)) ==
        0) /* 0, 1, 2, 4 …: double the room */
        cluster->admins =
            mem_grow(cluster->admins, (2 * cluster->admin_count + 1) * sizeof(struct admin *));
    cluster->admins[cluster->admin_count++] = admin;
}

static void take_settings(struct cluster *cluster, const struct db_document *row)
{
    struct db_value id = db_field(row, "_id");

    if (id.type == DB_TEXT && text_equal(id.text, "app"))
        server_read_app(&cluster->server, row);
    else if (id.type == DB_TEXT && text_equal(id.text, "version"))
        server_read_version(&cluster->server, row);
}

/* The rows of the joined queries carry their part; those of a plain find are all of one. */
static const char *part_of(enum query query, const struct db_document *row)
{
    struct db_value part = {0};

    if (query == QUERY_ADMINISTRATOR || query == QUERY_ADMINISTRATORS)
        return "administrator";
    if (query == QUERY_HOSTS)
        return "host";
    part = db_field(row, "part");
    return part.type == DB_TEXT ? part.text : "";
}

static bool is_expired(const struct db_document *row)
{
    struct issued issued = {0};
    bool expired = issued_read(row, &issued) && issued.expires_ms <= clock_wall_ms();

    issued_clear(&issued);
    return expired;
}

static void take_row(struct cluster *cluster, enum query query, const struct db_document *row,
                     const char *username)
{
    const char *part = part_of(query, row);

    if (text_equal(part, "administrator")) {
        add_admin(cluster, row, username);
        cluster->expired += username == NULL && is_expired(row);
    }
    if (text_equal(part, "host"))
        server_read_host(&cluster->server, row);
    else if (text_equal(part, "settings"))
        take_settings(cluster, row);
    else if (text_equal(part, "expired"))
        cluster->expired += is_expired(row);
}

static bool take(struct db *db, enum query query, const char *username, struct cluster *cluster,
                 struct error *error)
{
    struct db_param params[] = {{"username", db_text(username != NULL ? username : "")},
                                {"now", db_date(clock_wall_ms())}};
    size_t count = query == QUERY_LOOKUP ? 2 : username != NULL ? 1 : 0;
    struct db_rows *rows = NULL;

    if (!db_query(db, query, params, count, &rows, error))
        return false;
    for (size_t i = 0; i < db_rows_count(rows); i++)
        take_row(cluster, query, db_rows_at(rows, i), username);
    db_rows_free(rows);
    return true;
}

static bool is_refusal(int code)
{
    return code == CODE_UNAUTHORIZED || code == CODE_ATLAS;
}

static bool wants_single_finds(int code)
{
    return code == CODE_UNRECOGNIZED_STAGE || code == CODE_NOT_IMPLEMENTED ||
           code == CODE_NOT_SUPPORTED || code == CODE_NOT_SUPPORTED_ELSEWHERE || is_refusal(code);
}

static bool name_collection(struct db *db, const char *collection, struct error *error)
{
    /* Without a login in the URI the same code means that one is wanted. */
    if (text_equal(error_name(error), cause_name(CAUSE_DATABASE_PERMISSION))) {
        error_set(error, ERROR_DATABASE, "the database user may not read %s in %s", collection,
                  db_name(db));
        error_because(error, cause_name(CAUSE_DATABASE_PERMISSION));
        error_try(error, "grant the user \"find\" on that collection");
    }
    return false;
}

static bool read_singly(struct db *db, const struct cluster_query *query, struct cluster *cluster,
                        struct error *error)
{
    static const struct {
        enum query query;
        const char *collection;
    } parts[] = {{QUERY_SETTINGS, "settings"}, {QUERY_HOSTS, "hosts"}};
    enum query admins = query->username != NULL ? QUERY_ADMINISTRATOR : QUERY_ADMINISTRATORS;

    if (!take(db, admins, query->username, cluster, error))
        return name_collection(db, "administrators", error);
    for (size_t i = 0; query->wants_server && i < sizeof parts / sizeof *parts; i++) {
        if (take(db, parts[i].query, NULL, cluster, error))
            continue;
        if (!is_refusal(db_code(db)))
            return false;
        term_warn(
            "the database user may not read %s: URL and certificate of the API cannot come from "
            "there",
            parts[i].collection);
    }
    return true;
}

/* Whoever was to revoke them may have been killed. */
static void say_expired(const struct cluster *cluster)
{
    if (cluster->expired > 0)
        term_warn("%zu expired temporary administrator%s still there: pritunl-access revoke "
                  "--expired",
                  cluster->expired, cluster->expired == 1 ? " is" : "s are");
}

bool cluster_read(struct db *db, const struct cluster_query *query, struct cluster *cluster,
                  struct error *error)
{
    enum query whole = query->username != NULL ? QUERY_LOOKUP : QUERY_SURVEY;

    *cluster = (struct cluster){0};
    server_init(&cluster->server);
    if (!take(db, whole, query->username, cluster, error)) {
        if (!wants_single_finds(db_code(db)))
            return false;
        cluster_clear(cluster);
        if (!read_singly(db, query, cluster, error))
            return false;
    }
    if (!query->silent)
        say_expired(cluster);
    return true;
}

void cluster_clear(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->admin_count; i++)
        admin_free(cluster->admins[i]);
    mem_free(cluster->admins);
    cluster->admins = NULL;
    cluster->admin_count = 0;
    cluster->expired = 0;
    server_clear(&cluster->server);
}

bool cluster_need_admins(const struct db *db, const struct cluster *cluster, struct error *error)
{
    if (cluster->admin_count > 0)
        return true;
    error_set(error, ERROR_DATABASE,
              "the database %s at %s has no administrators: wrong database or prefix?", db_name(db),
              db_hosts(db));
    error_because(error, cause_name(CAUSE_DATABASE_EMPTY));
    return error_try(error, "pritunl-access config");
}

/* "a, b, c" for a message; no more than fit there. */
static char *list_names(const struct cluster *cluster)
{
    struct buf names = BUF_EMPTY(700);

    for (size_t i = 0; i < cluster->admin_count; i++) {
        const char *username = cluster->admins[i]->username;
        char *printable =
            username != NULL ? text_printable(username, strlen(username)) : mem_text("(no text)");

        if (i == NAMES_SHOWN || !buf_add_format(&names, "%s%s", i > 0 ? ", " : "", printable)) {
            buf_add_text(&names, " …");
            i = cluster->admin_count;
        }
        mem_free(printable);
    }
    return buf_take(&names);
}

static const struct admin *not_clear(const struct cluster *cluster, struct error *error)
{
    char *names = list_names(cluster);

    error_set(error, ERROR_AMBIGUOUS, "which administrator? there are several: %s", names);
    error_try(error, "the same command with one of these names, or with --administrator NAME");
    mem_free(names);
    return NULL;
}

/*
 * The only one with API access on, else the only one there is. Temporary ones are never chosen:
 * whoever asks for none means one that is still there tomorrow.
 */
static const struct admin *choose(const struct cluster *cluster, struct error *error)
{
    const struct admin *only = NULL;
    const struct admin *lasting = NULL;
    size_t on = 0;
    size_t count = 0;

    for (size_t i = 0; i < cluster->admin_count; i++) {
        const struct admin *admin = cluster->admins[i];

        if (issued_read(admin->document, NULL))
            continue;
        lasting = admin;
        count++;
        if (admin->auth_api) {
            only = admin;
            on++;
        }
    }
    if (on == 1)
        return only;
    return count == 1 ? lasting : not_clear(cluster, error);
}

static const struct admin *unknown(const struct cluster *cluster, const char *username,
                                   struct error *error)
{
    char *printable = text_printable(username, strlen(username));
    char *names = list_names(cluster);

    error_set(error, ERROR_NOT_FOUND, "no administrator is named %s; there are: %s", printable,
              names);
    error_try(error, "pritunl-access list");
    mem_free(names);
    mem_free(printable);
    return NULL;
}

static const struct admin *nobody(struct db *db, const char *username, struct error *error)
{
    const struct cluster_query everybody = {.silent = true};
    struct cluster cluster = {0};

    if (cluster_read(db, &everybody, &cluster, error) && cluster_need_admins(db, &cluster, error))
        unknown(&cluster, username, error);
    cluster_clear(&cluster);
    return NULL;
}

static const struct admin *several(const struct cluster *cluster, const char *username,
                                   struct error *error)
{
    char *printable = text_printable(username, strlen(username));
    struct buf ids = BUF_EMPTY(200);

    for (size_t i = 0; i < cluster->admin_count; i++)
        if (text_equal(cluster->admins[i]->username, username))
            buf_add_format(&ids, "%s%s", ids.length > 0 ? ", " : "", cluster->admins[i]->id);
    error_set(error, ERROR_AMBIGUOUS, "several documents carry the name %s (%s)", printable,
              buf_text(&ids));
    error_try(error, "pritunl-access list, then rename or remove one of them in the database");
    buf_free(&ids);
    mem_free(printable);
    return NULL;
}

const struct admin *cluster_find(struct db *db, const struct cluster_query *query,
                                 struct cluster *cluster, struct error *error)
{
    if (!cluster_read(db, query, cluster, error))
        return NULL;
    if (query->username == NULL)
        return cluster_need_admins(db, cluster, error) ? choose(cluster, error) : NULL;
    if (cluster->admin_count == 0)
        return nobody(db, query->username, error);
    return cluster->admin_count == 1 ? cluster->admins[0]
                                     : several(cluster, query->username, error);
}

const struct admin *cluster_pick(const struct cluster *cluster, const char *username,
                                 struct error *error)
{
    const struct admin *found = NULL;

    if (username == NULL)
        return choose(cluster, error);
    for (size_t i = 0; i < cluster->admin_count; i++) {
        if (!text_equal(cluster->admins[i]->username, username))
            continue;
        if (found != NULL)
            return several(cluster, username, error);
        found = cluster->admins[i];
    }
    return found != NULL ? found : unknown(cluster, username, error);
}

const struct admin *cluster_comes_later(const struct cluster *cluster, const struct admin *admin)
{
    for (size_t i = 0; i < cluster->admin_count && cluster->admins[i] != admin; i++)
        if (admin->token != NULL && text_equal(cluster->admins[i]->token, admin->token))
            return cluster->admins[i];
    return NULL;
}

const struct admin *cluster_shares_token(const struct cluster *cluster, const struct admin *admin,
                                         bool *comes_first)
{
    const struct admin *other = cluster_comes_later(cluster, admin);

    *comes_first = other != NULL;
    for (size_t i = 0; other == NULL && admin->token != NULL && i < cluster->admin_count; i++)
        if (cluster->admins[i] != admin && text_equal(cluster->admins[i]->token, admin->token))
            other = cluster->admins[i];
    return other;
}

bool cluster_front_is_open(const struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->admin_count; i++)
        if (cluster->admins[i]->flag_fault == CAUSE_NONE)
            return true;
    return false;
}

bool cluster_earlier(struct db *db, const struct admin *admin, char **other, struct error *error)
{
    struct db_param params[] = {{"token", db_text(admin->token)}};
    struct db_rows *rows = NULL;
    struct admin *first = NULL;
    bool earlier = false;

    *other = NULL;
    if (!db_query(db, QUERY_TOKEN_HOLDERS, params, 1, &rows, error))
        return false;
    for (size_t i = 0; i < db_rows_count(rows) && first == NULL; i++) {
        first = admin_read(db_rows_at(rows, i));
        if (!text_equal(first->token, admin->token)) {
            admin_free(first);
            first = NULL;
        }
    }
    if (first != NULL && !text_equal(first->id, admin->id)) {
        earlier = true;
        *other = first->username != NULL ? text_printable(first->username, strlen(first->username))
                                         : text_format("the document %s", first->id);
    }
    admin_free(first);
    db_rows_free(rows);
    return earlier;
}

bool cluster_nonce_seen(struct db *db, const char *token, const char *nonce, bool *seen,
                        struct error *error)
{
    struct db_param params[] = {{"token", db_text(token)}, {"nonce", db_text(nonce)}};
    struct db_rows *rows = NULL;

    *seen = false;
    if (!db_query(db, QUERY_NONCE, params, 2, &rows, error))
        return false;
    *seen = db_rows_count(rows) > 0;
    db_rows_free(rows);
    return true;
}
