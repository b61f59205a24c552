/* SPDX-License-Identifier: MIT */
#include "place/aws_roles.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/http.h"
#include "io/json.h"
#include "io/tls.h"

#define ANSWER_MAX ((size_t)256 * 1024)
#define TOKEN_MAX ((size_t)64 * 1024)
#define HEADERS_MAX 3
#define CONTAINER_BASE "http://169.254.170.2"
#define CONTAINER_CONNECT_MS 1000
#define CONTAINER_MS 5000
#define METADATA_BASE "http://169.254.169.254"
#define METADATA_BASE6 "http://[fd00:ec2::254]"
#define METADATA_MS 2000
#define METADATA_CONNECT_MS 1000
#define ROLES_PATH "/latest/meta-data/iam/security-credentials/"
#define MS_PER_S 1000

void aws_keys_clear(struct aws_keys *keys)
{
    mem_free(keys->key);
    mem_free(keys->secret);
    mem_free(keys->token);
    *keys = (struct aws_keys){0};
}

/* One question over a connection of its own. */
struct question {
    const char *who;  /* what messages call it */
    const char *base; /* scheme, host, port */
    const char *method;
    const char *path;
    const char *headers[HEADERS_MAX];
    size_t header_count;
    const char *body;
    const struct http_sigv4 *sigv4;
    const char *ca_bundle;
    bool direct; /* past every proxy */
    bool told;   /* that it is plain http, by the question before */
    int64_t connect_ms;
    int64_t total_ms;
};

/* Where AWS answers on the machine itself, by addresses that lead no further than to its host. */
static bool is_near(const char *host)
{
    static const char *const starts[] = {"169.254.", "fd00:ec2::"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(host, starts[i], strlen(starts[i])) == 0)
            return true;
    return http_is_loopback(host);
}

struct tls_judge *aws_trust(const char *who, const struct http_url *url, const char *ca_bundle)
{
    const struct tls_policy policy = {.ca_cert = ca_bundle};
    enum tls_trust trust = TLS_TRUST_UNKNOWN;
    enum tls_fault fault = TLS_FAULT_NONE;
    struct tls_judge *judge = NULL;

    if (url->tls) {
        judge = tls_judge_new(url->host);
        tls_judge_decide(judge, &policy, &trust, &fault);
    } else if (who != NULL && !is_near(url->host)) {
        term_warn("%s at %s is plain http: what it is sent and what it answers can be read on the "
                  "way",
                  who, url->base);
    }
    return judge;
}

static bool ask_provider(const struct question *question, struct http_answer *answer,
                         struct error *error)
{
    const struct http_options options = {.connect_timeout_ms = question->connect_ms,
                                         .timeout_ms = question->total_ms,
                                         .direct = question->direct};
    const struct http_request request = {.method = question->method,
                                         .path = question->path,
                                         .headers = question->headers,
                                         .header_count = question->header_count,
                                         .body = question->body,
                                         .body_length =
                                             question->body != NULL ? strlen(question->body) : 0,
                                         .sigv4 = question->sigv4};
    struct tls_judge *judge = NULL;
    struct http_url url = {0};
    struct http *http = NULL;
    bool came = false;

    if (!http_url_parse(question->base, &url, error))
        return false;
    judge = aws_trust(question->told ? NULL : question->who, &url, question->ca_bundle);
    http = http_new(&url, &options, judge);
    came = http_perform(http, &request, answer);
    if (!came) {
        error_set(error, ERROR_DATABASE, "%s at %s cannot be reached: %s", question->who, url.base,
                  answer->failure == HTTP_FAILURE_TIMEOUT ? "no answer in time" : answer->detail);
        error_blame(error, CAUSE_SOURCE_UNREACHABLE);
    }
    http_free(http);
    tls_judge_free(judge);
    http_url_free(&url);
    return came;
}

static bool refuse_provider(const struct question *question, long status, const char *reason,
                            struct error *error)
{
    char *printable = text_printable(reason, strlen(reason));

    error_set(error, ERROR_DATABASE, "%s gives no credentials: %s%sstatus %ld", question->who,
              printable, *printable != '\0' ? ", " : "", status);
    mem_free(printable);
    return error_blame(error, CAUSE_SOURCE_REFUSED);
}

