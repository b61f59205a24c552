/* SPDX-License-Identifier: MIT */
#include "pritunl/dump_shape.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/mask.h"

#define PIECE ((size_t)64 * 1024) /* is written at once */

static const char *const organization_fields[] = {"id", "name", NULL};
static const char *const user_fields[] = {"id", "name", "email", "disabled", "groups", NULL};
static const char *const server_fields[] = {"id",       "name",   "port",   "network",
                                            "protocol", "status", "groups", NULL};
static const char *const route_fields[] = {"id", "network", "nat", NULL};
static const char *const host_fields[] = {"id",      "name",           "hostname",      "status",
                                          "version", "public_address", "local_address", NULL};

const struct dump_shape dump_shapes[DUMP_PART_COUNT] = {
    [DUMP_ORGANIZATIONS] = {.name = "organizations",
                            .type = "organization",
                            .path = "/organization",
                            .fields = organization_fields,
                            .lists = {{"users", "/user/%s", user_fields, false}}},
    [DUMP_SERVERS] = {.name = "servers",
                      .type = "server",
                      .path = "/server",
                      .fields = server_fields,
                      .lists = {{"organizations", "/server/%s/organization", organization_fields,
                                 false},
                                {"routes", "/server/%s/route", route_fields, true}}},
    [DUMP_HOSTS] = {.name = "hosts", .type = "host", .path = "/host", .fields = host_fields},
    [DUMP_LINKS] = {.name = "links", .type = "link", .path = "/link"},
    [DUMP_SETTINGS] = {.name = "settings", .type = "settings", .path = "/settings", .one = true},
    [DUMP_ADMINISTRATORS] = {.name = "administrators", .type = "administrator", .path = "/admin"},
};

static bool is_part_name(const char *name, const char *word, size_t length)
{
    return name != NULL && strlen(name) == length && memcmp(name, word, length) == 0;
}

static bool is_part(const struct dump_shape *shape, const char *word, size_t length)
{
    bool met = is_part_name(shape->name, word, length);

    for (int i = 0; !met && i < DUMP_LISTS_MAX; i++)
        met = is_part_name(shape->lists[i].name, word, length);
    return met;
}

static bool name_part(const char *word, size_t length, struct dump_options *options)
{
    for (int i = 0; i < DUMP_PART_COUNT; i++)
        if (is_part(&dump_shapes[i], word, length)) {
            options->parts[i] = true;
            return true;
        }
    return false;
}

bool dump_parts(const char *text, struct dump_options *options, struct error *error)
{
    options->parts[DUMP_ORGANIZATIONS] = options->parts[DUMP_SERVERS] = true;
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");

        if (!name_part(text, length, options))
            return error_set(error, ERROR_USAGE,
                             "--with: \"%.*s\" is none of users, servers, routes, hosts, links, "
                             "settings, administrators",
                             (int)(length < 64 ? length : 64), text);
        text += length + (text[length] == ',');
    }
    return true;
}

/* What a document may lack, and the API tells by its default. */
static void put_default(struct json *object, const char *field)
{
    if (text_equal(field, "disabled"))
        json_put_bool(object, field, false);
    else
        json_put(object, field, text_equal(field, "groups") ? json_make_array() : NULL);
}

struct json *dump_pick(const struct json *value, const char *const *fields, bool reveal)
{
    struct json *picked = NULL;

    if (fields == NULL)
        return reveal ? json_share(value) : mask_copy(value);
    picked = json_make_object();
    for (; *fields != NULL; fields++) {
        const struct json *field = json_get(value, *fields);

        if (field != NULL && json_type_of(field) != JSON_NULL_VALUE)
            json_put(picked, *fields, json_share(field));
        else
            put_default(picked, *fields);
    }
    return picked;
}

void dump_writer_init(struct dump_writer *writer, const struct dump_options *options,
                      const struct dump_sink *sink)
{
    *writer = (struct dump_writer){.options = options, .sink = sink, .part = DUMP_PART_COUNT};
}

static bool flush(const struct dump_writer *writer, struct buf *out, struct error *error)
{
    bool done = out->full
                    ? error_set(error, ERROR_OUTPUT,
                                "an element of the dump is larger than %zu bytes", out->max)
                    : writer->sink->write(writer->sink->context, buf_text(out), out->length, error);

    buf_free(out);
    return done;
}

/* Close the part that is open and open this one (or none), in the document's form. */
static void turn(struct dump_writer *writer, enum dump_part part, struct buf *out)
{
    if (writer->part == part)
        return;
    if (writer->part != DUMP_PART_COUNT && !dump_shapes[writer->part].one)
        buf_add_text(out, writer->elements ? "\n]" : "]");
    writer->part = part;
    writer->elements = false;
    if (part == DUMP_PART_COUNT)
        return;
    buf_add_format(out, "%s\"%s\": %s", writer->parts ? ",\n" : "{", dump_shapes[part].name,
                   dump_shapes[part].one ? "" : "[");
    writer->parts = true;
}

/*
 * The parts that were asked for and come before this one, all of them empty where they are not
 * written yet.
 */
static void open_until(struct dump_writer *writer, enum dump_part part, struct buf *out)
{
    int next = writer->part == DUMP_PART_COUNT ? 0 : (int)writer->part + 1;

    if (writer->options->lines || (writer->part == part && part != DUMP_PART_COUNT))
        return;
    for (; next <= (int)part && next < DUMP_PART_COUNT; next++)
        if (writer->options->parts[next])
            turn(writer, (enum dump_part)next, out);
}

/* A list, piece by piece: it may be large. */
static bool write_items(const struct dump_writer *writer, const struct dump_items *items,
                        struct buf *out, struct error *error)
{
    for (size_t i = 0; i < items->count; i++) {
        if (i > 0)
            buf_add_text(out, writer->options->lines ? ", " : ",\n");
        else if (!writer->options->lines)
            buf_add_text(out, "\n");
        buf_add_text(out, dump_items_text(items, i));
        if (out->length >= PIECE && !flush(writer, out, error))
            return false;
    }
    return true;
}

bool dump_write(struct dump_writer *writer, enum dump_part part, const char *element,
                const struct dump_items *lists, struct error *error)
{
    const struct dump_shape *shape = &dump_shapes[part];
    size_t length = strlen(element) > 2 ? strlen(element) - 2 : 0; /* without its braces */
    struct buf out = BUF_EMPTY(BUF_MAX);

    open_until(writer, part, &out);
    if (!writer->options->lines && !shape->one)
        buf_add_text(&out, writer->elements ? ",\n" : "\n");
    writer->elements = true;
    if (writer->options->lines)
        buf_add_format(&out, "{\"type\": \"%s\"%s", shape->type, length > 0 ? ", " : "");
    else
        buf_add_text(&out, "{");
    buf_add(&out, element + 1, length);
    for (int i = 0; i < DUMP_LISTS_MAX && shape->lists[i].name != NULL; i++) {
        buf_add_format(&out, ", \"%s\": [", shape->lists[i].name);
        if (!write_items(writer, &lists[i], &out, error)) {
            buf_free(&out);
            return false;
        }
        buf_add_text(&out, "]");
    }
    buf_add_text(&out, writer->options->lines ? "}\n" : "}");
    return flush(writer, &out, error);
}

bool dump_write_end(struct dump_writer *writer, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (writer->options->lines)
        return true;
    open_until(writer, DUMP_PART_COUNT, &out);
    turn(writer, DUMP_PART_COUNT, &out);
    buf_add_text(&out, "}\n");
    return flush(writer, &out, error);
}
