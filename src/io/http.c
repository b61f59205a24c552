/* SPDX-License-Identifier: MIT */
#include "io/http.h"
#include "io/tls.h"

#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/busy.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/http_internal.h"
#include "io/http_proxy.h"
#include "io/tls_file.h"

#if LIBCURL_VERSION_NUM < 0x075800
#error "libcurl 7.88 or newer is needed"
#endif

bool http_begin(struct error *error)
{
    CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_lib_malloc, mem_lib_free,
                                         mem_lib_realloc, mem_lib_strdup, mem_lib_calloc);
    if (code != CURLE_OK)
        return error_set(error, ERROR_API, "libcurl cannot be set up: %s",
                         curl_easy_strerror(code));
    tls_file_begin();
    /* The judge of certificates is OpenSSL's; curl can be built with another library. */
    const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;
    if (tls == NULL || strncasecmp(tls, "OpenSSL/", 8) != 0)
        return error_set(error, ERROR_API, "libcurl is built with %s, not with OpenSSL",
                         tls != NULL ? tls : "no TLS");
    return true;
}

struct http *http_new(const struct http_url *url, const struct http_options *options,
                      struct tls_judge *judge)
{
    struct http *http = mem_zero(1, sizeof(*http));

    http->curl = curl_easy_init();
    http->url = (struct http_url){.tls = url->tls,
                                  .host = mem_text(url->host),
                                  .port = url->port,
                                  .path = mem_text(url->path),
                                  .base = mem_text(url->base)};
    http->options = *options;
    http->judge = url->tls ? judge : NULL;
    http->proxy = options->direct ? NULL : http_proxy_find(url, &http->proxy_variable);
    if (http->proxy != NULL)
        http->proxy_shown = http_without_user(http->proxy);
    return http;
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    curl_easy_cleanup(http->curl);
    curl_slist_free_all(http->headers);
    http_url_free(&http->url);
    mem_free(http->proxy);
    mem_free(http->proxy_shown);
    mem_free(http);
}

const char *http_proxy(const struct http *http)
{
    return http->proxy_shown;
}

void http_answer_free(struct http_answer *answer)
{
    mem_free(answer->content_type);
    mem_free(answer->location);
    mem_free(answer->server);
    buf_free(&answer->head);
    buf_free(&answer->body);
    *answer = (struct http_answer)HTTP_ANSWER_EMPTY(answer->body.max);
}

const char *http_proxy_variable(const struct http *http)
{
    return http->proxy_variable;
}

static bool is_token(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789!#$%&'*+-.^_`|~";
    size_t length = strspn(text, alphabet);

    return length > 0 && length < 64 && text[length] == '\0';
}

/* Nothing that could end the line early, and a path that curl sends as it stands. */
static bool sendable(const struct http_request *request)
{
    if (!is_token(request->method) || request->path[0] != '/')
        return false;
    for (const char *c = request->path; *c != '\0'; c++)
        if (*c <= ' ' || *c >= 0x7f || *c == '#')
            return false;
    for (size_t i = 0; i < request->header_count; i++)
        for (const char *c = request->headers[i]; *c != '\0'; c++)
            if (((uint8_t)*c < ' ' && *c != '\t') || *c == 0x7f)
                return false;
    return true;
}

static CURLcode on_context(CURL *curl, void *ssl_ctx, void *context)
{
    struct http *http = context;

    (void)curl;
    if (http->judge == NULL || !tls_judge_attach(http->judge, ssl_ctx))
        return CURLE_SSL_CERTPROBLEM;
    return CURLE_OK;
}

