/* SPDX-License-Identifier: MIT */
#include "targets.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/journal.h"
#include "api/networks.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/configuration.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "format/find.h"
#include "format/format.h"
#include "io/crypto.h"
#include "io/db_internal.h"
#include "io/http_internal.h"
#include "io/http_url.h"
#include "io/json.h"
#include "io/json_list.h"
#include "io/tls.h"
#include "io/tls_text.h"
#include "place/aws_files.h"
#include "pritunl/dump_shape.h"
#include "pritunl/mark.h"
#include "pritunl/mask.h"
#include "pritunl/snapshot.h"

#define WORDS_MAX 64
#define ANSWER_MAX ((size_t)1024 * 1024)

/* What must hold: a sanitizer, or Check, tells of the signal. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/* bytes as a file that may be trusted; one at a time. */
static const char *as_file(const char *bytes, size_t length)
{
    static char path[32];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        must(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, length, 0) == (ssize_t)length);
    return path;
}

/* The words between line feeds, each a string. */
static size_t split(char *text, char **words, size_t max)
{
    size_t count = 0;

    for (char *at = text; at != NULL && count < max; count++) {
        char *end = strchr(at, '\n');

        words[count] = at;
        if (end != NULL)
            *end++ = '\0';
        at = end;
    }
    return count;
}

static const struct format *formats[WORDS_MAX];
static size_t format_count;

