/* SPDX-License-Identifier: MIT */
/*
 * request.h - a request's path as the server will see it: what goes over the wire, and what is
 * signed.
 *
 * Pure. Pritunl signs the decoded path without the query; its web front takes out of each segment
 * what it does not like and cuts it to 128 bytes before the API sees it, so that such a path could
 * never be signed right: it is refused here.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define REQUEST_METHOD_SIZE 16
#define REQUEST_PATH_MAX 4096     /* bytes of the decoded path */
#define REQUEST_BODY_MAX 50000    /* what the web front takes */
#define REQUEST_BODY_OLD_MAX 8192 /* and before 2023-08 */
#define REQUEST_SEGMENT_MAX 128

struct request_path {
    char *target;  /* percent-encoded, with its query: what goes over the wire */
    char *decoded; /* what is signed */
    bool trimmed;  /* a slash at its end was taken off */
};

/* request_method(text, method, error): in upper case; ERROR_USAGE for what is no method. */
bool request_method(const char *text, char method[REQUEST_METHOD_SIZE], struct error *error);

/*
 * request_path(text, path, error)
 *
 * text begins with '/'; a '?' begins the query. %XX is taken for the byte it stands for, everything
 * that a URL cannot hold is encoded. path is the caller's, to end with request_path_clear().
 *
 *   ERROR_USAGE  the web front would alter it: the text says which character or segment, and where
 */
bool request_path(const char *text, struct request_path *path, struct error *error);
void request_path_clear(struct request_path *path);

/*
 * request_path_query(path, pair, error): add K=V to the query, encoded; ERROR_USAGE where there is
 * no '='.
 */
bool request_path_query(struct request_path *path, const char *pair, struct error *error);

/*
 * request_path_is(path, first): is this the path's first segment? request_path_depth(path): how
 * many segments it has.
 */
bool request_path_is(const struct request_path *path, const char *first);
size_t request_path_depth(const struct request_path *path);

/* request_path_tells_secrets(path): may answers at this path hold secrets (pritunl/mask.h)? */
bool request_path_tells_secrets(const struct request_path *path);

#endif