/* {"AccessKeyId": …, "SecretAccessKey": …, "Token": …} */
static bool take_document(const struct question *question, const struct http_answer *answer,
                          struct aws_keys *keys, struct error *error)
{
    struct error ignored;
    struct json *json =
        json_parse(buf_text(&answer->body), answer->body.length, question->who, &ignored);
    const char *code = json_text(json_get(json, "code"), NULL);

    if (code == NULL)
        code = json_text(json_get(json, "Code"), NULL);
    keys->key = mem_text(json_text(json_get(json, "AccessKeyId"), NULL));
    keys->secret = mem_text(json_text(json_get(json, "SecretAccessKey"), NULL));
    keys->token = mem_text(json_text(json_get(json, "Token"), NULL));
    if (answer->status != 200 || keys->key == NULL || keys->secret == NULL)
        refuse_provider(question, answer->status, code != NULL ? code : "", error);
    json_free(json);
    return answer->status == 200 && keys->key != NULL && keys->secret != NULL;
}

/* A variable's value, or NULL where it is not set or empty; a new string. */
static char *variable_line(const char *name)
{
    const char *text = getenv(name);

    return text != NULL && *text != '\0' ? text_line(text) : NULL;
}

/* What a token file holds, in one line. */
static char *read_token(const char *variable, const char *path, struct error *error)
{
    struct buf content = BUF_EMPTY(TOKEN_MAX);
    struct error why;
    char *token = NULL;

    if (!file_read_any(path, &content, &why)) {
        error_set(error, ERROR_USAGE, "%s: %s", variable, why.text);
        return NULL;
    }
    token = text_line(buf_text(&content));
    if (*token == '\0' || strpbrk(token, "\r\n") != NULL) {
        error_set(error, ERROR_USAGE, "%s: %s holds no token, or more than one line", variable,
                  path);
        mem_free(token);
        token = NULL;
    }
    buf_free(&content);
    return token;
}

/* ---- a container's agent ---- */

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"

bool aws_container_is_named(void)
{
    char *relative = variable_line(RELATIVE);
    char *full = variable_line(FULL);
    bool named = relative != NULL || full != NULL;

    mem_free(relative);
    mem_free(full);
    return named;
}

