/* SPDX-License-Identifier: MIT */
#include "pritunl/dump_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/dump_shape.h"
#include "pritunl/dump_value.h"

struct source {
    struct db *db;
    const struct dump_options *options;
    struct dump_writer writer;
    struct db_rows *organizations; /* for their names, once servers are looked at */
    struct error *error;
};

static const char *const admin_fields[] = {"id",       "username",   "yubikey_id", "otp_auth",
                                           "auth_api", "token",      "secret",     "default",
                                           "disabled", "super_user", NULL};

/* Pritunl's id of a route: its network in hexadecimal. */
static struct json *route_of(struct json *network, struct json *nat)
{
    struct json *route = json_make_object();
    struct buf id = BUF_EMPTY(BUF_MAX);
    size_t length = 0;
    const char *text = json_text(network, &length);

    for (size_t i = 0; i < length; i++)
        buf_add_format(&id, "%02x", (unsigned)(unsigned char)text[i]);
    json_put_text(route, "id", buf_text(&id));
    json_put(route, "network", network);
    json_put(route, "nat", nat);
    buf_free(&id);
    return route;
}

static struct json *row_value(const struct db_document *document, const char *path)
{
    struct db_value value = db_field(document, path);

    return dump_value(&value);
}

static struct json *member_value(const struct db_value *object, const char *path)
{
    struct db_value value = db_member(object, path);

    return dump_value(&value);
}

static struct json *pick_fields(const struct db_document *document, const char *const *fields)
{
    struct json *whole = dump_object(document, fields);
    struct json *made = dump_pick(whole, fields, true);

    json_free(whole);
    return made;
}

static void add_picked(struct dump_items *items, const struct db_document *row,
                       const char *const *fields)
{
    struct json *picked = pick_fields(row, fields);

    dump_items_add(items, picked);
    json_free(picked);
}

static bool read_users(struct source *source, const struct db_document *organization,
                       struct dump_items *users)
{
    const struct db_param param = {"organization", db_field(organization, "_id")};
    const char *const *fields = dump_shapes[DUMP_ORGANIZATIONS].lists[0].fields;
    struct db_rows *rows = NULL;

    if (!db_query(source->db, QUERY_USERS, &param, 1, &rows, source->error))
        return false;
    for (size_t i = 0; i < db_rows_count(rows); i++)
        add_picked(users, db_rows_at(rows, i), fields);
    dump_items_sort(users);
    db_rows_free(rows);
    return true;
}

/* One that was deleted since is passed over, as the API does. */
static const struct db_document *organization_of(const struct source *source,
                                                 const struct db_value *id)
{
    for (size_t i = 0; i < db_rows_count(source->organizations); i++) {
        const struct db_document *row = db_rows_at(source->organizations, i);
        struct db_value value = db_field(row, "_id");

        if (db_value_equal(&value, id))
            return row;
    }
    return NULL;
}

static bool read_server_organizations(struct source *source, const struct db_document *server,
                                      struct dump_items *organizations)
{
    const char *const *fields = dump_shapes[DUMP_SERVERS].lists[0].fields;
    struct db_value ids = db_field(server, "organizations");
    struct db_value *items = NULL;
    size_t size = 0;

    if (source->organizations == NULL &&
        !db_query(source->db, QUERY_ORGANIZATIONS, NULL, 0, &source->organizations, source->error))
        return false;
    items = db_items(&ids, &size);
    for (size_t i = 0; i < size; i++) {
        const struct db_document *row = organization_of(source, &items[i]);

        if (row != NULL)
            add_picked(organizations, row, fields);
    }
    dump_items_sort(organizations);
    mem_free(items);
    return true;
}

/* A route and where Pritunl sorts it: everywhere, the virtual network, the others by text. */
struct placed_route {
    int rank;
    struct json *route;
};

static const char *network_of(const struct json *route)
{
    const char *text = json_text(json_get(route, "network"), NULL);

    return text == NULL ? "" : text;
}

static int compare_placed(const void *left, const void *right)
{
    const struct placed_route *a = left;
    const struct placed_route *b = right;

    return a->rank != b->rank ? a->rank - b->rank
                              : strcmp(network_of(a->route), network_of(b->route));
}

static void add_route(struct placed_route *routes, size_t *count, const char *own,
                      struct json *route)
{
    const char *network = network_of(route);
    int rank = text_equal(network, "0.0.0.0/0") ? 0 : text_equal(network, own) ? 1 : 2;

    routes[(*count)++] = (struct placed_route){rank, route};
}

/* The virtual network is stored only once it was touched. */
static void add_virtual(struct placed_route *routes, size_t *count, struct json *network)
{
    struct json *flags = json_make_object();
    const char *own = json_text(network, NULL);
    bool stored = false;

    for (size_t i = 0; i < *count; i++)
        stored = stored || text_equal(network_of(routes[i].route), own);
    json_put_bool(flags, "nat", false);
    if (stored)
        json_free(network);
    else
        add_route(routes, count, own, route_of(network, json_share(json_get(flags, "nat"))));
    json_free(flags);
}

