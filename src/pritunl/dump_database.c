/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/dump_shape.h"

struct source {
    struct db *db;
    const struct dump_options *options;
    struct dump_writer writer;
    struct error *error;
};

/* A field as the API would tell it; what it has no JSON for is null. */
static struct json *value_of(struct db_value value)
{
    struct json *holder = NULL;
    struct json *made = NULL;
    char id[DB_ID_TEXT_SIZE];

    switch (value.type) {
    case DB_TEXT:
        return json_make_text_sized(value.text, value.length);
    case DB_ID:
        db_id_text(&value, id);
        return json_make_text(id);
    case DB_BOOL:
    case DB_INT:
        holder = json_make_object();
        if (value.type == DB_BOOL)
            json_put_bool(holder, "v", value.boolean);
        else
            json_put_int(holder, "v", value.integer);
        made = json_share(json_get(holder, "v"));
        json_free(holder);
        return made;
    default:
        return json_make_text(NULL);
    }
}

/* Its fields as an object; id is the document's _id. */
static struct json *object_of(const struct db_document *document, const char *const *fields)
{
    struct json *object = json_make_object();

    for (; *fields != NULL; fields++)
        json_put(object, *fields,
                 value_of(db_field(document, text_equal(*fields, "id") ? "_id" : *fields)));
    return object;
}

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

static bool write_children(struct source *source, enum dump_part part, const struct json *element,
                           struct json *const *values, size_t count)
{
    struct buf children = BUF_EMPTY(DUMP_ANSWER_MAX);
    bool done = false;

    dump_children(values, count, source->options, &children);
    done = dump_write(&source->writer, part, element, &children, source->error);
    buf_free(&children);
    return done;
}

static bool write_organization(struct source *source, const struct db_document *document,
                               const struct json *element)
{
    const struct db_param param = {"organization", db_field(document, "_id")};
    struct db_rows *rows = NULL;
    struct json **users = NULL;
    size_t count = 0;
    bool done = false;

    if (!db_query(source->db, QUERY_USERS, &param, 1, &rows, source->error))
        return false;
    count = db_rows_count(rows);
    users = mem_zero(count + 1, sizeof *users);
    for (size_t i = 0; i < count; i++)
        users[i] = object_of(db_rows_at(rows, i), dump_shapes[DUMP_ORGANIZATIONS].child_fields);
    dump_sort(users, count);
    done = write_children(source, DUMP_ORGANIZATIONS, element, users, count);
    dump_drop(users, count);
    db_rows_free(rows);
    return done;
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

static bool write_server(struct source *source, const struct db_document *document,
                         const struct json *element)
{
    const struct db_param param = {"server", db_field(document, "_id")};
    struct db_value stored = {0};
    struct db_value *items = NULL;
    struct db_rows *rows = NULL;
    struct placed_route *placed = NULL;
    struct json **routes = NULL;
    struct json *network = value_of(db_field(document, "network"));
    size_t count = 0;
    size_t stored_count = 0;
    bool done = false;

    if (!db_query(source->db, QUERY_ROUTES, &param, 1, &rows, source->error)) {
        json_free(network);
        return false;
    }
    if (db_rows_count(rows) > 0)
        stored = db_field(db_rows_at(rows, 0), "routes");
    items = db_items(&stored, &stored_count);
    placed = mem_zero(stored_count + 1, sizeof *placed);
    for (size_t i = 0; i < stored_count; i++)
        add_route(placed, &count, json_text(network, NULL),
                  route_of(value_of(db_member(&items[i], "network")),
                           value_of(db_member(&items[i], "nat"))));
    add_virtual(placed, &count, network);
    qsort(placed, count, sizeof *placed, compare_placed);
    routes = mem_zero(count, sizeof *routes);
    for (size_t i = 0; i < count; i++)
        routes[i] = placed[i].route;
    done = write_children(source, DUMP_SERVERS, element, routes, count);
    dump_drop(routes, count);
    mem_free(placed);
    mem_free(items);
    db_rows_free(rows);
    return done;
}

/* An element beside the document that it was made of, for sorting. */
struct pair {
    struct json *element;
    const struct db_document *document;
};

static bool write_part(struct source *source, enum dump_part part, const struct pair *pair)
{
    switch (part) {
    case DUMP_ORGANIZATIONS:
        return write_organization(source, pair->document, pair->element);
    case DUMP_SERVERS:
        return write_server(source, pair->document, pair->element);
    default:
        return dump_write(&source->writer, part, pair->element, NULL, source->error);
    }
}

static const struct db_document *document_of(const struct pair *pairs, size_t count,
                                             const struct json *element)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].element == element)
            return pairs[i].document;
    return NULL;
}

static bool read_part(struct source *source, enum dump_part part, enum query query)
{
    struct db_rows *rows = NULL;
    struct json **elements = NULL;
    struct pair *pairs = NULL;
    size_t count = 0;
    bool done = true;

    if (!db_query(source->db, query, NULL, 0, &rows, source->error))
        return false;
    count = db_rows_count(rows);
    elements = mem_zero(count + 1, sizeof *elements);
    pairs = mem_zero(count + 1, sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        const struct db_document *document = db_rows_at(rows, i);

        elements[i] = object_of(document, dump_shapes[part].fields);
        pairs[i] = (struct pair){elements[i], document};
    }
    dump_sort(elements, count);
    for (size_t i = 0; done && i < count; i++) {
        const struct pair pair = {elements[i], document_of(pairs, count, elements[i])};

        done = write_part(source, part, &pair);
    }
    mem_free(pairs);
    dump_drop(elements, count);
    db_rows_free(rows);
    return done;
}

bool dump_from_database(struct db *db, const struct dump_options *options,
                        const struct dump_sink *sink, struct error *error)
{
    static const enum query queries[] = {[DUMP_ORGANIZATIONS] = QUERY_ORGANIZATIONS,
                                         [DUMP_SERVERS] = QUERY_SERVERS,
                                         [DUMP_HOSTS] = QUERY_HOSTS};
    struct source source = {.db = db, .options = options, .error = error};
    bool done = true;

    for (int part = DUMP_LINKS; part < DUMP_PART_COUNT; part++)
        if (options->parts[part])
            return error_set(error, ERROR_USAGE, "--with %s: only the API tells these",
                             dump_shapes[part].name);
    dump_writer_init(&source.writer, options, sink);
    for (int part = 0; done && part < DUMP_LINKS; part++)
        done = !options->parts[part] || read_part(&source, (enum dump_part)part, queries[part]);
    return done && dump_write_end(&source.writer, error);
}
