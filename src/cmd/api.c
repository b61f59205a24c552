/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/call.h"
#include "api/call_error.h"
#include "api/put.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "place/stream.h"
#include "pritunl/mask.h"
#include "step/answer.h"

#define REFUSAL_MAX ((size_t)1024 * 1024) /* of an answer that is no 2xx */
#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define HEAD_MAX ((size_t)128 * 1024)

struct api {
    const struct settings *settings;
    char method[REQUEST_METHOD_SIZE];
    struct request_path path;
    struct buf body;
    bool has_body;
    bool masks;
    struct session *session;
    struct buf head;
    struct stream *out;
    bool begun; /* of the answer something is out */
    bool to_terminal;
    struct buf cut; /* the beginning of a character, on a terminal */
    bool odd;       /* a page came in place of an answer */
    struct error *error;
    bool failed; /* and error says why */
};

/* data is the text itself, @FILE or @-. ERROR_USAGE. */
static bool read_body(const char *data, struct buf *body, struct error *error)
{
    char *path = NULL;
    bool done = false;

    if (*data != '@')
        return buf_add_text(body, data) ||
               error_set(error, ERROR_USAGE, "--data: larger than %zu bytes", body->max);
    if (data[1] == '\0')
        return error_set(error, ERROR_USAGE,
                         "--data: @ is to be followed by a file's name, or by -");
    path = file_expand(data + 1);
    done = file_read_any(path, body, error);
    mem_free(path);
    return done;
}

/* A call's 2xx answer of at most max bytes as JSON, to end with json_free(). */
static bool ask_json(struct session *session, const struct call *call, size_t max,
                     struct json **value, struct error *error)
{
    const struct verify_case what = session_case(session);
    struct http_answer answer = HTTP_ANSWER_EMPTY(max);
    enum cause cause = call_send(session_contact(session), what.access, call, &answer);
    struct error why;

    *value = NULL;
    if (cause == CAUSE_NONE && answer.status / 100 == 2) {
        *value = json_parse(buf_text(&answer.body), answer.body.length, call->path->decoded, &why);
        if (*value == NULL) {
            error_set(error, ERROR_API, "%s %s: the answer is no JSON (%s)", call->method,
                      call->path->decoded, why.text);
            error_blame(error, CAUSE_PROXY_ANSWER);
        }
    } else {
        call_error(session_contact(session), &what, call, cause, &answer, error);
    }
    http_answer_free(&answer);
    return *value != NULL;
}

/* GET path, and put the fields of body (a JSON object) into what came: the result replaces body. */
static bool merge_body(struct session *session, const struct request_path *path, struct buf *body,
                       struct error *error)
{
    const struct call call = {
        .method = "GET", .path = path, .server_time = session_options(session)->server_time};
    struct json *given = json_parse(buf_text(body), body->length, "--data", error);
    struct json *there = NULL;
    struct json *merged = NULL;
    bool done = false;

    if (given == NULL)
        goto out;
    if (json_type_of(given) != JSON_MAP) {
        error_set(error, ERROR_USAGE, "--get-merge: the body must be a JSON object of fields");
        goto out;
    }
    if (!ask_json(session, &call, BODY_MAX, &there, error))
        goto out;
    if (json_type_of(there) != JSON_MAP) {
        error_set(error, ERROR_USAGE, "--get-merge: %s answers no JSON object that could be merged",
                  path->decoded);
        goto out;
    }
    merged = put_merge(path, there, given, error);
    if (merged == NULL)
        goto out;
    buf_free(body);
    done =
        json_write(merged, 0, body) ||
        error_set(error, ERROR_USAGE, "--get-merge: the body is larger than %zu bytes", body->max);
out:
    json_free(merged);
    json_free(there);
    json_free(given);
    return done;
}

