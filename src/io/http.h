/* SPDX-License-Identifier: MIT */
/*
 * http.h - requests to one base URL over one kept connection (libcurl).
 *
 * What this connection never does: ask a cache, follow a redirect, send or keep a cookie, read
 * .netrc, send a Referer, resume a TLS session (a resumed one would skip the certificate's
 * judgement). Proxy variables of the environment are honoured.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "io/http_url.h"
#include "io/tls.h"

/*
 * http_begin(error): global set-up of libcurl with the wiping allocator; once, while there is one
 * thread. ERROR_API where libcurl is built with another TLS library than OpenSSL. SIGPIPE must be
 * ignored (process_begin does it).
 */
bool http_begin(struct error *error);

/* Why no answer came. */
enum http_failure {
    HTTP_FAILURE_NONE,
    HTTP_FAILURE_DNS,         /* the host name has no address */
    HTTP_FAILURE_UNREACHABLE, /* nobody accepts the connection, or it was cut before an answer */
    HTTP_FAILURE_TIMEOUT,
    HTTP_FAILURE_TLS,       /* no handshake, for its certificate: see tls_judge_fault() */
    HTTP_FAILURE_HANDSHAKE, /* no handshake: nothing in common, or a client's key is wanted */
    HTTP_FAILURE_PLAIN,     /* TLS was spoken to a port that answers plain HTTP */
    HTTP_FAILURE_PROXY,     /* the environment's proxy answered, and did not let us through */
    HTTP_FAILURE_TOO_LARGE, /* the answer passed its limit */
    HTTP_FAILURE_PROTOCOL,  /* what came is not HTTP */
    HTTP_FAILURE_ENDED      /* the request's own stream wanted no more */
};

struct http_options {
    int64_t connect_timeout_ms;
    int64_t timeout_ms; /* of a whole request */
    bool direct;        /* past every proxy: whoever is asked is on this machine, or next to it */
};

struct http_answer;
/* Amazon's signature (version 4) over the request, its headers and its body. */
struct http_sigv4 {
    const char *scope; /* "aws:amz:REGION:SERVICE" */
    const char *key;
    const char *secret;
};

struct http_request {
    const char *method;
    const char *path; /* percent-encoded, as it goes out; begins with '/'; put behind the URL's */
    const char *const *headers; /* "Name: value"; "Name;" sends an empty one */
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_length;
    struct buf *head; /* NULL, or where the status line and the header lines are put as they come */
    /*
     * NULL, or where the body of a 2xx answer goes piece by piece instead of answer->body,
     * unlimited; answer's status and headers are known then. False ends the transfer.
     */
    bool (*stream)(void *context, const struct http_answer *answer, const char *bytes,
                   size_t length);
    void *stream_context;
    const struct http_sigv4 *sigv4; /* NULL: not signed so */
};

#define HTTP_HEAD_MAX ((size_t)64 * 1024) /* of one answer, all lines together */
#define HTTP_ADDRESS_SIZE 64

struct http_answer {
    enum http_failure failure; /* of the transfer; the rest is only filled where it is NONE */
    long status;
    int64_t date_s;     /* the Date header, seconds since 1970, or -1 */
    int64_t latency_ms; /* from sending to the answer's end, without connecting; at least 1 */
    char local[HTTP_ADDRESS_SIZE]; /* the address that it was sent from */
    char *content_type;            /* "" where absent; printable */
    char *location;   /* "" where absent; printable, without user part, query and fragment */
    char *server;     /* "" where absent; printable */
    struct buf head;  /* the header lines as they came (http_head.h) */
    struct buf body;  /* its max is set by the caller before the request: the answer's limit */
    bool reused;      /* went over the connection that was already there; set on failure too */
    bool sent;        /* the request went out, or began to; set on failure too */
    bool cut;         /* an answer had begun, and broke off; set on failure alone */
    char detail[256]; /* why failure is set, in few words; printable, without secrets */
};

#define HTTP_ANSWER_EMPTY(limit)                                                                   \
    {                                                                                              \
        .date_s = -1, .head = BUF_EMPTY(HTTP_HEAD_MAX), .body = BUF_EMPTY(limit)                   \
    }

void http_answer_free(struct http_answer *answer);

struct http;

/*
 * http_new(url, options, judge): no connection yet. judge (owned by the caller, outliving http;
 * NULL only for plain http) sees every handshake. http_free(NULL) is fine. One thread at a time
 * may use a struct http.
 */
struct http *http_new(const struct http_url *url, const struct http_options *options,
                      struct tls_judge *judge);
void http_free(struct http *http);

/*
 * http_perform(http, request, answer): one request, at most one answer; answer is emptied first.
 * True where an HTTP answer came.
 *
 * The request goes out at most once, also where curl would silently repeat it: UNREACHABLE with
 * reused set means that the kept connection died under the request, and that nobody knows whether
 * the server acted on it. What may be repeated must be signed anew (another nonce); the next call
 * connects afresh. Where a judge's policy does not admit the connection, nothing goes out (TLS).
 */
bool http_perform(struct http *http, const struct http_request *request,
                  struct http_answer *answer);

/*
 * http_proxy(http): the proxy that the environment names for this URL, without its user part, or
 * NULL; for -v. Owned by http. One that is malformed, or that is itself spoken to by TLS
 * (https://), is of no use: every request is UNREACHABLE then. http_proxy_variable(http): whose
 * value it is; static.
 */
const char *http_proxy(const struct http *http);
const char *http_proxy_variable(const struct http *http);

#endif
