/* SPDX-License-Identifier: MIT */
#include "place/database.h"

#include <string.h>

#include "api/journal.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "io/json.h"

#define URI_MAX ((size_t)64 * 1024)
#define DEFAULT_NAME "pritunl"
#define DEFAULT_URI                                                                                \
    "mongodb://localhost:27017/pritunl" /* Pritunl's own, where its configuration names none */

struct place {
    char *uri;
    char *prefix;
    char *read_preference;
};

static void place_clear(struct place *place)
{
    mem_free(place->uri);
    mem_free(place->prefix);
    mem_free(place->read_preference);
}

static bool read_private(const char *path, struct buf *content, struct error *error)
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

    if (!read_private(path, &content, error))
        goto out;
    start = buf_text(&content);
    start += strspn(start, " \t\r\n");
    length = strcspn(start, "\r\n");
    if (start[length + strspn(start + length, " \t\r\n")] != '\0' ||
        memchr(buf_text(&content), '\0', content.length) != NULL) {
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

static bool from_pritunl_conf(const char *path, struct place *place, struct error *error)
{
    struct buf content = BUF_EMPTY(URI_MAX);
    struct json *conf = NULL;
    const char *uri = NULL;
    bool done = false;

    if (!read_private(path, &content, error))
        goto out;
    conf = json_parse(buf_text(&content), content.length, path, error);
    if (conf == NULL)
        goto out;
    uri = json_text(json_get(conf, "mongodb_uri"), NULL);
    place->uri = mem_text(uri != NULL && *uri != '\0' ? uri : DEFAULT_URI);
    place->prefix = mem_text(json_text(json_get(conf, "mongodb_collection_prefix"), NULL));
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
    options.prefix = config->prefix != NULL ? config->prefix
                     : place.prefix != NULL ? place.prefix
                                            : "";
    options.read_preference = place.read_preference;
    if (!db_open(&options, db, error))
        goto out;
    if (!db_is_tls(*db) && !db_is_loopback(*db))
        term_warn("the connection to the database at %s is not encrypted", db_hosts(*db));
    done = true;
out:
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
        conf = json_parse(buf_text(&content), content.length, pritunl_conf, &ignored);
    path = json_text(json_get(conf, "journal_path"), NULL);
    journal = mem_text(path != NULL && *path == '/' ? path : JOURNAL_DEFAULT);
    json_free(conf);
    buf_free(&content);
    return journal;
}
