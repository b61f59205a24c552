/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/ask.h"
#include "cmd/options.h"
#include "io/tls.h"

struct sign {
    char method[REQUEST_METHOD_SIZE];
    struct request_path path;
    struct flow flow;
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
static void add_curl_trust(const struct flow *flow, struct buf *out)
{
    const struct settings *settings = flow->settings;
    const struct server *server = snapshot_server(flow->snapshot);
    const char *pin = settings_text(settings, OPTION_PIN);
    const char *ca_cert = settings_text(settings, OPTION_CA_CERT);
    char *own = NULL;

    if (ca_cert != NULL) {
        add_curl_line(out, "cacert", ca_cert);
        return;
    }
    if (settings_flag(settings, OPTION_INSECURE)) {
        buf_add_text(out, "insecure\n");
        return;
    }
    /* Behind an ACME name or a proxy another certificate is met, one that authorities vouch for. */
    if (pin == NULL && server->acme_domain == NULL && !server->reverse_proxy)
        own = tls_certificate_pin(flow_certificate(flow));
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

    if (!flow_place(&sign->flow, &url, &from, error))
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
        add_curl_trust(&sign->flow, out);
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
static bool read_clock(struct flow *flow, struct error *error)
{
    enum cause cause = CAUSE_NONE;

    if (!flow_reach(flow, error))
        return false;
    cause = contact_judge(flow->contact, flow_certificate(flow));
    if (cause == CAUSE_NONE)
        cause = contact_ping(flow->contact);
    if (cause == CAUSE_NONE)
        return true;
    error_set(error, ERROR_API, "the clock of %s cannot be read: %s", contact_url(flow->contact),
              cause_text(cause));
    return error_blame(error, cause);
}

static bool make_signature(struct sign *sign, struct error *error)
{
    struct flow *flow = &sign->flow;
    bool server_time = settings_flag(flow->settings, OPTION_SERVER_TIME);
    const struct call call = {
        .method = sign->method, .path = &sign->path, .server_time = server_time};
    struct call_wire wire;

    if (server_time && !flow_begin(flow, error))
        return false;
    if (!flow_read(flow, error) || !flow_usable(flow, error) ||
        (server_time && !read_clock(flow, error)))
        return false;
    call_sign(flow->contact, flow->access, &call, &wire);
    sign->headers = wire.signs;
    wire.signs = (struct sign_headers){0};
    call_wire_clear(&wire);
    return true;
}

static bool run_sign(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct sign sign = {.method = ""};
    struct buf out = BUF_EMPTY(BUF_MAX);
    bool done = false;

    flow_init(&sign.flow, settings, NULL);
    if (run->word_count < 2) {
        error_set(error, ERROR_USAGE, "sign: a method and a path are wanted");
        error_try(error, "pritunl-access sign GET /status");
        goto out;
    }
    if (settings_flag(settings, OPTION_CURL) && settings_flag(settings, OPTION_JSON)) {
        error_set(error, ERROR_USAGE, "sign: --curl and --json exclude each other");
        goto out;
    }
    if (!request_method(run->words[0], sign.method, error) ||
        !request_path(run->words[1], &sign.path, error) || !make_signature(&sign, error))
        goto out;
    if (!text_equal(sign.method, run->words[0]))
        term_note("the method is %s", sign.method);
    if (sign.path.trimmed)
        term_note("the path is %s: Pritunl knows none that ends with a slash", sign.path.decoded);
    done = true;
    if (settings_flag(settings, OPTION_CURL))
        done = write_curl_config(&sign, &out, error);
    else if (settings_flag(settings, OPTION_JSON))
        write_headers_json(&sign, &out);
    else
        for (int i = 0; i < SIGN_HEADER_COUNT; i++)
            buf_add_format(&out, "%s\n", sign.headers.line[i]);
    done = done && answer_text(&out, error);
out:
    buf_free(&out);
    sign_free(&sign.headers);
    request_path_clear(&sign.path);
    flow_clear(&sign.flow);
    return done;
}

const struct command cmd_sign = {
    .name = "sign",
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