static bool read_server_routes(struct source *source, const struct db_document *server,
                               struct dump_items *routes)
{
    const struct db_param param = {"server", db_field(server, "_id")};
    struct db_value stored = {0};
    struct db_value *items = NULL;
    struct db_rows *rows = NULL;
    struct placed_route *placed = NULL;
    struct json *network = NULL;
    size_t count = 0;
    size_t stored_count = 0;

    if (!db_query(source->db, QUERY_ROUTES, &param, 1, &rows, source->error))
        return false;
    network = row_value(server, "network");
    if (db_rows_count(rows) > 0)
        stored = db_field(db_rows_at(rows, 0), "routes");
    items = db_items(&stored, &stored_count);
    placed = mem_zero(stored_count + 1, sizeof *placed);
    for (size_t i = 0; i < stored_count; i++)
        add_route(placed, &count, json_text(network, NULL),
                  route_of(member_value(&items[i], "network"), member_value(&items[i], "nat")));
    add_virtual(placed, &count, network);
    qsort(placed, count, sizeof *placed, compare_placed);
    for (size_t i = 0; i < count; i++) {
        dump_items_add(routes, placed[i].route);
        json_free(placed[i].route);
    }
    mem_free(placed);
    mem_free(items);
    db_rows_free(rows);
    return true;
}

/* The element as it is written; NULL with error where it cannot be. */
static struct json *element_of(const struct source *source, enum dump_part part,
                               const struct db_document *document)
{
    struct json *raw = NULL;
    struct json *made = NULL;

    if (dump_shapes[part].fields != NULL)
        return pick_fields(document, dump_shapes[part].fields);
    raw = part == DUMP_SETTINGS ? dump_whole(document) : dump_object(document, admin_fields);
    if (raw == NULL)
        error_set(source->error, ERROR_DATABASE, "the settings hold something that JSON has not");
    else if (part == DUMP_ADMINISTRATORS && db_field(document, "super_user").type == DB_ABSENT)
        json_put_bool(raw, "super_user", true);
    made = raw != NULL ? dump_pick(raw, NULL, source->options->reveal) : NULL;
    json_free(raw);
    return made;
}

static bool write_one(struct source *source, enum dump_part part, const char *element,
                      const struct db_document *document)
{
    struct dump_items lists[DUMP_LISTS_MAX] = {{0}};
    bool done = true;

    if (part == DUMP_ORGANIZATIONS)
        done = read_users(source, document, &lists[0]);
    else if (part == DUMP_SERVERS)
        done = read_server_organizations(source, document, &lists[0]) &&
               read_server_routes(source, document, &lists[1]);
    done = done && dump_write(&source->writer, part, element, lists, source->error);
    for (int i = 0; i < DUMP_LISTS_MAX; i++)
        dump_items_free(&lists[i]);
    return done;
}

static bool read_part(struct source *source, enum dump_part part, enum query query)
{
    struct db_rows *rows = NULL;
    struct dump_items items = {0};
    bool done = true;

    if (!db_query(source->db, query, NULL, 0, &rows, source->error))
        return false;
    for (size_t i = 0; done && i < db_rows_count(rows); i++) {
        struct json *element = element_of(source, part, db_rows_at(rows, i));

        done = element != NULL;
        if (done)
            dump_items_add(&items, element);
        json_free(element);
    }
    dump_items_sort(&items);
    for (size_t i = 0; done && i < items.count; i++)
        done = write_one(source, part, dump_items_text(&items, i),
                         db_rows_at(rows, items.items[i].from));
    dump_items_free(&items);
    db_rows_free(rows);
    return done;
}

bool dump_from_database(struct db *db, const struct dump_options *options,
                        const struct dump_sink *sink, struct error *error)
{
    static const enum query queries[] = {[DUMP_ORGANIZATIONS] = QUERY_ORGANIZATIONS,
                                         [DUMP_SERVERS] = QUERY_SERVERS,
                                         [DUMP_HOSTS] = QUERY_HOSTS,
                                         [DUMP_SETTINGS] = QUERY_DUMP_SETTINGS,
                                         [DUMP_ADMINISTRATORS] = QUERY_DUMP_ADMINISTRATORS};
    struct source source = {.db = db, .options = options, .error = error};
    bool done = true;

    if (options->parts[DUMP_LINKS])
        return error_set(error, ERROR_USAGE, "--with links: only the API tells these");
    dump_writer_init(&source.writer, options, sink);
    for (int part = 0; done && part < DUMP_PART_COUNT; part++)
        done = !options->parts[part] || read_part(&source, (enum dump_part)part, queries[part]);
    db_rows_free(source.organizations);
    return done && dump_write_end(&source.writer, error);
}
