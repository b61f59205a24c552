/* SPDX-License-Identifier: MIT */
/*
 * http_url.h - the base URLs that we take, taken apart.
 */
#ifndef IO_HTTP_URL_H
#define IO_HTTP_URL_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A URL taken apart. host is without brackets; port is the explicit or the default one; path is ""
 * or begins with '/', without trailing slashes.
 */
struct http_url {
    bool tls;
    char *host;
    unsigned port;
    char *path;
    char *base; /* scheme://host[:port]path; brackets where due, no default port, no last slash */
};

/*
 * http_url_parse(text, url, error): http or https; no user part, query or fragment (ERROR_USAGE,
 * never quoting these). An international host name becomes its ASCII form where libcurl can
 * do that, and is refused elsewhere; 127.1 and the like become dotted
 * quads; a zone (fe80::1%eth0) stays part of host.
 */
bool http_url_parse(const char *text, struct http_url *url, struct error *error);
void http_url_free(struct http_url *url);

/* http_is_loopback(host): localhost, *.localhost, 127.0.0.0/8 or ::1. */
bool http_is_loopback(const char *host);

#endif
