/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "api/endpoints.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/http_url.h"
#include "pritunl/server.h"

/*
 * Letters, digits, '.', '-', '_' and the colons of IPv6: what a database may put between "https://"
 * and a port.
 */
static bool is_host_text(const char *host)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:";

    return *host != '\0' && *host != '-' && strlen(host) <= 253 &&
           strspn(host, allowed) == strlen(host);
}

static bool is_listed(const struct endpoints *endpoints, const char *url)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (text_equal(endpoints->items[i].url, url))
            return true;
    return false;
}

struct place {
    const char *address; /* a name or an address */
    bool tls;
    unsigned port;
    const char *host; /* the host's name, or NULL */
};

/*
 * Append the place where it is new, well-formed and not plain http to elsewhere; takes from over.
 */
static void add_endpoint(struct endpoints *endpoints, const struct place *place, char *from)
{
    bool bracket = false;
    char *text = NULL;
    struct http_url url = {0};
    struct error ignored;

    if (endpoints->count == ENDPOINTS_MAX || place->address == NULL ||
        !is_host_text(place->address) || (!place->tls && !http_is_loopback(place->address)))
        goto out;
    bracket = strchr(place->address, ':') != NULL;
    text = text_format("%s://%s%s%s:%u", place->tls ? "https" : "http", bracket ? "[" : "",
                       place->address, bracket ? "]" : "", place->port);
    if (!http_url_parse(text, &url, &ignored) || is_listed(endpoints, url.base))
        goto out;
    endpoints->items =
        mem_grow(endpoints->items, (endpoints->count + 1) * sizeof *endpoints->items);
    endpoints->items[endpoints->count++] =
        (struct endpoint){.url = mem_text(url.base), .from = from, .host = place->host};
    from = NULL;
out:
    http_url_free(&url);
    mem_free(text);
    mem_free(from);
}

static void add_host(const struct server *server, const struct host *host, int address,
                     struct endpoints *endpoints)
{
    struct place place = {host->address[address], server->tls, server->port, host->name};

    add_endpoint(endpoints, &place,
                 text_format("database: %s of host %s", host_address_fields[address], host->name));
}

void server_host_endpoints(const struct server *server, const struct host *host,
                           struct endpoints *endpoints)
{
    *endpoints = (struct endpoints){0};
    for (int address = 0; address < HOST_ADDRESS_COUNT; address++)
        add_host(server, host, address, endpoints);
}

void server_endpoints(const struct server *server, bool on_host, struct endpoints *endpoints)
{
    struct place acme = {server->acme_domain, true, server->port, NULL};
    struct place here = {"localhost", server->tls, server->port, NULL};

    *endpoints = (struct endpoints){0};
    add_endpoint(endpoints, &acme, mem_text("database: acme_domain"));
    for (int address = 0; address < HOST_ADDRESS_COUNT; address++)
        for (size_t i = 0; i < server->host_count; i++)
            if (server->hosts[i].online)
                add_host(server, &server->hosts[i], address, endpoints);
    if (on_host)
        add_endpoint(endpoints, &here, mem_text("this machine"));
}

bool server_is_plain(const struct server *server)
{
    return server->known && !server->tls && server->address_count > 0;
}

void endpoints_drop_shared(struct endpoints *endpoints)
{
    size_t kept = 0;

    for (size_t i = 0; i < endpoints->count; i++) {
        if (!endpoints->items[i].shared) {
            endpoints->items[kept++] = endpoints->items[i];
            continue;
        }
        mem_free(endpoints->items[i].url);
        mem_free(endpoints->items[i].from);
    }
    endpoints->count = kept;
}

void endpoints_clear(struct endpoints *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        mem_free(endpoints->items[i].url);
        mem_free(endpoints->items[i].from);
    }
    mem_free(endpoints->items);
    *endpoints = (struct endpoints){0};
}
