/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/http_head.h"
#include "io/http_internal.h"
#include "io/http_proxy.h"

#define HEADER_SHOWN_MAX 200

/* Keep the first of equal headers. */
static void keep_first(char **field, const char *value, size_t length)
{
    if (*field == NULL)
        *field = text_printable(value, length < HEADER_SHOWN_MAX ? length : HEADER_SHOWN_MAX);
}

/* Where to, and no more: a query or a fragment may carry what is nobody's business. */
static void keep_location(char **field, const char *value, size_t length)
{
    char *whole = mem_copy(value, length);

    whole[strcspn(whole, "?#")] = '\0';
    char *shown = http_without_user(whole);
    keep_first(field, shown, strlen(shown));
    mem_free(shown);
    mem_free(whole);
}

static void read_header(struct http_answer *answer, const char *line, size_t size)
{
    size_t length = 0;
    const char *value = NULL;

    if ((value = http_head_line(line, size, "Content-Type", &length)) != NULL) {
        keep_first(&answer->content_type, value, length);
    } else if ((value = http_head_line(line, size, "Location", &length)) != NULL) {
        keep_location(&answer->location, value, length);
    } else if ((value = http_head_line(line, size, "Server", &length)) != NULL) {
        keep_first(&answer->server, value, length);
    } else if ((value = http_head_line(line, size, "Date", &length)) != NULL &&
               answer->date_s < 0) {
        char *date = mem_copy(value, length);
        answer->date_s = curl_getdate(date, NULL);
        mem_free(date);
    }
}

static void start_answer(struct http *http)
{
    http_answer_free(http->answer);
    if (http->request.head != NULL)
        buf_free(http->request.head);
}

size_t http_answer_header(char *bytes, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t length = size * count;

    http->header_bytes += length;
    if (http->header_bytes > HTTP_HEAD_MAX) {
        http->stop = HTTP_STOP_LARGE;
        return 0;
    }
    /* A status line: what came before belongs to an interim answer (100, 103). */
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        start_answer(http);
    if (http->request.head != NULL && !buf_add(http->request.head, bytes, length)) {
        http->stop = HTTP_STOP_LARGE;
        return 0;
    }
    http->complete = length > 0 && (bytes[0] == '\r' || bytes[0] == '\n');
    buf_add(&http->answer->head, bytes, length);
    read_header(http->answer, bytes, length);
    return length;
}

size_t http_answer_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http *http = context;
    size_t length = size * count;

    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http->answer->status);
    if (http->request.stream != NULL && http->answer->status / 100 == 2) {
        if (http->request.stream(http->request.stream_context, http->answer, bytes, length))
            return length;
        http->stop = HTTP_STOP_ENDED;
        return 0;
    }
    if (!buf_add(&http->answer->body, bytes, length)) {
        http->stop = HTTP_STOP_LARGE;
        return 0;
    }
    return length;
}

/* OpenSSL's words of why there is no handshake ("error:0A00042E:SSL routines::…"); NULL: the
 * connection ended, and that is all there is to say. */
static const char *words_of_handshake(const struct http *http)
{
    const char *words = strstr(http->words, "routines:");

    if (words != NULL)
        words = strrchr(words, ':') + 1;
    return words != NULL && *words != '\0' && !text_starts(words, "unexpected eof") ? words : NULL;
}

static enum http_failure failure_of(const struct http *http, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return HTTP_FAILURE_DNS;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_FAILURE_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return HTTP_FAILURE_TOO_LARGE;
    case CURLE_SSL_CONNECT_ERROR:
        /* OpenSSL's names for a record that is none. */
        if (strstr(http->words, "wrong version number") != NULL ||
            strstr(http->words, "packet length too long") != NULL)
            return HTTP_FAILURE_PLAIN;
        return words_of_handshake(http) != NULL ? HTTP_FAILURE_HANDSHAKE : HTTP_FAILURE_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
        return HTTP_FAILURE_TLS;
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_PROXY:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_FAILURE_UNREACHABLE;
    default:
        return HTTP_FAILURE_PROTOCOL;
    }
}

static const char *words_of_errno(long number)
{
    switch (number) {
    case ECONNREFUSED:
        return "connection refused";
    case ECONNRESET:
    case EPIPE:
        return "connection reset";
    case ENETUNREACH:
        return "network unreachable";
    case EHOSTUNREACH:
        return "no route to the host";
    case ETIMEDOUT:
        return "connection timed out";
    case EACCES:
    case EPERM:
        return "connecting is not permitted here";
    case EADDRNOTAVAIL:
        return "no local address to connect from";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    default:
        return "connection failed";
    }
}