/* NAME:VALUE, as it can stand in one line. */
static bool is_header(const char *header)
{
    size_t name = strspn(header, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "!#$%&'*+-.^_`|~");

    if (name == 0 || header[name] != ':')
        return false;
    for (const char *p = header; *p != '\0'; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

static bool check_headers(const struct settings *settings, struct error *error)
{
    static const char *const ours[] = {
        "Auth-", "Cookie:", "Host:", "Content-Length:", "Transfer-Encoding:", "Connection:"};
    const struct setting *headers = &settings->values[OPTION_HEADER];

    for (size_t i = 0; i < headers->count; i++) {
        const char *header = headers->list[i];

        if (!is_header(header))
            return error_set(error, ERROR_USAGE,
                             "--header: NAME:VALUE is wanted, in one line, without a blank before "
                             "the colon");
        for (size_t o = 0; o < sizeof ours / sizeof *ours; o++)
            if (strncasecmp(header, ours[o], strlen(ours[o])) == 0)
                return error_set(error, ERROR_USAGE, "--header: %.*s is not for you to give",
                                 (int)strcspn(header, ":"), header);
    }
    return true;
}

static bool prepare_path(struct api *api, const struct run *run, struct error *error)
{
    const struct setting *queries = &api->settings->values[OPTION_QUERY];

    if (run->word_count < 2) {
        error_set(error, ERROR_USAGE, "api: a method and a path are wanted");
        return error_try(error, "pritunl-access api GET /status");
    }
    if (!request_method(run->words[0], api->method, error) ||
        !request_path(run->words[1], &api->path, error))
        return false;
    for (size_t i = 0; i < queries->count; i++)
        if (!request_path_query(&api->path, queries->list[i], error))
            return false;
    if (!text_equal(api->method, run->words[0]))
        term_note("the method is %s", api->method);
    if (api->path.trimmed)
        term_note("the path is %s: Pritunl knows none that ends with a slash", api->path.decoded);
    return true;
}

/* All that can be known before anything is asked. */
static bool prepare_call(struct api *api, const struct run *run, struct error *error)
{
    const struct settings *settings = api->settings;
    const char *data = settings_text(settings, OPTION_DATA);
    bool merges = settings_flag(settings, OPTION_GET_MERGE);

    if (!prepare_path(api, run, error) || !check_headers(settings, error))
        return false;
    api->has_body = data != NULL;
    api->masks = request_path_tells_secrets(&api->path) && !settings_flag(settings, OPTION_REVEAL);
    if (merges && (!text_equal(api->method, "PUT") || !api->has_body))
        return error_set(error, ERROR_USAGE, "--get-merge is for a PUT with --data");
    if (data != NULL && text_equal(data, "@-") &&
        !session_input_free(session_options(api->session), "--data @-", error))
        return false;
    if (data != NULL && !read_body(data, &api->body, error))
        return false;
    return settings_flag(settings, OPTION_YES) ||
           put_is_harmless(api->method, &api->path, &api->body, merges, error);
}

/* Are these the first bytes of a character, whose others are yet to come? */
static bool is_begun(const char *bytes, size_t length)
{
    uint8_t first = (uint8_t)*bytes;
    size_t due = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;

    for (size_t i = 1; i < length && i < due; i++)
        if (((uint8_t)bytes[i] & 0xc0) != 0x80)
            return false;
    return length < due;
}

/* On a terminal nothing that it would obey. A character that is cut waits for its rest. */
static bool put_safely(struct api *api, const char *bytes, size_t length)
{
    struct buf whole = BUF_EMPTY(BUF_MAX);
    struct buf safe = BUF_EMPTY(BUF_MAX);
    size_t at = 0;
    bool done = false;

    buf_add(&whole, buf_text(&api->cut), api->cut.length);
    buf_add(&whole, bytes, length);
    buf_free(&api->cut);
    while (at < whole.length && !is_begun(whole.data + at, whole.length - at)) {
        uint32_t point = 0;
        size_t size = text_decode(whole.data + at, whole.length - at, &point);

        if (size > 0 && (!text_is_control(point) || point == '\n' || point == '\t'))
            buf_add(&safe, whole.data + at, size);
        else if (point != '\r')
            buf_add_text(&safe, "?");
        at += size > 0 ? size : 1;
    }
    if (at < whole.length)
        buf_add(&api->cut, whole.data + at, whole.length - at);
    done = stream_add(api->out, buf_text(&safe), safe.length, api->error);
    buf_free(&safe);
    buf_free(&whole);
    return done;
}

static bool put_bytes(struct api *api, const char *bytes, size_t length)
{
    return api->to_terminal ? put_safely(api, bytes, length)
                            : stream_add(api->out, bytes, length, api->error);
}

static bool put_head(struct api *api)
{
    if (api->begun)
        return true;
    api->begun = true;
    return !settings_flag(api->settings, OPTION_INCLUDE) ||
           put_bytes(api, buf_text(&api->head), api->head.length);
}

static bool is_page(const struct api *api, const struct http_answer *answer, const char *bytes,
                    size_t length)
{
    while (length > 0 && strchr(" \t\r\n", *bytes) != NULL) {
        bytes++;
        length--;
    }
    return length > 0 && *bytes == '<' && answer->content_type != NULL &&
           text_starts(answer->content_type, "text/html") && !text_equal(api->path.decoded, "/") &&
           !request_path_is(&api->path, "login");
}

static bool take_piece(void *context, const struct http_answer *answer, const char *bytes,
                       size_t length)
{
    struct api *api = context;

    api->odd = !api->begun && is_page(api, answer, bytes, length);
    if (api->odd)
        return false;
    api->failed = !put_head(api) || !put_bytes(api, bytes, length);
    return !api->failed;
}

static bool put_masked(struct api *api, const struct http_answer *answer)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    struct error ignored;
    struct json *value = NULL;
    struct json *masked = NULL;
    bool done = false;

    if (answer->body.length == 0)
        return true;
    value = json_parse(buf_text(&answer->body), answer->body.length, "answer", &ignored);
    if (value == NULL) {
        error_set(api->error, ERROR_API,
                  "%s %s: the answer is no JSON, so its secrets cannot be masked", api->method,
                  api->path.decoded);
        return error_try(api->error, "--reveal");
    }
    masked = mask_copy(value);
    done = json_write(masked, 0, &text) && buf_add_text(&text, "\n") &&
           put_bytes(api, buf_text(&text), text.length);
    json_free(masked);
    json_free(value);
    buf_free(&text);
    return done;
}

static bool finish_answer(struct api *api, const struct http_answer *answer)
{
    bool changed = false;

    if (!put_head(api) || (api->masks && !put_masked(api, answer)))
        return false;
    if (api->to_terminal && !api->masks && !put_bytes(api, "\n", 1))
        return false;
    return stream_close(api->out, &changed, api->error);
}

/* No 2xx answer: -i shows the head of what came, on standard output. */
static bool refuse_answer(struct api *api, const struct call *call, enum cause cause,
                          const struct http_answer *answer)
{
    struct verify_case what;
    struct error ignored;

    if (api->failed)
        return false;
    if (api->odd) {
        error_set(api->error, ERROR_API, "%s %s: %s", api->method, api->path.decoded,
                  cause_text(CAUSE_PROXY_ANSWER));
        return error_blame(api->error, CAUSE_PROXY_ANSWER);
    }
    if (answer->failure == HTTP_FAILURE_TOO_LARGE && api->masks) {
        error_set(api->error, ERROR_API,
                  "%s %s: the answer is larger than the %zu MiB that can be masked", api->method,
                  api->path.decoded, MASK_ANSWER_MAX / 1024 / 1024);
        return error_try(api->error, "--reveal");
    }
    if (settings_flag(api->settings, OPTION_INCLUDE) && cause == CAUSE_NONE)
        term_write(STDOUT_FILENO, buf_text(&api->head), api->head.length, &ignored);
    what = session_case(api->session);
    return call_error(session_contact(api->session), &what, call, cause, answer, api->error);
}

static bool perform_call(struct api *api)
{
    const struct setting *headers = &api->settings->values[OPTION_HEADER];
    struct http_answer answer = HTTP_ANSWER_EMPTY(api->masks ? MASK_ANSWER_MAX : REFUSAL_MAX);
    struct call call = {.method = api->method,
                        .path = &api->path,
                        .headers = (const char *const *)headers->list,
                        .header_count = headers->count,
                        .body = api->has_body ? buf_text(&api->body) : NULL,
                        .body_length = api->body.length,
                        .server_time = session_options(api->session)->server_time,
                        .head = &api->head};
    enum cause cause = CAUSE_NONE;
    bool accepted = false;
    bool done = false;

    if (!api->masks) {
        call.stream = take_piece;
        call.stream_context = api;
    }
    cause = call_send(session_contact(api->session), session_access(api->session), &call, &answer);
    accepted = answer.status / 100 == 2 &&
               (api->begun || contact_answerer(session_contact(api->session))->cause == CAUSE_NONE);
    if (accepted && !call_is_harmless(api->method))
        term_done("%s %s was done (status %ld)", api->method, api->path.decoded, answer.status);
    if (cause == CAUSE_NONE && accepted)
        done = finish_answer(api, &answer);
    else
        done = refuse_answer(api, &call, cause, &answer);
    http_answer_free(&answer);
    return done;
}

/* What is done must be heard of. */
static bool can_answer(const struct api *api, const char *output)
{
    return call_is_harmless(api->method) || !text_equal(output, "-") || answer_ready(api->error);
}

static bool run_api(struct run *run)
{
    const struct session_options options = options_session(run->settings, NULL);
    struct api api = {.settings = run->settings,
                      .session = session_new(&options),
                      .body = BUF_EMPTY(BODY_MAX),
                      .head = BUF_EMPTY(HEAD_MAX),
                      .cut = BUF_EMPTY(4),
                      .error = run->error};
    const char *output = settings_text(run->settings, OPTION_OUTPUT);
    bool done = prepare_call(&api, run, run->error) && stream_open(output, &api.out, run->error);

    if (done) {
        api.to_terminal = text_equal(output, "-") && term_is_terminal(STDOUT_FILENO);
        done = session_ask(api.session, run->error) &&
               (!settings_flag(run->settings, OPTION_GET_MERGE) ||
                merge_body(api.session, &api.path, &api.body, run->error)) &&
               can_answer(&api, output) && perform_call(&api);
    }
    stream_free(api.out);
    buf_free(&api.cut);
    buf_free(&api.head);
    buf_free(&api.body);
    request_path_clear(&api.path);
    session_free(api.session);
    return done;
}

const struct command cmd_api = {
    .name = "api",
    .group = GROUP_RAW,
    .settings = (const enum option_id[]){OPTION_MONGODB_URI_FILE, OPTION_ADMINISTRATOR, OPTION_URL,
                                         OPTION_SOURCE, OPTION_CA_CERT, OPTION_PIN,
                                         OPTION_SERVER_TIME, OPTION_COUNT},
    .arguments = "METHOD PATH",
    .summary = "one signed request, its answer on stdout",
    .description =
        "What the web front would alter in the path is refused. A GET is repeated after a "
        "502, a 504 or a cut connection, nothing else ever is. Tokens, secrets and keys in "
        "answers (up to 16 MiB) are masked unless --reveal. A PUT of an administrator that "
        "would renew or switch off a credential needs --yes.",
    .examples =
        (const char *const[]){
            "Who is connected to what?", "pritunl-access api GET /status",
            "A page of organizations, with the answer's headers:",
            "pritunl-access api GET /organization --query page=0 -i", "Change one setting:",
            "pritunl-access api PUT /settings --get-merge -d '{\"theme\": \"dark\"}'", NULL},
    .max_words = 2,
    .options = (const enum option_id[]){OPTION_REVEAL, OPTION_OUTPUT, OPTION_DATA, OPTION_QUERY,
                                        OPTION_HEADER, OPTION_INCLUDE, OPTION_GET_MERGE, OPTION_YES,
                                        OPTION_COUNT},
    .run = run_api,
};