static void list_formats(void)
{
    char *words = mem_text(option_table[OPTION_FORMAT].choices);

    for (char *rest = words, *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
        if (format_find(word) != NULL && format_count < WORDS_MAX)
            formats[format_count++] = format_find(word);
    mem_free(words);
}

static void decode_with(bool (*decode)(const char *text, struct pairs *pairs), const char *text)
{
    struct pairs pairs = {0};

    decode(text, &pairs);
    pairs_clear(&pairs);
}

static void read_any_format(const char *bytes, size_t length)
{
    struct error error;
    struct pairs pairs = {0};

    if (format_decode("it", bytes, length, NULL, &pairs, &error)) {
        const struct wanted wanted = {0};
        struct access *access = NULL;

        find_credential(&wanted, "it", &pairs, &access, &error);
        access_free(access);
    }
    pairs_clear(&pairs);
}

/* The first byte chooses. */
static void read_format(const char *bytes, size_t length)
{
    const struct format *format = NULL;

    if (length == 0)
        return;
    format = formats[(unsigned char)bytes[0] % format_count];
    if (format->decode != NULL)
        decode_with(format->decode, bytes + 1);
}

static void read_mongosh(const char *bytes, size_t length)
{
    (void)length;
    decode_with(mongosh_decode, bytes);
}

/*
 * What a format carries, reading gives back, whoever is asked to find out which format it is; or it
 * is refused where two readers would differ.
 */
static void write_format(const char *bytes, size_t length)
{
    const struct format_options options = {.name = "a", .namespace = NULL};
    struct variable item = {.name = "PRITUNL_TOKEN", .value = bytes + 1};
    struct variables variables = {.items = &item, .count = 1};
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct pairs pairs = {0};
    struct error error;
    const struct format *format = NULL;
    bool given = false;

    if (length < 2 || bytes[1] == '\0') /* what is empty is no credential's */
        return;
    format = formats[(unsigned char)bytes[0] % format_count];
    if (format_encode(format, format->open != NULL ? &options : &(struct format_options){0},
                      &variables, &out, &error) &&
        format->decode != NULL) {
        must(format_decode("it", buf_text(&out), out.length, NULL, &pairs, &error));
        for (size_t i = 0; i < pairs.count; i++)
            given = given || pairs.items[i].fault != NULL ||
                    (text_equal(pairs.items[i].name, item.name) &&
                     text_equal(pairs.items[i].value, item.value));
        must(given);
    }
    pairs_clear(&pairs);
    buf_free(&out);
}

static void read_json(const char *bytes, size_t length)
{
    struct error error;
    struct json *value = json_parse(bytes, length, "it", &error);
    struct json *python = json_parse_python(bytes, length, "it", &error);
    struct json *masked = value != NULL ? mask_copy(value) : NULL;
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (value != NULL) {
        must(json_write(value, 2, &out));
        json_free(value);
        value = json_parse(buf_text(&out), out.length, "it", &error);
        must(value != NULL);
    }
    buf_free(&out);
    json_free(value);
    json_free(python);
    json_free(masked);
}

static bool drop_it(void *context, const char *bytes, size_t length, struct error *error)
{
    (void)context;
    (void)bytes;
    (void)length;
    (void)error;
    return true;
}

static const char *const dump_fields[] = {"id", "name", "email", "network", "nat", NULL};

static bool keep_item(void *context, const struct json *element)
{
    struct json *picked = dump_pick(element, dump_fields, false);

    dump_items_add(context, picked);
    json_free(picked);
    return true;
}

/* In two pieces, and what is a list at once is the same list then. */
static void read_dump(const char *bytes, size_t length)
{
    const struct dump_options options = {0};
    const struct dump_sink sink = {.write = drop_it};
    struct dump_writer writer = {0};
    struct error error = {0};
    struct json *list = json_parse(bytes, length, "it", &error);
    struct json_list pieces;
    struct dump_items items[DUMP_LISTS_MAX] = {{0}};
    size_t half = length / 2;
    bool came = false;

    json_list_begin(&pieces, ANSWER_MAX, keep_item, &items[0]);
    came = json_list_add(&pieces, bytes, half) &&
           json_list_add(&pieces, bytes + half, length - half) && json_list_is_whole(&pieces);
    json_list_free(&pieces);
    if (json_type_of(list) == JSON_LIST && (!came || items[0].count != json_count(list)))
        abort();
    dump_items_sort(&items[0]);
    dump_writer_init(&writer, &options, &sink);
    for (size_t i = 0; i < items[0].count; i++)
        dump_write(&writer, (enum dump_part)0, dump_items_text(&items[0], i), items, &error);
    dump_write_end(&writer, &error);
    dump_items_free(&items[0]);
    json_free(list);
}

static void read_names(const char *bytes, size_t length)
{
    const struct access access = {
        .url = (char *)"https://h", .token = (char *)"t", .secret = (char *)"s"};
    const struct names_config config = {.names = bytes, .tfvars = length % 2 == 0};
    struct variables variables = {0};
    struct error error;

    if (names_make(&config, &access, &variables, &error))
        names_clear(&variables);
    names_is_known(bytes, "PRITUNL_URL");
}

static void read_url(const char *bytes, size_t length)
{
    char network[NETWORK_TEXT_SIZE];
    bool cut = false;
    struct http_url url = {0};
    struct error error;

    (void)length;
    if (http_url_parse(bytes, &url, &error))
        http_url_free(&url);
    network_normalise(bytes, network, &cut);
    http_is_loopback(bytes);
}

static void read_networks(const char *bytes, size_t length)
{
    char *regions[] = {(char *)"eu-west-1", (char *)"GLOBAL"};
    struct networks networks = {0};
    struct networks cuts = {0};
    struct error error;
    struct json *ranges = NULL;

    if (networks_from_lines(bytes, &networks, &cuts, &error)) {
        networks_unique(&networks);
        networks_sort(&networks);
        networks_has(&networks, "10.0.0.0/8");
    }
    networks_clear(&cuts);
    networks_clear(&networks);
    ranges = json_parse(bytes, length, "it", &error);
    if (ranges != NULL)
        networks_from_aws(ranges, regions, 2, &networks, &error);
    networks_clear(&networks);
    json_free(ranges);
}

static void read_aws(const char *bytes, size_t length)
{
    struct aws_files files;
    struct error error;
    const char *path = as_file(bytes, length);

    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    setenv("AWS_CONFIG_FILE", path, 1);
    memset(&files, 0, sizeof files);
    if (aws_files_read(&files, &error)) {
        aws_files_has(&files, "work");
        mem_free(aws_files_get(&files, "default", "aws_access_key_id"));
        mem_free(aws_files_get(&files, "work", "region"));
    }
    aws_files_clear(&files);
}

static void read_settings(const char *bytes, size_t length)
{
    struct settings settings = {0};
    struct error error = {0};

    settings_defaults(&settings);
    if (settings_set(&settings, OPTION_CONFIG, ORIGIN_OPTION, "it", as_file(bytes, length),
                     &error) &&
        settings_from_files(&settings, &error))
        settings_check(&settings, &error);
    settings_clear(&settings);
}

static void read_uri(const char *bytes, size_t length)
{
    const struct db_options options = {.uri = bytes, .default_name = "pritunl", .prefix = ""};
    struct error error;
    mongoc_uri_t *uri = db_uri_new(&options, &error);

    (void)length;
    if (uri != NULL) {
        db_uri_is_single(uri);
        mem_free(db_uri_hosts(uri));
        mongoc_uri_destroy(uri);
    }
}

/* A line that is the URI, and what a server says. */
static void read_redacted(const char *bytes, size_t length)
{
    char *uri = mem_copy(bytes, length);
    char *words[2] = {NULL, NULL};

    if (split(uri, words, 2) == 2)
        mem_free(db_redact(words[0], words[1]));
    mem_free(uri);
}

/* One document behind the other, as long as they are well formed. */
static void read_documents(const char *bytes, size_t length)
{
    struct db_document *rows[WORDS_MAX] = {NULL};
    size_t count = 0;

    while (count < WORDS_MAX && length >= 4) {
        uint32_t size = 0;
        bson_t view;

        memcpy(&size, bytes, 4);
        size = BSON_UINT32_FROM_LE(size);
        if (size > length || size < 5)
            break;
        char *exact = mem_copy(bytes, size);
        if (db_document_valid((const uint8_t *)exact, size) &&
            bson_init_static(&view, (const uint8_t *)exact, size))
            rows[count++] = db_document_copy(&view);
        mem_free(exact);
        bytes += size;
        length -= size;
    }
    if (count > 0) {
        struct snapshot *snapshot = snapshot_of((const struct db_document *const *)rows, count);
        struct mark mark = {0};

        for (size_t i = 0; i < count; i++) {
            struct error error;
            char *text = db_document_to_json(rows[i]);
            struct db_document *back = text != NULL ? db_document_from_json(text, &error) : NULL;

            if (mark_read(rows[i], &mark))
                mark_clear(&mark);
            db_document_free(back);
            mem_free(text);
        }
        snapshot_front_is_open(snapshot);
        for (size_t i = 0; i < snapshot_count(snapshot); i++) {
            bool first = false;

            admin_can_sign(snapshot_admin(snapshot, i));
            snapshot_shares_token(snapshot, snapshot_admin(snapshot, i), &first);
            snapshot_comes_later(snapshot, snapshot_admin(snapshot, i));
        }
        snapshot_free(snapshot);
    }
    for (size_t i = 0; i < count; i++)
        db_document_free(rows[i]);
}

static void read_extended_json(const char *bytes, size_t length)
{
    struct error error;
    struct db_document *document = db_document_from_json(bytes, &error);

    (void)length;
    if (document != NULL)
        mem_free(db_document_to_json(document));
    db_document_free(document);
}

static void read_certificate(const char *bytes, size_t length)
{
    if (tls_certificate_valid(bytes))
        mem_free(tls_certificate_pin(bytes));
    tls_pin_valid(bytes);
    mem_free(tls_describe(bytes, length));
}

static void read_text(const char *bytes, size_t length)
{
    static const char *const names[] = {"administrator", "timeout", NULL, "url"};
    char *printable = text_printable(bytes, length);

    must(text_is_utf8(printable, strlen(printable)));
    mem_free(text_shell(bytes));
    mem_free(text_fit(printable, 1 + length % 40));
    text_columns(printable);
    text_nearest(bytes, names, sizeof names / sizeof *names);
    mem_free(printable);
}

static void read_base64(const char *bytes, size_t length)
{
    char *text = crypto_base64_text(bytes);

    (void)length;
    if (text != NULL) {
        char *again = crypto_base64(text, strlen(text));

        must(strlen(again) == strlen(bytes)); /* its last bits may differ */
        mem_free(again);
    }
    mem_free(text);
}

static void read_label(const char *bytes, size_t length)
{
    int64_t lifetime = 0;
    struct error error;

    (void)length;
    if (mark_label(bytes, &error))
        mem_free(mark_username(bytes));
    mark_lifetime(bytes, &lifetime, &error);
}

static void read_journal(const char *bytes, size_t length)
{
    const char *path = as_file("", 0);
    struct journal *journal = journal_open(path);

    as_file(bytes, length);
    if (journal != NULL)
        mem_free(journal_account(
            journal,
            &(struct journal_request){.address = "127.0.0.1", .sent_s = 0, .answered_s = INT32_MAX},
            0));
    journal_free(journal);
}

/* Lines as curl gives them. */
static void read_headers(const char *bytes, size_t length)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    struct http http = {.answer = &answer};
    const char *end = bytes + length;

    while (bytes < end) {
        const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t size = feed != NULL ? (size_t)(feed - bytes) + 1 : (size_t)(end - bytes);
        char *line = mem_copy(bytes, size);

        if (http_answer_header(line, 1, size, &http) != size) {
            mem_free(line);
            break;
        }
        mem_free(line);
        bytes += size;
    }
    http_answer_free(&answer);
}

