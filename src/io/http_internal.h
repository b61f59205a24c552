/* SPDX-License-Identifier: MIT */
/*
 * http_internal.h - what http.c keeps from its callers; included by http*.c only.
 */
#ifndef IO_HTTP_INTERNAL_H
#define IO_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "io/http.h"

/* Why we ended a transfer ourselves. */
enum http_stop {
    HTTP_STOP_NONE,
    HTTP_STOP_LARGE,     /* the answer is too large */
    HTTP_STOP_AGAIN,     /* curl was about to send the request once more */
    HTTP_STOP_UNTRUSTED, /* the judge does not admit the connection */
    HTTP_STOP_REQUEST,   /* the request has not the form of one */
    HTTP_STOP_PROXY,     /* a kind of proxy that is not supported */
    HTTP_STOP_ENDED      /* the stream wanted no more */
};

struct http {
    CURL *curl;
    struct http_url url;
    struct http_options options;
    struct tls_judge *judge;
    bool shared;       /* the connection is one of several: the judge is asked about it by itself */
    char *proxy;       /* as the environment gives it, or NULL */
    char *proxy_shown; /* without its user part */
    const char *proxy_variable; /* whose value it is */

    /* Of the request that is under way. */
    struct http_request request;
    struct http_answer *answer;
    struct curl_slist *headers;
    size_t header_bytes;
    bool complete;   /* the empty line behind the headers came */
    unsigned sent;   /* how often it went out */
    int64_t sent_us; /* clock_monotonic_us() of that */
    char local[HTTP_ADDRESS_SIZE];
    enum http_stop stop;
    char words[CURL_ERROR_SIZE];
};

/*
 * http_prepare(http, request, answer): set the handle up for one transfer; false where stop says
 * why not. http_complete(http, code): what became of it, in the answer; true where one came.
 * Whoever performs it calls both.
 */
bool http_prepare(struct http *http, const struct http_request *request,
                  struct http_answer *answer);
bool http_complete(struct http *http, CURLcode code);

/* http_answer_header, http_answer_body: curl's write callbacks; context is the struct http. */
size_t http_answer_header(char *bytes, size_t size, size_t count, void *context);
size_t http_answer_body(char *bytes, size_t size, size_t count, void *context);

/* http_explain(http, code): fill the answer's failure and detail after curl gave up with code. */
void http_explain(struct http *http, CURLcode code);

#endif
