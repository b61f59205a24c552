/* SPDX-License-Identifier: MIT */
/*
 * http_multi.h - several requests at a time to one base URL, over a few kept connections (libcurl
 * multi).
 *
 * Each slot carries one request; the connections are shared by all. Everything that http.h says of
 * a connection and of a request holds for each of these, and the judge is asked about the very
 * connection that a request is about to go out on.
 */
#ifndef IO_HTTP_MULTI_H
#define IO_HTTP_MULTI_H

#include "io/http.h"

struct http_multi;

/*
 * http_multi_new(like, slots): to the same place as like, by its options, proxy and judge, whose
 * policy must have been decided. Used by one thread, which also uses like; like and the judge
 * outlive it. http_multi_free(NULL) is fine; what is under way is dropped.
 */
struct http_multi *http_multi_new(const struct http *like, size_t slots);
void http_multi_free(struct http_multi *multi);

/*
 * http_multi_start(multi, slot, request, answer): on a free slot. What both point to lives until
 * that slot has ended.
 */
void http_multi_start(struct http_multi *multi, size_t slot, const struct http_request *request,
                      struct http_answer *answer);

/*
 * http_multi_wait(multi, timeout_ms, slot): true where a request has ended: its slot is free again,
 * and its answer is as http_perform() would have left it (failure NONE where one came). False where
 * none did in that time, or none is under way.
 */
bool http_multi_wait(struct http_multi *multi, int64_t timeout_ms, size_t *slot);

#endif