static const struct command command = {.name = "export", .arguments = "", .max_words = -1};
static const struct command *const commands[] = {&command, NULL};

static void read_arguments(const char *bytes, size_t length)
{
    char *text = mem_copy(bytes, length);
    char *words[WORDS_MAX + 2] = {(char *)"pritunl-access"};
    struct settings settings = {0};
    struct error error = {0};
    struct run run = {
        .commands = commands, .command = &command, .settings = &settings, .error = &error};
    int count = 1 + (int)split(text, words + 1, WORDS_MAX);

    settings_defaults(&settings);
    if (arguments_parse(count, words, &run))
        settings_check(&settings, &error);
    arguments_clear(&run);
    settings_clear(&settings);
    mem_free(text);
}

const struct fuzz_target fuzz_targets[] = {
    {"any-format", read_any_format},
    {"arguments", read_arguments},
    {"aws", read_aws},
    {"base64", read_base64},
    {"certificate", read_certificate},
    {"documents", read_documents},
    {"dump", read_dump},
    {"extended-json", read_extended_json},
    {"format", read_format},
    {"headers", read_headers},
    {"journal", read_journal},
    {"json", read_json},
    {"label", read_label},
    {"mongosh", read_mongosh},
    {"names", read_names},
    {"networks", read_networks},
    {"redacted", read_redacted},
    {"settings", read_settings},
    {"text", read_text},
    {"uri", read_uri},
    {"url", read_url},
    {"written", write_format},
};
const size_t fuzz_target_count = sizeof fuzz_targets / sizeof *fuzz_targets;

void fuzz_begin(void)
{
    json_begin();
    db_begin();
    list_formats();
    term_set_style(&(struct term_style){.quiet = true});
}

const struct fuzz_target *fuzz_find(const char *name)
{
    for (size_t i = 0; i < fuzz_target_count; i++)
        if (text_equal(fuzz_targets[i].name, name))
            return &fuzz_targets[i];
    return NULL;
}
