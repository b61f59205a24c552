/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <string.h>

#include "pritunl/dump_shape.h"
#include "pritunl/mask.h"

Suite *dump_shape_suite(void);

static struct buf written;
static size_t room; /* of the sink, in bytes */

static bool write_some(void *context, const char *bytes, size_t length, struct error *error)
{
    (void)context;
    if (length > room)
        return error_set(error, ERROR_OUTPUT, "full");
    room -= length;
    return buf_add(&written, bytes, length);
}

static const struct dump_sink sink = {.write = write_some};

static void begin(void)
{
    written = (struct buf)BUF_EMPTY(BUF_MAX);
    room = 1000000;
}

static void end(void)
{
    buf_free(&written);
}

static struct json *parse(const char *text)
{
    struct error error = {0};
    struct json *value = json_parse(text, strlen(text), "text", &error);

    ck_assert_msg(value != NULL, "%s: %s", text, error.text);
    return value;
}

/* Bits of the parts that text turns on; -1: refused. */
static int parts(const char *text)
{
    struct dump_options options = {.lines = false};
    struct error error = {0};
    int bits = 0;

    if (!dump_parts(text, &options, &error)) {
        ck_assert_int_eq((int)error.kind, ERROR_USAGE);
        return -1;
    }
    for (int i = 0; i < DUMP_PART_COUNT; i++)
        bits |= options.parts[i] << i;
    return bits;
}

START_TEST(test_parts)
{
    const int both = 1 << DUMP_ORGANIZATIONS | 1 << DUMP_SERVERS;

    ck_assert_int_eq(parts(NULL), both);
    ck_assert_int_eq(parts(""), both);
    ck_assert_int_eq(parts("users,servers,routes,organizations"), both);
    ck_assert_int_eq(parts("hosts"), both | 1 << DUMP_HOSTS);
    ck_assert_int_eq(parts("hosts,links,settings,administrators"), (1 << DUMP_PART_COUNT) - 1);
    ck_assert_int_eq(parts("host"), -1);
    ck_assert_int_eq(parts("hosts,,links"), -1);
    ck_assert_int_eq(parts(",hosts"), -1);
    ck_assert_int_eq(parts("hosts, links"), -1);
}
END_TEST

START_TEST(test_pick)
{
    static const char *const fields[] = {"b", "a", "none", "disabled", "groups", NULL};
    struct json *value = parse("{\"a\": 1, \"token\": \"t\", \"b\": {\"secret\": \"s\"}}");
    struct json *made[] = {dump_pick(value, fields, false), dump_pick(value, NULL, false),
                           dump_pick(value, NULL, true)};
    static const char *const expected[] = {
        "{\"b\": {\"secret\": \"s\"}, \"a\": 1, \"none\": null, \"disabled\": "
        "false, \"groups\": []}",
        "{\"a\": 1, \"token\": \"" MASK_TEXT "\", \"b\": {\"secret\": \"" MASK_TEXT "\"}}",
        "{\"a\": 1, \"token\": \"t\", \"b\": {\"secret\": \"s\"}}"};

    for (size_t i = 0; i < 3; i++) {
        begin();
        ck_assert(json_write(made[i], 0, &written));
        ck_assert_str_eq(buf_text(&written), expected[i]);
        json_free(made[i]);
        end();
    }
    json_free(value);
}
END_TEST

/* By name in bytes, then by username, then by id; what has none of these comes first. */
START_TEST(test_order)
{
    struct json *list =
        parse("[{\"name\": \"b\", \"id\": \"1\"}, {\"name\": \"a\", \"id\": \"3\"}, "
              "{\"name\": \"a\", \"id\": \"2\"}, {\"name\": \"B\", \"id\": \"4\"}, "
              "{\"name\": \"\xc3\xa9\", \"id\": \"5\"}, {\"id\": \"6\"}, 7]");
    static const char *const fields[] = {"name", "id", NULL};
    static const char sorted[] = "-642315";
    static const char given[] = "132456-";
    struct dump_items items = {0};

    for (size_t i = 0; i < json_count(list); i++) {
        struct json *picked = dump_pick(json_at(list, i), fields, false);

        dump_items_add(&items, picked);
        json_free(picked);
    }
    ck_assert_uint_eq(items.count, 7);
    for (int ordered = 1; ordered >= 0; ordered--) {
        if (ordered == 0)
            dump_items_sort(&items);
        for (size_t i = 0; i < items.count; i++) {
            struct json *item = parse(dump_items_text(&items, i));
            const char *id = json_text(json_get(item, "id"), NULL);

            ck_assert_int_eq(id != NULL ? *id : '-', ordered != 0 ? given[i] : sorted[i]);
            ck_assert_int_eq(given[items.items[i].from], id != NULL ? *id : '-');
            json_free(item);
        }
    }
    ck_assert_uint_gt(items.bytes, 7 * sizeof *items.items);
    dump_items_free(&items);
    ck_assert_uint_eq(items.count + items.bytes, 0);
    json_free(list);
}
END_TEST

