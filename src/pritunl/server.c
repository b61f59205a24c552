/* SPDX-License-Identifier: MIT */
#include "pritunl/server.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "pritunl/field.h"

/* Pritunl's own defaults (pritunl/settings/app.py, observed on 1.34). */
#define DEFAULT_PORT 443
#define DEFAULT_TIME_WINDOW_S 43200
#define DEFAULT_CHECK_INTERVAL_S 60

#define HOSTS_MAX 10000

const char *const host_address_fields[HOST_ADDRESS_COUNT] = {
    [HOST_PUBLIC_ADDRESS] = "public_address",
    [HOST_AUTO_PUBLIC_HOST] = "auto_public_host",
    [HOST_AUTO_PUBLIC_ADDRESS] = "auto_public_address",
    [HOST_PUBLIC_ADDRESS6] = "public_address6",
    [HOST_AUTO_PUBLIC_HOST6] = "auto_public_host6",
    [HOST_AUTO_PUBLIC_ADDRESS6] = "auto_public_address6",
    [HOST_LOCAL_ADDRESS] = "local_address",
    [HOST_AUTO_LOCAL_ADDRESS] = "auto_local_address",
    [HOST_LOCAL_ADDRESS6] = "local_address6",
    [HOST_AUTO_LOCAL_ADDRESS6] = "auto_local_address6",
    [HOST_HOSTNAME] = "hostname",
};

const struct server server_defaults = {.port = DEFAULT_PORT,
                                       .tls = true,
                                       .time_window_s = DEFAULT_TIME_WINDOW_S,
                                       .check_interval_s = DEFAULT_CHECK_INTERVAL_S,
                                       .auto_restart = true};

void server_clear(struct server *server)
{
    mem_free(server->certificate);
    mem_free(server->acme_domain);
    mem_free(server->plan);
    mem_free(server->version);
    for (size_t i = 0; i < server->host_count; i++) {
        struct host *host = &server->hosts[i];

        mem_free(host->id);
        mem_free(host->name);
        mem_free(host->version);
        for (int a = 0; a < HOST_ADDRESS_COUNT; a++)
            mem_free(host->address[a]);
    }
    mem_free(server->hosts);
    *server = server_defaults;
}

/* The field as a string where it is a non-empty one without NUL; else NULL. */
static char *read_text(const struct db_document *document, const char *name)
{
    struct db_value value = db_field(document, name);

    return value.length > 0 ? field_text(&value) : NULL;
}

static char *read_printable(const struct db_document *document, const char *name)
{
    char *text = read_text(document, name);
    char *printable = text != NULL ? text_printable(text, strlen(text)) : NULL;

    mem_free(text);
    return printable;
}

/*
 * Absent keeps the default; an explicit null, or anything that is no boolean, counts as false, as
 * it does in Pritunl.
 */
static bool read_flag(const struct db_document *document, const char *name, bool otherwise)
{
    struct db_value value = db_field(document, name);

    if (value.type == DB_ABSENT)
        return otherwise;
    return (value.type == DB_BOOL && value.boolean) || (value.type == DB_INT && value.integer != 0);
}

static int64_t read_number(const struct db_document *document, const char *name, int64_t min,
                           int64_t max, int64_t otherwise)
{
    struct db_value value = db_field(document, name);
    int64_t number = otherwise;

    if (value.type == DB_INT)
        number = value.integer;
    else if (value.type == DB_DOUBLE && value.number >= (double)min && value.number <= (double)max)
        number = (int64_t)value.number;
    return number >= min && number <= max ? number : otherwise;
}

void server_read_app(struct server *server, const struct db_document *document)
{
    char *auditing = read_text(document, "auditing");

    server->known = true;
    server->certificate = read_text(document, "server_cert");
    server->port = (unsigned)read_number(document, "server_port", 1, 65535, DEFAULT_PORT);
    server->tls = read_flag(document, "server_ssl", true);
    server->acme_domain = read_text(document, "acme_domain");
    server->reverse_proxy = read_flag(document, "reverse_proxy", false);
    server->time_window_s =
        read_number(document, "auth_time_window", 1, INT32_MAX, DEFAULT_TIME_WINDOW_S);
    server->check_interval_s =
        read_number(document, "settings_check_interval", 1, INT32_MAX, DEFAULT_CHECK_INTERVAL_S);
    server->auto_restart = read_flag(document, "server_auto_restart", true);
    server->auditing = text_equal(auditing, "all");
    server->licensed = read_flag(document, "has_license", false);
    server->plan = read_printable(document, "license_plan");
    server->redis = read_flag(document, "has_redis_uri", false);
    server->secondary = read_flag(document, "has_secondary_mongodb_uri", false);
    mem_free(auditing);
}

void server_read_version(struct server *server, const struct db_document *document)
{
    server->version = read_printable(document, "version");
}

static void read_addresses(struct server *server, struct host *host,
                           const struct db_document *document)
{
    for (int a = 0; a < HOST_ADDRESS_COUNT && server->address_count < ENDPOINTS_MAX; a++) {
        host->address[a] = read_text(document, host_address_fields[a]);
        server->address_count += host->address[a] != NULL;
    }
}

void server_read_host(struct server *server, const struct db_document *document)
{
    struct db_value ping = db_field(document, "ping_timestamp");
    struct host host = {.ping_ms = ping.type == DB_DATE ? ping.integer : -1};
    char *status = read_text(document, "status");

    if (server->host_count == HOSTS_MAX) {
        mem_free(status);
        return;
    }
    host.id = read_printable(document, "_id");
    host.name = read_printable(document, "name");
    if (host.name == NULL)
        host.name = read_printable(document, "hostname");
    if (host.name == NULL)
        host.name = mem_text(host.id != NULL ? host.id : "?");
    host.version = read_printable(document, "version");
    host.online = text_equal(status, "online");
    if (host.online)
        read_addresses(server, &host, document);
    if ((server->host_count & (server->host_count - 1)) == 0) /* 0, 1, 2, 4 …: double the room */
        server->hosts = mem_grow(server->hosts, (2 * server->host_count + 1) * sizeof host);
    server->hosts[server->host_count++] = host;
    mem_free(status);
}
