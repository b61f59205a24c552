/* SPDX-License-Identifier: MIT */
#include "place/database.h"

#include <string.h>

#include "api/journal.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/json.h"

#define URI_MAX ((size_t)64 * 1024)
#define DEFAULT_NAME "pritunl"
#define DEFAULT_URI                                                                                \
    "mongodb://localhost:27017/pritunl" /* Pritunl's own, where its configuration names none */

struct place {
    char *uri;
    bool pritunl; /* the URI stands in Pritunl's own configuration */
    char *prefix;
    char *read_preference;
};

static void place_clear(struct place *place)
{
    mem_free(place->uri);
    mem_free(place->prefix);
    mem_free(place->read_preference);
}

static bool read_uri_holder(const char *path, struct buf *content, struct error *error)
{
    bool exposed = false;

    if (!file_read(path, content, &exposed, error))
        return false;
    if (exposed)
        term_warn("%s holds a database URI and can be read by others: chmod go-r %s", path, path);
    return true;
}

static bool from_uri_file(const char *path, struct place *place, struct error *error)
{
    struct buf content = BUF_EMPTY(URI_MAX);
    size_t length = 0;
    const char *start = NULL;
    bool done = false;

    if (!read_uri_holder(path, &content, error))
        goto out;
    start = text_behind_mark(buf_text(&content));
    start += strspn(start, " \t\r\n");
    length = strcspn(start, "\r\n");
    if (memchr(buf_text(&content), '\0', content.length) != NULL) {
        error_set(error, ERROR_USAGE, "%s: it holds NUL characters (UTF-16?): save it as UTF-8",
                  path);
        goto out;
    }
    if (start[length + strspn(start + length, " \t\r\n")] != '\0') {
        error_set(error, ERROR_USAGE, "%s: one URI on one line is wanted", path);
        goto out;
    }
    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
    if (length == 0) {
        error_set(error, ERROR_USAGE, "%s: there is no URI in it", path);
        goto out;
    }
    place->uri = mem_copy(start, length);
    done = true;
out:
    buf_free(&content);
    return done;
}

static struct json *read_conf(const char *path, const struct buf *content, struct error *error)
{
    struct json *conf = json_parse_python(buf_text(content), content->length, path, error);

    if (conf == NULL || json_type_of(conf) == JSON_MAP)
        return conf;
    json_free(conf);
    error_set(error, ERROR_USAGE, "%s: a JSON object is wanted", path);
    return NULL;
}

/* Absent is Pritunl's default; what else is no URI would not start Pritunl, nor set it up. */
static bool take_uri(const struct json *conf, const char *path, struct place *place,
                     struct error *error)
{
    const struct json *value = json_get(conf, "mongodb_uri");
    size_t length = 0;
    const char *uri = json_text(value, &length);

    place->pritunl = true;
    place->uri = mem_text(uri != NULL ? uri : DEFAULT_URI);
    if (json_type_of(value) == JSON_ABSENT || (uri != NULL && length > 0 && strlen(uri) == length))
        return true;
    error_set(error, ERROR_USAGE, "%s: mongodb_uri %s, so that no database is named", path,
              json_type_of(value) == JSON_NULL_VALUE ? "is null"
              : uri == NULL                          ? "is not text"
              : length == 0                          ? "is empty"
                                                     : "holds a NUL character");
    return error_try(error, "put MongoDB's URI there: sudo pritunl set-mongodb URI");
}

/* null, "" and the like are no prefix, as they are none to Pritunl. */
static bool take_prefix(const struct json *conf, const char *path, struct place *place,
                        struct error *error)
{
    const struct json *value = json_get(conf, "mongodb_collection_prefix");
    enum json_type type = json_type_of(value);

    place->prefix = mem_text(json_text(value, NULL));
    if (type == JSON_TEXT || type == JSON_ABSENT || type == JSON_NULL_VALUE ||
        (type == JSON_BOOL && !json_is_true(value)) ||
        (type == JSON_INT && json_int(value, 1) == 0))
        return true;
    return error_set(error, ERROR_USAGE, "%s: mongodb_collection_prefix is not text", path);
}

