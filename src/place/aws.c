/* SPDX-License-Identifier: MIT */
#include "place/aws.h"
#include "io/tls.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"
#include "io/http.h"
#include "io/json.h"
#include "io/tls_file.h"
#include "place/aws_settings.h"
#include "place/source.h"
#include "pritunl/cause.h"

#define ANSWER_MAX ((size_t)512 * 1024)
#define REQUEST_TOKEN_LENGTH 32
#define SERVICE "secretsmanager"

struct aws {
    struct aws_settings settings;
    struct http_url url;
    struct tls_judge *judge;
    struct http *http;
    char *id;
};

static bool trust(struct aws *aws, struct error *error)
{
    const char *bundle = getenv("AWS_CA_BUNDLE");
    const struct tls_policy policy = {.ca_cert = bundle != NULL && *bundle != '\0' ? bundle : NULL};
    enum tls_trust found = TLS_TRUST_UNKNOWN;
    enum tls_fault fault = TLS_FAULT_NONE;

    if (!aws->url.tls) {
        if (!http_is_loopback(aws->url.host))
            term_warn("the AWS endpoint %s is plain http: the credential can be read on the way",
                      aws->url.base);
        return true;
    }
    if (policy.ca_cert != NULL && !tls_file_authorities("AWS_CA_BUNDLE", policy.ca_cert, error))
        return false;
    aws->judge = tls_judge_new(aws->url.host);
    tls_judge_decide(aws->judge, &policy, &found, &fault);
    return true;
}

struct aws *aws_open(const char *id, int64_t connect_timeout_ms, int64_t timeout_ms,
                     struct error *error)
{
    struct aws *aws = mem_zero(1, sizeof *aws);
    const struct http_options options = {.connect_timeout_ms = connect_timeout_ms,
                                         .timeout_ms = timeout_ms};

    aws->id = mem_text(id);
    if (!text_is_utf8(id, strlen(id))) {
        error_set(error, ERROR_USAGE, "the secret's name is not UTF-8");
        goto fail;
    }
    if (!aws_settings_read(id, &aws->settings, error) ||
        !http_url_parse(aws->settings.endpoint, &aws->url, error) || !trust(aws, error))
        goto fail;
    aws->http = http_new(&aws->url, &options, aws->judge);
    return aws;
fail:
    aws_free(aws);
    return NULL;
}

void aws_free(struct aws *aws)
{
    if (aws == NULL)
        return;
    http_free(aws->http);
    tls_judge_free(aws->judge);
    http_url_free(&aws->url);
    aws_settings_clear(&aws->settings);
    mem_free(aws->id);
    mem_free(aws);
}

static bool send(struct aws *aws, const char *action, struct json *body, struct http_answer *answer)
{
    struct buf text = BUF_EMPTY(ANSWER_MAX);
    char *target = text_format("X-Amz-Target: " SERVICE ".%s", action);
    char *token = text_format("X-Amz-Security-Token: %s",
                              aws->settings.token != NULL ? aws->settings.token : "");
    char *scope = text_format("aws:amz:%s:" SERVICE, aws->settings.region);
    const char *headers[] = {"Content-Type: application/x-amz-json-1.1", target, token};
    const struct http_sigv4 sigv4 = {scope, aws->settings.key, aws->settings.secret};
    struct http_request request = {.method = "POST",
                                   .path = "/",
                                   .headers = headers,
                                   .header_count = aws->settings.token != NULL ? 3 : 2,
                                   .sigv4 = &sigv4};
    bool came = false;

    json_write(body, 0, &text);
    request.body = buf_text(&text);
    request.body_length = text.length;
    came = http_perform(aws->http, &request, answer);
    buf_free(&text);
    mem_free(target);
    mem_free(token);
    mem_free(scope);
    json_free(body);
    return came;
}

/* "ResourceNotFoundException", perhaps behind a namespace and "#". */
static char *type_of(const struct json *answer)
{
    const char *type = json_text(json_get(answer, "__type"), NULL);
    const char *bare = type != NULL ? strrchr(type, '#') : NULL;

    if (type == NULL)
        return mem_text("");
    bare = bare != NULL ? bare + 1 : type;
    return text_printable(bare, strlen(bare));
}

static bool unreachable(const struct aws *aws, const struct http_answer *answer,
                        struct error *error)
{
    char *met = aws->judge != NULL && answer->failure == HTTP_FAILURE_TLS
                    ? tls_judge_subject(aws->judge)
                    : mem_text("");

    error_set(error, ERROR_DATABASE, "AWS Secrets Manager at %s cannot be reached: %s%s%s",
              aws->url.base,
              answer->failure == HTTP_FAILURE_TIMEOUT ? "no answer in time" : answer->detail,
              *met != '\0' ? "; met: " : "", met);
    mem_free(met);
    return error_blame(error, CAUSE_SOURCE_UNREACHABLE);
}

static bool refused(const struct aws *aws, const char *action, const struct http_answer *answer,
                    const char *type, struct error *error)
{
    error_set(error, ERROR_DATABASE, "AWS refuses %s of %s: %s (status %ld)", action, aws->id,
              *type != '\0' ? type : "no reason given", answer->status);
    return error_blame(error, CAUSE_SOURCE_REFUSED);
}

/* One call. *missing: there is no such secret; then *result is NULL, and it is no failure. */
static bool call(struct aws *aws, const char *action, struct json *body, struct json **result,
                 bool *missing, struct error *error)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    struct error ignored;
    char *type = NULL;
    bool done = false;

    *result = NULL;
    *missing = false;
    if (!send(aws, action, body, &answer)) {
        unreachable(aws, &answer, error);
        goto out;
    }
    *result = json_parse(buf_text(&answer.body), answer.body.length, "AWS", &ignored);
    if (answer.status == 200 && json_type_of(*result) == JSON_MAP) {
        done = true;
        goto out;
    }
    type = type_of(*result);
    json_free(*result);
    *result = NULL;
    *missing = text_equal(type, "ResourceNotFoundException");
    done = *missing || refused(aws, action, &answer, type, error);