/* Whom plain http may ask: nobody else on the way could answer in these places. */
static bool is_agent(const char *host)
{
    static const char *const agents[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        if (text_equal(host, agents[i]))
            return true;
    return http_is_loopback(host);
}

/* The URI in two: whom to ask, and for what. */
static bool take_full(const char *uri, char **base, char **path, struct error *error)
{
    const char *host = strstr(uri, "://");
    struct http_url url = {0};
    struct error why;
    bool done = false;

    if (host != NULL) {
        host += 3;
        host += strcspn(host, "/?#");
    }
    *base = host != NULL ? mem_copy(uri, (size_t)(host - uri)) : mem_text(uri);
    *path = host != NULL && *host == '/' ? mem_text(host)
                                         : text_format("/%s", host != NULL ? host : "");
    if (!http_url_parse(*base, &url, &why))
        error_set(error, ERROR_USAGE, FULL ": %s", why.text);
    else if (!url.tls && !is_agent(url.host))
        error_set(error, ERROR_USAGE,
                  FULL ": %s is plain http, which is for loopback, 169.254.170.2 and "
                       "169.254.170.23 alone",
                  url.base);
    else
        done = true;
    http_url_free(&url);
    return done;
}

/* "Authorization: TOKEN", or NULL without one; false where it cannot be read. */
static bool make_authorization(char **header, struct error *error)
{
    char *file = variable_line("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    char *token = file != NULL ? read_token("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file, error)
                               : variable_line("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    bool done = file == NULL || token != NULL;

    *header = token != NULL ? text_format("Authorization: %s", token) : NULL;
    mem_free(token);
    mem_free(file);
    return done;
}

bool aws_container(const struct aws_limits *limits, struct aws_keys *keys, struct error *error)
{
    struct question question = {.who = RELATIVE ": the container's agent",
                                .method = "GET",
                                .ca_bundle = limits->ca_bundle,
                                .direct = true,
                                .connect_ms = CONTAINER_CONNECT_MS,
                                .total_ms = CONTAINER_MS};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    char *path = variable_line(RELATIVE);
    char *full = path == NULL ? variable_line(FULL) : NULL;
    char *base = NULL;
    char *header = NULL;
    bool done = true;

    if (full != NULL) {
        question.who = FULL ": the agent";
        done = take_full(full, &base, &path, error);
    }
    question.base = base != NULL ? base : CONTAINER_BASE;
    question.path = path;
    done = done && make_authorization(&header, error);
    if (header != NULL)
        question.headers[question.header_count++] = header;
    done = done && ask_provider(&question, &answer, error) &&
           take_document(&question, &answer, keys, error);
    http_answer_free(&answer);
    mem_free(header);
    mem_free(base);
    mem_free(full);
    mem_free(path);
    return done;
}

/* ---- the instance ---- */

/* The metadata's address; NULL where nobody shall be asked. */
static char *metadata_base(void)
{
    char *off = variable_line("AWS_EC2_METADATA_DISABLED");
    char *base = variable_line("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    char *mode = variable_line("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    size_t length = base != NULL ? strlen(base) : 0;

    while (length > 0 && base[length - 1] == '/')
        base[--length] = '\0';
    if (off != NULL && strcasecmp(off, "true") == 0) {
        mem_free(base);
        base = NULL;
    } else if (base == NULL) {
        base = mem_text(mode != NULL && strcasecmp(mode, "ipv6") == 0 ? METADATA_BASE6
                                                                      : METADATA_BASE);
    }
    mem_free(mode);
    mem_free(off);
    return base;
}

/* One request of the three, in what is left of the two seconds. The answer's text, or NULL. */
static char *ask_metadata(const char *base, const char *method, const char *path,
                          const char *header, int64_t deadline_ms, struct error *error)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    int64_t left = deadline_ms - clock_monotonic_ms();
    const struct question question = {
        .who = "the instance's metadata service",
        .base = base,
        .method = method,
        .path = path,
        .headers = {header},
        .header_count = 1,
        .direct = true,
        .told = text_equal(method, "GET"),
        .connect_ms = left < METADATA_CONNECT_MS ? (left > 0 ? left : 1) : METADATA_CONNECT_MS,
        .total_ms = left > 0 ? left : 1};
    char *text = NULL;

    if (!ask_provider(&question, &answer, error))
        return NULL;
    if (answer.status == 200)
        text = text_line(buf_text(&answer.body));
    else
        refuse_provider(&question, answer.status,
                        answer.status == 404 ? "no role is given to this instance" : "", error);
    http_answer_free(&answer);
    return text;
}

static bool take_metadata(const char *text, struct aws_keys *keys, struct error *error)
{
    const struct question question = {.who = "the instance's metadata service"};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    bool taken = false;

    answer.status = 200;
    buf_add_text(&answer.body, text);
    taken = take_document(&question, &answer, keys, error);
    buf_free(&answer.body);
    return taken;
}

bool aws_metadata(const struct aws_limits *limits, struct aws_keys *keys, struct error *error)
{
    int64_t deadline_ms = clock_monotonic_ms() + METADATA_MS;
    char *base = metadata_base();
    char *token = NULL;
    char *header = NULL;
    char *role = NULL;
    char *path = NULL;
    char *text = NULL;
    bool done = false;

    (void)limits;
    if (base == NULL) {
        error_set(error, ERROR_USAGE, "AWS_EC2_METADATA_DISABLED is set");
        goto out;
    }
    token = ask_metadata(base, "PUT", "/latest/api/token",
                         "X-aws-ec2-metadata-token-ttl-seconds: 300", deadline_ms, error);
    if (token == NULL)
        goto out;
    header = text_format("X-aws-ec2-metadata-token: %s", token);
    role = ask_metadata(base, "GET", ROLES_PATH, header, deadline_ms, error);
    if (role == NULL)
        goto out;
    path = text_format(ROLES_PATH "%.*s", (int)strcspn(role, "\r\n"), role);
    text = ask_metadata(base, "GET", path, header, deadline_ms, error);
    done = text != NULL && take_metadata(text, keys, error);
out:
    mem_free(text);
    mem_free(path);
    mem_free(role);
    mem_free(header);
    mem_free(token);
    mem_free(base);
    return done;
}

/* ---- the Security Token Service ---- */

/* "&NAME=VALUE", percent-encoded. */
static void add_field(struct buf *body, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_add_format(body, "%s%s=", body->length > 0 ? "&" : "", name);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (isalnum(c) || strchr("-._~", c) != NULL)
            buf_add(body, value, 1);
        else
            buf_add_format(body, "%%%02X", c);
    }
}

/* What stands between <NAME> and </NAME>, a new string; NULL where nothing does. */
static char *element(const char *xml, const char *name)
{
    char *begin = text_format("<%s>", name);
    char *end = text_format("</%s>", name);
    const char *start = strstr(xml, begin);
    const char *stop = NULL;
    char *text = NULL;

    if (start != NULL) {
        start += strlen(begin);
        stop = strstr(start, end);
        if (stop != NULL)
            text = mem_copy(start, (size_t)(stop - start));
    }
    mem_free(begin);
    mem_free(end);
    return text;
}

static bool take_xml(const struct question *question, const struct http_answer *answer,
                     struct aws_keys *keys, struct error *error)
{
    const char *xml = buf_text(&answer->body);
    char *code = element(xml, "Code");

    keys->key = element(xml, "AccessKeyId");
    keys->secret = element(xml, "SecretAccessKey");
    keys->token = element(xml, "SessionToken");
    if (answer->status != 200 || keys->key == NULL || keys->secret == NULL)
        refuse_provider(question, answer->status, code != NULL ? code : "", error);
    mem_free(code);
    return answer->status == 200 && keys->key != NULL && keys->secret != NULL;
}

static void add_role(const char *action, const struct aws_role *role, struct buf *body)
{
    char *session = text_format("pritunl-access-%lld", (long long)(clock_wall_ms() / MS_PER_S));

    add_field(body, "Action", action);
    add_field(body, "Version", "2011-06-15");
    add_field(body, "RoleArn", role->arn);
    add_field(body, "RoleSessionName", role->session != NULL ? role->session : session);
    add_field(body, "ExternalId", role->external_id);
    add_field(body, "DurationSeconds", role->duration);
    mem_free(session);
}

static bool ask_sts(const struct aws_limits *limits, const struct aws_role *role,
                    const struct aws_keys *by, const char *body, struct aws_keys *keys,
                    struct error *error)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    char *scope = text_format("aws:amz:%s:sts", role->region);
    char *session =
        by != NULL && by->token != NULL ? text_format("X-Amz-Security-Token: %s", by->token) : NULL;
    char *who = text_format("the Security Token Service, asked for %s,", role->arn);
    const struct http_sigv4 sigv4 = {scope, by != NULL ? by->key : NULL,
                                     by != NULL ? by->secret : NULL};
    const struct question question = {
        .who = who,
        .base = role->endpoint,
        .method = "POST",
        .path = "/",
        .headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8", session},
        .header_count = session != NULL ? 2 : 1,
        .body = body,
        .sigv4 = by != NULL ? &sigv4 : NULL,
        .ca_bundle = limits->ca_bundle,
        .connect_ms = limits->connect_timeout_ms,
        .total_ms = limits->timeout_ms};
    bool done =
        ask_provider(&question, &answer, error) && take_xml(&question, &answer, keys, error);

    http_answer_free(&answer);
    mem_free(who);
    mem_free(session);
    mem_free(scope);
    return done;
}

bool aws_assume(const struct aws_limits *limits, const struct aws_role *role,
                const struct aws_keys *by, struct aws_keys *keys, struct error *error)
{
    struct buf body = BUF_EMPTY(ANSWER_MAX);
    bool done = false;

    add_role("AssumeRole", role, &body);
    done = ask_sts(limits, role, by, buf_text(&body), keys, error);
    buf_free(&body);
    return done;
}

bool aws_assume_by_token(const struct aws_limits *limits, const struct aws_role *role,
                         struct aws_keys *keys, struct error *error)
{
    struct buf body = BUF_EMPTY(ANSWER_MAX);
    char *token = read_token("AWS_WEB_IDENTITY_TOKEN_FILE", role->token_file, error);
    bool done = false;

    if (token != NULL) {
        add_role("AssumeRoleWithWebIdentity", role, &body);
        add_field(&body, "WebIdentityToken", token);
        done = ask_sts(limits, role, NULL, buf_text(&body), keys, error);
    }
    buf_free(&body);
    mem_free(token);
    return done;
}
