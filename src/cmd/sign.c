/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "io/tls.h"
#include "step/answer.h"
#include "step/session.h"

struct sign {
    char method[REQUEST_METHOD_SIZE];
    struct request_path path;
    struct session *session;
    struct sign_headers headers;
};

/* One line of curl's configuration, the value in quotes. */
static void add_curl_line(struct buf *out, const char *name, const char *value)
{
    buf_add_format(out, "%s = \"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_add_text(out, "\\");
        buf_add(out, p, 1);
    }
    buf_add_text(out, "\"\n");
}

/*
 * The trust that we would have, in curl's words. A pin holds beside insecure, which only gives up
 * the authorities.
 */
static void add_curl_trust(const struct session *session, struct buf *out)
{
    const struct contact_options *trust = &session_options(session)->contact;
    const struct server *server = session_server(session);
    const char *pin = trust->pin;
    char *own = NULL;

    if (trust->ca_cert != NULL) {
        add_curl_line(out, "cacert", trust->ca_cert);
        return;
    }
    if (trust->insecure) {
        buf_add_text(out, "insecure\n");
        return;
    }
    /* Behind an ACME name or a proxy another certificate is met, one that authorities vouch for. */
    if (pin == NULL && server->acme_domain == NULL && !server->reverse_proxy)
        own = tls_certificate_pin(session_certificate(session));
    if (pin == NULL && own != NULL && *own != '\0')
        pin = own;
    if (pin != NULL) {
        buf_add_text(out, "# no authority is asked, and this key alone is trusted\ninsecure\n");
        add_curl_line(out, "pinnedpubkey", pin);
    }
    mem_free(own);
}

static bool write_curl_config(struct sign *sign, struct buf *out, struct error *error)
{
    char *url = NULL;
    char *from = NULL;
    char *whole = NULL;

    if (!session_place(sign->session, &url, &from, error))
        return false;
    whole = text_format("%s%s", url, sign->path.target);
    add_curl_line(out, "url", whole);
    if (text_equal(sign->method, "HEAD"))
        buf_add_text(out, "head\n"); /* else curl would wait for a body */
    else
        add_curl_line(out, "request", sign->method);
    for (int i = 0; i < SIGN_HEADER_COUNT; i++)
        add_curl_line(out, "header", sign->headers.line[i]);
    if (text_starts(url, "https:"))
        add_curl_trust(sign->session, out);
    buf_add_text(out, "globoff\npath-as-is\n");
    mem_free(whole);
    mem_free(from);
    mem_free(url);
    return true;
}

static void write_headers_json(const struct sign *sign, struct buf *out)
{
    struct json *answer = json_make_object();
    struct json *headers = json_make_object();

    for (int i = 0; i < SIGN_HEADER_COUNT; i++) {
        const char *line = sign->headers.line[i];
        char *name = mem_copy(line, strcspn(line, ":"));

        json_put_text(headers, name, line + strlen(name) + 2);
        mem_free(name);
    }
    json_put(answer, "headers", headers);
    json_put_text(answer, "method", sign->method);
    json_put_text(answer, "path", sign->path.target);
    json_write(answer, 2, out);
    buf_add_text(out, "\n");
    json_free(answer);
}

/* The server's clock is asked for by the unsigned /ping, where signing goes by it. */
static bool read_clock(struct session *session, struct error *error)
{
    enum cause cause = CAUSE_NONE;

    if (!session_reach(session, error))
        return false;
    cause = contact_judge(session_contact(session), session_certificate(session));
    if (cause == CAUSE_NONE)
        cause = contact_ping(session_contact(session));
    if (cause == CAUSE_NONE)
        return true;
    error_set(error, ERROR_API, "the clock of %s cannot be read: %s",
              contact_url(session_contact(session)), cause_text(cause));
    return error_blame(error, cause);
}

static bool make_signature(struct sign *sign, struct error *error)
{
    struct session *session = sign->session;
    bool server_time = session_options(session)->server_time;
    const struct call call = {
        .method = sign->method, .path = &sign->path, .server_time = server_time};
    struct call_wire wire;

    if (server_time && !session_begin(session, error))
        return false;
    if (!session_read(session, error) || !session_usable(session, error) ||
        (server_time && !read_clock(session, error)))
        return false;
    call_sign(session_contact(session), session_access(session), &call, &wire);
    sign->headers = wire.signs;
    wire.signs = (struct sign_headers){0};
    call_wire_clear(&wire);
    return true;
}

static bool read_request(struct sign *sign, const struct run *run)
{
    if (run->word_count < 2) {
        error_set(run->error, ERROR_USAGE, "sign: a method and a path are wanted");
        return error_try(run->error, "pritunl-access sign GET /status");
    }
    if (settings_flag(run->settings, OPTION_CURL) && settings_flag(run->settings, OPTION_JSON))
        return error_set(run->error, ERROR_USAGE, "sign: --curl and --json exclude each other");
    return request_method(run->words[0], sign->method, run->error) &&
           request_path(run->words[1], &sign->path, run->error);
}

static bool write_signature(struct sign *sign, const struct settings *settings, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);
    bool done = true;

    if (settings_flag(settings, OPTION_CURL))
        done = write_curl_config(sign, &out, error);
    else if (settings_flag(settings, OPTION_JSON))
        write_headers_json(sign, &out);
    else
        for (int i = 0; i < SIGN_HEADER_COUNT; i++)
            buf_add_format(&out, "%s\n", sign->headers.line[i]);
    done = done && answer_text(&out, error);
    buf_free(&out);
    return done;
}

static bool run_sign(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    struct sign sign = {.session = session_new(&options)};
    bool done = read_request(&sign, run) && make_signature(&sign, run->error);

    if (done) {
        if (!text_equal(sign.method, run->words[0]))
            term_note("the method is %s", sign.method);
        if (sign.path.trimmed)
            term_note("the path is %s: Pritunl knows none that ends with a slash",
                      sign.path.decoded);
        done = write_signature(&sign, run->settings, run->error);
    }
    sign_free(&sign.headers);
    request_path_clear(&sign.path);
    session_free(sign.session);
    return done;
}

const struct command cmd_sign = {
    .name = "sign",
    .group = GROUP_RAW,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR,
                                         OPTION_SOURCE, OPTION_SERVER_TIME, OPTION_COUNT},
    .arguments = "METHOD PATH",
    .summary = "the four headers of a signed request, for your own client",
    .description =
        "They can be used once, and only while the clocks agree. Nothing is sent but, with "
        "--server-time, an unsigned /ping.",
    .examples = (const char *const[]){"With your own client:",
                                      "pritunl-access sign GET /status --curl | curl -K -", NULL},
    .max_words = 2,
    .options = (const enum option_id[]){OPTION_CURL, OPTION_COUNT},
    .run = run_sign,
};