out:
    mem_free(type);
    http_answer_free(&answer);
    return done;
}

bool aws_get(struct aws *aws, struct buf *text, bool *found, struct error *error)
{
    struct json *body = json_make_object();
    struct json *result = NULL;
    bool missing = false;
    bool done = false;
    size_t length = 0;
    const char *secret = NULL;

    json_put_text(body, "SecretId", aws->id);
    if (!call(aws, "GetSecretValue", body, &result, &missing, error))
        return false;
    *found = !missing;
    secret = json_text(json_get(result, "SecretString"), &length);
    done = missing || (secret != NULL && buf_add(text, secret, length));
    if (!done)
        error_set(error, ERROR_UNUSABLE, "the AWS secret %s does not hold text", aws->id);
    json_free(result);
    return done;
}

bool aws_put(struct aws *aws, const char *text, bool create, struct error *error)
{
    struct json *body = json_make_object();
    struct json *result = NULL;
    char token[REQUEST_TOKEN_LENGTH + 1] = "";
    bool missing = false;
    bool done = false;

    crypto_random_text(token, REQUEST_TOKEN_LENGTH);
    json_put_text(body, create ? "Name" : "SecretId", aws->id);
    json_put_text(body, "SecretString", text);
    json_put_text(body, "ClientRequestToken", token);
    done = call(aws, create ? "CreateSecret" : "PutSecretValue", body, &result, &missing, error);
    json_free(result);
    if (done && missing) {
        done = error_set(error, ERROR_DATABASE, "the AWS secret %s is gone meanwhile", aws->id);
        error_blame(error, CAUSE_SOURCE_REFUSED);
    }
    return done;
}

/*
 * To whoever writes, whatever keeps the secret from being read is a place that cannot be written.
 */
static bool as_output(struct error *error)
{
    if (error->kind != ERROR_USAGE)
        error->kind = ERROR_OUTPUT;
    return false;
}

/*
 * What is there: an object, empty where there is no such secret. NULL where it is something else.
 */
static struct json *read_object(struct aws *aws, const char *id, bool *found, struct error *error)
{
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    struct json *object = NULL;
    struct error ignored;

    if (!aws_get(aws, &text, found, error))
        return NULL;
    object = *found ? json_parse(buf_text(&text), text.length, "", &ignored) : json_make_object();
    buf_free(&text);
    if (json_type_of(object) == JSON_MAP)
        return object;
    json_free(object);
    error_set(error, ERROR_OUTPUT,
              "the AWS secret %s is no JSON object: what it holds would be lost", id);
    return NULL;
}

static bool is_there(const struct json *object, const struct variable *variable)
{
    size_t length = 0;
    const char *text = json_text(json_get(object, variable->name), &length);

    return text_equal(text, variable->value) && length == strlen(variable->value);
}

/* Take the variables over into the object; did that change anything? */
static bool merge(struct json *object, const struct variables *variables)
{
    bool changed = false;

    for (size_t i = 0; i < variables->count; i++) {
        if (is_there(object, &variables->items[i]))
            continue;
        json_put_text(object, variables->items[i].name, variables->items[i].value);
        changed = true;
    }
    return changed;
}

static bool put(struct aws *aws, const char *id, const struct json *object, bool create,
                struct error *error)
{
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    bool done = json_write(object, 0, &text) && !text.full;

    if (!done)
        error_set(error, ERROR_OUTPUT, "the AWS secret %s would become larger than %zu bytes", id,
                  AWS_SECRET_MAX);
    done = done && aws_put(aws, buf_text(&text), create, error);
    buf_free(&text);
    return done;
}

static bool handle(const struct secret_config *config, const struct variables *variables,
                   bool writes, bool *changed, struct error *error)
{
    struct aws *aws = aws_open(config->id, config->connect_timeout_ms, config->timeout_ms, error);
    struct json *object = NULL;
    bool found = false;
    bool done = false;

    if (aws == NULL)
        return as_output(error);
    object = read_object(aws, config->id, &found, error);
    if (object != NULL) {
        *changed = merge(object, variables);
        done = !writes || !*changed || put(aws, config->id, object, !found, error);
    }
    json_free(object);
    aws_free(aws);
    return done || as_output(error);
}

bool secret_write(const struct secret_config *config, const struct variables *variables,
                  bool *changed, struct error *error)
{
    return handle(config, variables, true, changed, error);
}

bool secret_differs(const struct secret_config *config, const struct variables *variables,
                    bool *differs, struct error *error)
{
    return handle(config, variables, false, differs, error);
}

bool source_aws(const struct place *place, struct pairs *pairs, struct error *error)
{
    const char *id = place->rest;
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    struct aws *aws = aws_open(id, place->connect_timeout_ms, place->timeout_ms, error);
    bool found = false;
    bool done = aws != NULL && aws_get(aws, &text, &found, error);

    if (done && !found) {
        done = error_set(error, ERROR_NOT_FOUND, "there is no AWS secret %s", id);
        error_blame(error, CAUSE_TOKEN_UNKNOWN);
    } else if (done) {
        char *where = text_format("the AWS secret %s", id);

        done = format_decode(where, buf_text(&text), text.length, place->names, pairs, error);
        mem_free(where);
    }
    buf_free(&text);
    aws_free(aws);
    return done;
}
