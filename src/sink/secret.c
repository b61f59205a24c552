/* SPDX-License-Identifier: MIT */
#include "sink/secret.h"

#include <string.h>

#include "base/text.h"
#include "io/aws.h"
#include "io/json.h"

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