/* One element of each part that is asked for, but for those in without. */
static bool write_all(bool lines, const char *with, const char *without, struct error *error)
{
    struct dump_options options = {.lines = lines};
    struct dump_writer writer;
    struct json *child = parse("{\"id\": \"c\"}");
    struct dump_items lists[DUMP_LISTS_MAX] = {{0}};
    bool done = dump_parts(with, &options, error);

    dump_items_add(&lists[0], child);
    dump_items_add(&lists[0], child);
    dump_items_add(&lists[1], child);
    json_free(child);
    dump_writer_init(&writer, &options, &sink);
    for (int part = 0; done && part < DUMP_PART_COUNT; part++) {
        const char *element = part == DUMP_LINKS ? "{}" : "{\"id\": \"e\\n\"}";

        if (options.parts[part] && strstr(without, dump_shapes[part].name) == NULL)
            done = dump_write(&writer, (enum dump_part)part, element, lists, error);
    }
    done = done && dump_write_end(&writer, error);
    for (int i = 0; i < DUMP_LISTS_MAX; i++)
        dump_items_free(&lists[i]);
    return done;
}

static const struct {
    bool lines;
    const char *with;
    const char *without;
    const char *text;
} rows[] = {
    {false, "", "",
     "{\"organizations\": [\n{\"id\": \"e\\n\", \"users\": [\n{\"id\": \"c\"},\n{\"id\": \"c\"}]}\n],\n"
     "\"servers\": [\n{\"id\": \"e\\n\", \"organizations\": [\n{\"id\": \"c\"},\n{\"id\": \"c\"}], "
     "\"routes\": [\n{\"id\": \"c\"}]}\n]}\n"},
    {false, "", "organizations servers", "{\"organizations\": [],\n\"servers\": []}\n"},
    {false, "hosts,settings,administrators", "organizations servers administrators",
     "{\"organizations\": [],\n\"servers\": [],\n\"hosts\": [\n{\"id\": \"e\\n\"}\n],\n"
     "\"settings\": {\"id\": \"e\\n\"},\n\"administrators\": []}\n"},
    {false, "links", "organizations servers",
     "{\"organizations\": [],\n\"servers\": [],\n\"links\": [\n{}\n]}\n"},
    {true, "", "servers",
     "{\"type\": \"organization\", \"id\": \"e\\n\", \"users\": [{\"id\": \"c\"}, {\"id\": \"c\"}]}\n"},
    {true, "links,settings", "organizations servers",
     "{\"type\": \"link\"}\n{\"type\": \"settings\", \"id\": \"e\\n\"}\n"},
    {true, "", "organizations servers", ""},
};

START_TEST(test_written)
{
    struct error error = {0};

    begin();
    ck_assert(write_all(rows[_i].lines, rows[_i].with, rows[_i].without, &error));
    ck_assert_str_eq(buf_text(&written), rows[_i].text);
    if (!rows[_i].lines)
        json_free(parse(rows[_i].text));
    end();
}
END_TEST

/* Wherever the sink is full, its error is the result. */
START_TEST(test_full)
{
    struct error error = {0};
    size_t whole = 0;

    begin();
    ck_assert(write_all(false, "hosts", "", &error));
    whole = written.length;
    end();
    for (size_t bytes = 0; bytes < whole; bytes++) {
        begin();
        room = bytes;
        error = (struct error){0};
        ck_assert(!write_all(false, "hosts", "", &error));
        ck_assert_int_eq((int)error.kind, ERROR_OUTPUT);
        end();
    }
}
END_TEST

Suite *dump_shape_suite(void)
{
    Suite *suite = suite_create("dump_shape");
    TCase *tests = tcase_create("dump_shape");

    tcase_add_test(tests, test_parts);
    tcase_add_test(tests, test_pick);
    tcase_add_test(tests, test_order);
    tcase_add_loop_test(tests, test_written, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(tests, test_full);
    suite_add_tcase(suite, tests);
    return suite;
}