/* Is the connection at hand one that the judge lets through? */
static bool admitted(const struct http *http)
{
    struct curl_tlssessioninfo *session = NULL;

    if (!http->shared)
        return tls_judge_admits(http->judge);
    return curl_easy_getinfo(http->curl, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
           session != NULL && session->backend == CURLSSLBACKEND_OPENSSL &&
           tls_judge_admits_peer(http->judge, session->internals);
}

/*
 * Right before the request is written. When a kept connection dies without a byte of answer, curl
 * connects anew and sends the same request again, whatever its method: the server may have acted on
 * it, and would meet the same nonce twice. No option turns that off; this is the place to stop it.
 */
static int on_send(void *context, char *remote, char *local, int remote_port, int local_port)
{
    struct http *http = context;

    (void)remote;
    (void)remote_port;
    (void)local_port;
    http->sent_us = clock_monotonic_us();
    snprintf(http->local, sizeof http->local, "%s", local != NULL ? local : "");
    if (http->sent++ > 0)
        http->stop = HTTP_STOP_AGAIN;
    else if (http->judge != NULL && !admitted(http))
        http->stop = HTTP_STOP_UNTRUSTED;
    return http->stop == HTTP_STOP_NONE ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Drop the kept connection where the server closed it (or wrote on it) while nobody looked: a
 * request that has not gone out yet may well go over another one. */
static void drop_stale(struct http *http)
{
    curl_socket_t socket = CURL_SOCKET_BAD;

    if (curl_easy_getinfo(http->curl, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK ||
        socket == CURL_SOCKET_BAD)
        return;
    struct pollfd poller = {.fd = socket, .events = POLLIN | POLLRDHUP};
    if (poll(&poller, 1, 0) > 0) {
        curl_easy_cleanup(http->curl);
        http->curl = curl_easy_init();
    }
}

static void set_connection(struct http *http)
{
    CURL *curl = http->curl;

    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, http->url.tls ? "https" : "http");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
    /* The least there is: 64 KiB would be wiped behind every request, of which 1 KiB was sent. */
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "pritunl-access");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)http->options.connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)http->options.timeout_ms);
    /* A resolver that hangs is left behind; otherwise the timeout waits for it. */
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    /* The environment was read by http_proxy_find: curl must not come to another answer. */
    curl_easy_setopt(curl, CURLOPT_PROXY, http->proxy != NULL ? http->proxy : "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
    curl_easy_setopt(curl, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, http);
}

static void set_tls(struct http *http)
{
    CURL *curl = http->curl;

    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /*
     * The judge verifies the certificate and the name, and makes OpenSSL end a handshake that it
     * refuses; on_send lets nothing out that it did not admit. curl's own check would add only that
     * it refuses a certificate whose issuer has no name, whoever trusts it.
     */
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    /* A resumed session would not show its certificate. */
    curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    /* The judge brings its own authorities; curl would only parse its bundle in vain. */
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_context);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, http);
}

/* HEAD has no body to wait for; a method that carries one says so even when it is empty. */
static void set_method(CURL *curl, const struct http_request *request)
{
    bool carries = strcasecmp(request->method, "POST") == 0 ||
                   strcasecmp(request->method, "PUT") == 0 ||
                   strcasecmp(request->method, "PATCH") == 0;

    if (request->body != NULL || carries) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(request->body != NULL ? request->body_length : 0));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* One more line; the list is gone, and NULL comes back, where memory is out. */
static struct curl_slist *add_header_line(struct curl_slist *list, bool *begun, const char *line)
{
    struct curl_slist *longer = list != NULL || !*begun ? curl_slist_append(list, line) : NULL;

    *begun = true;
    if (longer == NULL)
        curl_slist_free_all(list);
    return longer;
}

static bool names_header(const struct http_request *request, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < request->header_count; i++)
        if (strncasecmp(request->headers[i], name, length) == 0)
            return true;
    return false;
}

/* NULL where memory is out. */
static struct curl_slist *header_list(const struct http_request *request)
{
    /*
     * What curl would add by itself is left out (a name without a value), and no cache is to
     * answer. Amazon's signature is over this list, and older curls sign such a header that they
     * do not send.
     */
    static const struct {
        const char *name;
        const char *line;
    } ours[] = {{"Expect:", "Expect:"},
                {"Content-Type:", "Content-Type:"},
                {"Cache-Control:", "Cache-Control: no-cache, no-store"},
                {"Pragma:", "Pragma: no-cache"}};
    struct curl_slist *list = NULL;
    bool begun = false;

