/* SPDX-License-Identifier: MIT */
/*
 * http_proxy.h - the proxy that the environment names for a URL.
 */
#ifndef IO_HTTP_PROXY_H
#define IO_HTTP_PROXY_H

#include "io/http_url.h"

/*
 * http_proxy_find(url, variable): the proxy that the environment names for url as curl reads it
 * (https_proxy, http_proxy in small letters only, all_proxy, no_proxy), but none for a loopback
 * host; or NULL; a new string that may hold a password. *variable is then the name of the one that
 * counted.
 */
char *http_proxy_find(const struct http_url *url, const char **variable);

/*
 * http_proxy_objection(proxy): why no request could go through it, for people; NULL: one can be
 * tried.
 */
const char *http_proxy_objection(const char *proxy);

/* http_without_user(url): a printable copy without its user part; a new string. */
char *http_without_user(const char *url);

#endif
