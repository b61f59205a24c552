/* SPDX-License-Identifier: MIT */
/*
 * dump_shape.h - the form of a dump, wherever its values come from: fields, order, and how they are
 * written. For dump*.c.
 */
#ifndef PRITUNL_DUMP_SHAPE_H
#define PRITUNL_DUMP_SHAPE_H

#include "io/json.h"
#include "pritunl/dump.h"
#include "pritunl/dump_items.h"

/* What every element of a part has beside its fields. */
struct dump_list {
    const char *name; /* "users", "routes"; NULL: none */
    const char *path; /* in the API, %s being the element's id */
    const char *const *fields;
    bool ordered; /* it comes in an order of Pritunl's own */
};

#define DUMP_LISTS_MAX 2

struct dump_shape {
    const char *name;          /* of the part, as key and for --with */
    const char *type;          /* of one element, in lines */
    const char *path;          /* in the API */
    const char *const *fields; /* NULL: all, masked; NULL-terminated */
    struct dump_list lists[DUMP_LISTS_MAX];
    bool one; /* an object instead of a list */
};

extern const struct dump_shape dump_shapes[DUMP_PART_COUNT];

/*
 * dump_parts(text, options, error): organizations and servers, and what text (comma-separated, or
 * NULL) names. ERROR_USAGE.
 */
bool dump_parts(const char *text, struct dump_options *options, struct error *error);

/*
 * dump_pick(value, fields, reveal): a new object of these fields (null where absent, but what is
 * not disabled is false and no groups are none), or all of value, masked unless reveal.
 */
struct json *dump_pick(const struct json *value, const char *const *fields, bool reveal);

/* The document on its way out. */
struct dump_writer {
    const struct dump_options *options;
    const struct dump_sink *sink;
    enum dump_part part; /* DUMP_PART_COUNT: none is begun */
    bool parts;          /* one was written before */
    bool elements;       /* so was one of this part */
};

void dump_writer_init(struct dump_writer *writer, const struct dump_options *options,
                      const struct dump_sink *sink);

/*
 * dump_write(writer, part, element, lists, error): the next element (an object as JSON), in order
 * of parts; what lies in lists, one for each of the part's, is not freed.
 */
bool dump_write(struct dump_writer *writer, enum dump_part part, const char *element,
                const struct dump_items *lists, struct error *error);

/*
 * dump_write_end(writer, error): close what is open; parts that were asked for and are empty are
 * written as such.
 */
bool dump_write_end(struct dump_writer *writer, struct error *error);

#endif