/* What the proxy answered to CONNECT; 0 where it let us through, or was not asked. */
static long refused_tunnel(const struct http *http)
{
    long status = 0;

    curl_easy_getinfo(http->curl, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 300 ? status : 0;
}

static void explain_proxy(struct http *http)
{
    long status = refused_tunnel(http);

    snprintf(http->answer->detail, sizeof(http->answer->detail),
             "the proxy %.100s (%s) answered %ld%s", http->proxy_shown, http->proxy_variable,
             status, status == 407 ? ": it wants a login" : "");
}

static void explain_unreachable(struct http *http, CURLcode code)
{
    char *detail = http->answer->detail;
    size_t size = sizeof(http->answer->detail);
    long number = 0;

    curl_easy_getinfo(http->curl, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_RESOLVE_PROXY)
        snprintf(detail, size, "the proxy %.100s (%s) has a name without an address",
                 http->proxy_shown, http->proxy_variable);
    else if (http->answer->cut)
        snprintf(detail, size, "the answer was cut off before its end");
    else if (code == CURLE_SSL_CONNECT_ERROR)
        snprintf(detail, size, "the connection was closed in the TLS handshake");
    else if (code == CURLE_GOT_NOTHING || (code != CURLE_COULDNT_CONNECT && number == 0))
        snprintf(detail, size, "the connection was closed before the answer was complete");
    else if (http->proxy != NULL && http->sent == 0)
        snprintf(detail, size, "%s by the proxy %.100s (%s)", words_of_errno(number),
                 http->proxy_shown, http->proxy_variable);
    else
        snprintf(detail, size, "%s", words_of_errno(number));
}

static void explain_timeout(struct http *http)
{
    const struct http_options *options = &http->options;
    bool before = http->sent == 0 && options->connect_timeout_ms < options->timeout_ms;

    snprintf(http->answer->detail, sizeof(http->answer->detail), "no %s within %g s",
             http->sent == 0 ? "connection" : "answer",
             (double)(before ? options->connect_timeout_ms : options->timeout_ms) / 1000.0);
}

static const char *words_of_judge(const struct tls_judge *judge)
{
    if (tls_judge_changed(judge))
        return "the server shows another certificate than before";
    switch (tls_judge_fault(judge)) {
    case TLS_FAULT_UNTRUSTED:
        return "nobody vouches for the server's certificate";
    case TLS_FAULT_NAME:
        return "the server's certificate is for another name";
    case TLS_FAULT_EXPIRED:
        return "the server's certificate is out of date";
    default:
        return NULL;
    }
}

/* The judge's words, or OpenSSL's. */
static void explain_tls(struct http *http)
{
    const char *judged = http->judge != NULL ? words_of_judge(http->judge) : NULL;
    const char *words = words_of_handshake(http);

    if (words == NULL)
        words = "the connection was closed";
    char *shown = text_printable(words, strlen(words));
    snprintf(http->answer->detail, sizeof(http->answer->detail), "%s%s",
             judged != NULL ? judged : "TLS handshake failed: ", judged != NULL ? "" : shown);
    mem_free(shown);
}

/* Ended by ourselves: sets failure and detail; true where the detail is complete. */
static bool explain_stop(struct http *http)
{
    struct http_answer *answer = http->answer;
    const char *detail = NULL;

    switch (http->stop) {
    case HTTP_STOP_LARGE:
        answer->failure = HTTP_FAILURE_TOO_LARGE;
        break;
    case HTTP_STOP_AGAIN:
        answer->failure = HTTP_FAILURE_UNREACHABLE;
        detail = "the kept connection was closed under the request";
        break;
    case HTTP_STOP_ENDED:
        answer->failure = HTTP_FAILURE_ENDED;
        detail = "the answer was not read to its end";
        break;
    case HTTP_STOP_UNTRUSTED:
        answer->failure = HTTP_FAILURE_TLS;
        break;
    case HTTP_STOP_REQUEST:
        answer->failure = HTTP_FAILURE_PROTOCOL;
        detail = "not a request that can be sent";
        break;
    default:
        answer->failure = HTTP_FAILURE_UNREACHABLE;
        snprintf(answer->detail, sizeof answer->detail, "the variable %s (%.100s) %s",
                 http->proxy_variable, http->proxy_shown, http_proxy_objection(http->proxy));
        return true;
    }
    if (detail != NULL)
        snprintf(answer->detail, sizeof(answer->detail), "%s", detail);
    return detail != NULL;
}

void http_explain(struct http *http, CURLcode code)
{
    struct http_answer *answer = http->answer;

    if (http->stop != HTTP_STOP_NONE) {
        if (explain_stop(http))
            return;
    } else if (http->judge != NULL && words_of_judge(http->judge) != NULL) {
        answer->failure = HTTP_FAILURE_TLS;
    } else {
        answer->failure = refused_tunnel(http) != 0 ? HTTP_FAILURE_PROXY : failure_of(http, code);
    }
    answer->cut = answer->failure == HTTP_FAILURE_UNREACHABLE && http->complete;
    switch (answer->failure) {
    case HTTP_FAILURE_DNS:
        snprintf(answer->detail, sizeof(answer->detail), "the name has no address");
        break;
    case HTTP_FAILURE_PROXY:
        explain_proxy(http);
        break;
    case HTTP_FAILURE_UNREACHABLE:
        explain_unreachable(http, code);
        break;
    case HTTP_FAILURE_TIMEOUT:
        explain_timeout(http);
        break;
    case HTTP_FAILURE_TLS:
    case HTTP_FAILURE_HANDSHAKE:
        explain_tls(http);
        break;
    case HTTP_FAILURE_PLAIN:
        snprintf(answer->detail, sizeof(answer->detail), "the port answers without TLS");
        break;
    case HTTP_FAILURE_TOO_LARGE:
        if (http->header_bytes > HTTP_HEAD_MAX)
            snprintf(answer->detail, sizeof(answer->detail), "the answer's headers are too large");
        else
            snprintf(answer->detail, sizeof(answer->detail), "the answer is larger than %zu bytes",
                     answer->body.max);
        break;
    default:
        snprintf(answer->detail, sizeof(answer->detail), "%s",
                 code == CURLE_BAD_CONTENT_ENCODING
                     ? "the answer is compressed in a way that cannot be undone"
                     : "what came is not HTTP");
        break;
    }
}