static bool from_pritunl_conf(const char *path, struct place *place, struct error *error)
{
    struct buf content = BUF_EMPTY(URI_MAX);
    struct json *conf = NULL;
    bool done = false;

    if (!read_uri_holder(path, &content, error))
        goto out;
    conf = read_conf(path, &content, error);
    if (conf == NULL || !take_uri(conf, path, place, error) ||
        !take_prefix(conf, path, place, error))
        goto out;
    place->read_preference = mem_text(json_text(json_get(conf, "mongodb_read_preference"), NULL));
    done = true;
out:
    json_free(conf);
    buf_free(&content);
    return done;
}

static bool find_place(const struct database_config *config, struct place *place, bool *on_host,
                       struct error *error)
{
    *on_host = false;
    if (config->uri != NULL) {
        place->uri = mem_text(config->uri);
        return true;
    }
    if (config->uri_file != NULL)
        return from_uri_file(config->uri_file, place, error);
    if (config->pritunl_conf == NULL || !file_exists(config->pritunl_conf)) {
        error_set(error, ERROR_USAGE,
                  "no database is named, and there is no %s: this is no Pritunl host",
                  config->pritunl_conf != NULL ? config->pritunl_conf : "pritunl.conf");
        return error_try(
            error, "pritunl-access --mongodb-uri-file FILE, or set PRITUNL_ACCESS_MONGODB_URI");
    }
    *on_host = true;
    return from_pritunl_conf(config->pritunl_conf, place, error);
}

static void warn_ignored(const char *uri)
{
    const char *better = NULL;
    char *name = NULL;

    while ((name = db_ignored(&uri, &better)) != NULL) {
        term_warn("the MongoDB URI's option %s is passed over: the driver does not know it%s%s",
                  name, better != NULL ? "; write " : "", better != NULL ? better : "");
        mem_free(name);
    }
}

bool database_open(const struct database_config *config, struct db **db, bool *on_host,
                   struct error *error)
{
    struct place place = {0};
    struct db_options options = {.default_name = DEFAULT_NAME,
                                 .connect_timeout_ms = config->connect_timeout_ms,
                                 .timeout_ms = config->timeout_ms};
    bool done = false;

    if (!find_place(config, &place, on_host, error))
        goto out;
    options.uri = place.uri;
    options.pritunl = place.pritunl;
    options.prefix = config->prefix != NULL ? config->prefix
                     : place.prefix != NULL ? place.prefix
                                            : "";
    options.read_preference = place.read_preference;
    if (!db_open(&options, db, error))
        goto out;
    term_verbose("database %s at %s%s", db_name(*db), db_hosts(*db),
                 db_is_tls(*db) ? " (TLS)" : "");
    warn_ignored(place.uri);
    if (!db_is_tls(*db) && !db_is_loopback(*db))
        term_warn("the connection to the database at %s is not encrypted", db_hosts(*db));
    done = true;
out:
    place_clear(&place);
    return done;
}

bool database_named(const struct database_config *config, char **uri, char **from, char **prefix,
                    struct error *error)
{
    struct place place = {0};
    const char *named = config->prefix;
    bool on_host = false;
    bool done = true;

    *uri = *from = *prefix = NULL;
    if (config->uri == NULL && text_equal(config->uri_file, "-")) {
        *from = mem_text("standard input");
    } else {
        done = find_place(config, &place, &on_host, error);
        if (done && config->uri == NULL)
            *from = mem_text(on_host ? config->pritunl_conf : config->uri_file);
        *uri = done ? mem_text(place.uri) : NULL;
    }
    *prefix = done ? mem_text(named != NULL ? named : place.prefix) : NULL;
    place_clear(&place);
    return done;
}

char *database_journal(const char *pritunl_conf)
{
    struct buf content = BUF_EMPTY(URI_MAX);
    struct json *conf = NULL;
    struct error ignored;
    const char *path = NULL;
    char *journal = NULL;

    if (file_read(pritunl_conf, &content, NULL, &ignored))
        conf = read_conf(pritunl_conf, &content, &ignored);
    path = json_text(json_get(conf, "journal_path"), NULL);
    journal = mem_text(path != NULL && *path == '/' ? path : JOURNAL_DEFAULT);
    json_free(conf);
    buf_free(&content);
    return journal;
}
