/* SPDX-License-Identifier: MIT */
#include "place/aws.h"
#include "io/tls.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "format/format.h"
#include "io/crypto.h"
#include "io/http.h"
#include "io/json.h"
#include "place/aws_roles.h"
#include "place/aws_settings.h"
#include "place/source.h"
#include "pritunl/cause.h"

#define ANSWER_MAX ((size_t)512 * 1024)
#define REQUEST_TOKEN_LENGTH 32
#define SERVICE "secretsmanager"
#define NOT_FOUND "ResourceNotFoundException"

struct aws {
    struct aws_settings settings;
    struct http_url url;
    struct tls_judge *judge;
    struct http *http;
    char *id;
};

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
    if (!aws_settings_read(id, connect_timeout_ms, timeout_ms, &aws->settings, error) ||
        !http_url_parse(aws->settings.endpoint, &aws->url, error))
        goto fail;
    aws->judge = aws_trust("AWS Secrets Manager", &aws->url, aws->settings.ca_bundle);
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
                              aws->settings.keys.token != NULL ? aws->settings.keys.token : "");
    char *scope = text_format("aws:amz:%s:" SERVICE, aws->settings.region);
    const char *headers[] = {"Content-Type: application/x-amz-json-1.1", target, token};
    const struct http_sigv4 sigv4 = {scope, aws->settings.keys.key, aws->settings.keys.secret};
    struct http_request request = {.method = "POST",
                                   .path = "/",
                                   .headers = headers,
                                   .header_count = aws->settings.keys.token != NULL ? 3 : 2,
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

/*
 * One call. An error of the type exception is an answer and no failure: *excepted is true, and
 * *result what AWS says of it.
 */
static bool call(struct aws *aws, const char *action, struct json *body, const char *exception,
                 bool *excepted, struct json **result, struct error *error)
{
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    struct error ignored;
    char *type = NULL;
    bool done = false;

    *result = NULL;
    *excepted = false;
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
    *excepted = text_equal(type, exception);
    done = *excepted || refused(aws, action, &answer, type, error);
out:
    if (!done) {
        json_free(*result);
        *result = NULL;
    }
    mem_free(type);
    http_answer_free(&answer);
    return done;
}

/*
 * "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT", where
 * others are told that it "can't find the specified secret". AWS documents the type of both, and
 * neither text: who relies on it must be right without it, too.
 */
static bool says_no_value(const struct json *answer)
{
    const char *message = json_text(json_get(answer, "message"), NULL);

    if (message == NULL)
        message = json_text(json_get(answer, "Message"), NULL);
    return message != NULL && strstr(message, "specified secret value") != NULL;
}

bool aws_get(struct aws *aws, struct buf *text, enum aws_state *state, struct error *error)
{
    struct json *body = json_make_object();
    struct json *result = NULL;
    bool missing = false;
    bool done = false;
    size_t length = 0;
    const char *secret = NULL;

    json_put_text(body, "SecretId", aws->id);
    if (!call(aws, "GetSecretValue", body, NOT_FOUND, &missing, &result, error))
        return false;
    *state = !missing ? AWS_FOUND : says_no_value(result) ? AWS_NO_VALUE : AWS_MISSING;
    secret = json_text(json_get(result, "SecretString"), &length);
    done = missing || (secret != NULL && buf_add(text, secret, length));
    if (!done)
        error_set(error, ERROR_UNUSABLE, "the AWS secret %s does not hold text", aws->id);
    json_free(result);
    return done;
}

/* CreateSecret or PutSecretValue; key is what the one or the other calls the ID. */
static bool send_text(struct aws *aws, const char *action, const char *key, const char *text,
                      const char *exception, bool *excepted, struct error *error)
{
    struct json *body = json_make_object();
    struct json *result = NULL;
    char token[REQUEST_TOKEN_LENGTH + 1] = "";
    bool done = false;

    crypto_random_text(token, REQUEST_TOKEN_LENGTH);
    json_put_text(body, key, aws->id);
    json_put_text(body, "SecretString", text);
    json_put_text(body, "ClientRequestToken", token);
    done = call(aws, action, body, exception, excepted, &result, error);
    json_free(result);
    return done;
}

bool aws_put(struct aws *aws, const char *text, enum aws_state state, struct error *error)
{
    bool arn = strncmp(aws->id, "arn:", strlen("arn:")) == 0;
    bool create = state == AWS_MISSING && !arn;
    bool exists = true;
    bool missing = false;

    if (create &&
        !send_text(aws, "CreateSecret", "Name", text, "ResourceExistsException", &exists, error))
        return false;
    if (!exists)
        return true;
    if (!send_text(aws, "PutSecretValue", "SecretId", text, NOT_FOUND, &missing, error))
        return false;
    if (!missing)
        return true;
    error_set(error, ERROR_DATABASE, "there is no AWS secret %s", aws->id);
    error_blame(error, CAUSE_SOURCE_REFUSED);
    return arn ? error_try(error, "-o with a name instead of the ARN: that secret is made") : false;
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
 * What is there: an object, empty where there is no such secret or no value. NULL where it is
 * something else.
 */
static struct json *read_object(struct aws *aws, const char *id, enum aws_state *state,
                                struct error *error)
{
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    struct json *object = NULL;
    struct error ignored;

    if (!aws_get(aws, &text, state, error))
        return NULL;
    object = *state == AWS_FOUND ? json_parse(buf_text(&text), text.length, "", &ignored)
                                 : json_make_object();
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

static bool put(struct aws *aws, const char *id, const struct json *object, enum aws_state state,
                struct error *error)
{
    struct buf text = BUF_EMPTY(AWS_SECRET_MAX);
    bool done = json_write(object, 0, &text) && !text.full;

    if (!done)
        error_set(error, ERROR_OUTPUT, "the AWS secret %s would become larger than %zu bytes", id,
                  AWS_SECRET_MAX);
    done = done && aws_put(aws, buf_text(&text), state, error);
    buf_free(&text);
    return done;
}

static bool handle(const struct secret_config *config, const struct variables *variables,
                   bool writes, bool *changed, struct error *error)
{
    struct aws *aws = aws_open(config->id, config->connect_timeout_ms, config->timeout_ms, error);
    struct json *object = NULL;
    enum aws_state state = AWS_FOUND;
    bool done = false;

    if (aws == NULL)
        return as_output(error);
    object = read_object(aws, config->id, &state, error);
    if (object != NULL) {
        *changed = merge(object, variables);
        done = !writes || !*changed || put(aws, config->id, object, state, error);
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
    enum aws_state state = AWS_FOUND;
    bool done = aws != NULL && aws_get(aws, &text, &state, error);

    if (done && state != AWS_FOUND) {
        done =
            error_set(error, ERROR_NOT_FOUND,
                      state == AWS_NO_VALUE ? "the AWS secret %s has no value yet"
                                            : "there is no AWS secret %s, or it has no value yet",
                      id);
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