    for (size_t i = 0; i < request->header_count; i++)
        list = add_header_line(list, &begun, request->headers[i]);
    for (size_t i = 0; request->sigv4 == NULL && i < sizeof ours / sizeof *ours; i++)
        if (!names_header(request, ours[i].name))
            list = add_header_line(list, &begun, ours[i].line);
    return list;
}

static void set_sigv4(CURL *curl, const struct http_sigv4 *sigv4)
{
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, sigv4->scope);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 0L); /* from 8.13 on curl refuses the two together */
    curl_easy_setopt(curl, CURLOPT_USERNAME, sigv4->key);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, sigv4->secret);
}

static bool set_up(struct http *http, const struct http_request *request)
{
    CURL *curl = http->curl;
    curl_off_t max = request->stream != NULL ? 0 : (curl_off_t)http->answer->body.max;

    curl_easy_reset(curl);
    char *url = text_format("%s%s", http->url.base, request->path);
    bool set = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK; /* curl keeps a copy */
    mem_free(url);
    http->headers = header_list(request);
    if (http->headers == NULL || !set)
        return false;
    set_connection(http);
    if (http->url.tls)
        set_tls(http);
    set_method(curl, request);
    if (request->sigv4 != NULL)
        set_sigv4(curl, request->sigv4);
    /* All that this libcurl can undo; what a server compresses unasked is undone then, too. */
    if (request->sigv4 == NULL)
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->words);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, http_answer_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, http_answer_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, max);
    return true;
}

/* What the answer says beside its headers and body; of a failure only how it went. */
static void read_result(const struct http *http, struct http_answer *answer, bool ok)
{
    int64_t latency_us = clock_monotonic_us() - http->sent_us;
    long connects = 0;

    if (!ok)
        http_answer_free(answer);
    else
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(http->curl, CURLINFO_NUM_CONNECTS, &connects);
    /* No request takes no time: what is left of a millisecond counts as one. */
    answer->latency_ms = ok ? latency_us / 1000 + 1 : 0;
    snprintf(answer->local, sizeof answer->local, "%s", http->local);
    answer->sent = http->sent > 0;
    answer->reused = http->stop == HTTP_STOP_AGAIN || (http->sent > 0 && connects == 0);
    if (answer->content_type == NULL)
        answer->content_type = mem_text("");
    if (answer->location == NULL)
        answer->location = mem_text("");
    if (answer->server == NULL)
        answer->server = mem_text("");
}

bool http_prepare(struct http *http, const struct http_request *request, struct http_answer *answer)
{
    http_answer_free(answer);
    http->request = *request;
    http->answer = answer;
    http->header_bytes = 0;
    http->complete = false;
    http->sent = 0;
    http->stop = HTTP_STOP_NONE;
    http->words[0] = '\0';
    if (http->proxy != NULL && http_proxy_objection(http->proxy) != NULL)
        http->stop = HTTP_STOP_PROXY;
    else if (!sendable(request))
        http->stop = HTTP_STOP_REQUEST;
    return http->stop == HTTP_STOP_NONE && http->curl != NULL && set_up(http, request);
}

bool http_complete(struct http *http, CURLcode code)
{
    struct http_answer *answer = http->answer;

    /* Nothing of this request stays in the handle. */
    if (http->curl != NULL) {
        curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, NULL);
        curl_easy_setopt(http->curl, CURLOPT_PASSWORD, NULL);
        curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, NULL);
    }
    curl_slist_free_all(http->headers);
    http->headers = NULL;
    /* Cut within the headers is an answer for curl. */
    if (code == CURLE_OK && !http->complete)
        code = CURLE_PARTIAL_FILE;
    read_result(http, answer, code == CURLE_OK);
    if (code != CURLE_OK)
        http_explain(http, code);
    http->answer = NULL;
    http->request = (struct http_request){0};
    return code == CURLE_OK;
}

bool http_perform(struct http *http, const struct http_request *request, struct http_answer *answer)
{
    CURLcode code = CURLE_FAILED_INIT;

    drop_stale(http);
    busy_begin("waiting for %s", http->url.host);
    if (http_prepare(http, request, answer))
        code = curl_easy_perform(http->curl);
    busy_end();
    return http_complete(http, code);
}
