/* SPDX-License-Identifier: MIT */
#include "place/aws_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define REGION_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* Set and not empty, or NULL. */
static const char *variable(const char *name)
{
    const char *text = getenv(name);

    return text != NULL && *text != '\0' ? text : NULL;
}

static char *trimmed(const char *start, size_t length)
{
    while (length > 0 && strchr(" \t\r", *start) != NULL) {
        start++;
        length--;
    }
    while (length > 0 && strchr(" \t\r", start[length - 1]) != NULL)
        length--;
    return mem_copy(start, length);
}

/*
 * Is this line the heading of the profile? The configuration file writes [profile NAME], except for
 * [default].
 */
static bool is_heading(const char *line, size_t length, const char *profile)
{
    const char *end = memchr(line, ']', length);
    char *name = end != NULL ? trimmed(line + 1, (size_t)(end - line - 1)) : mem_text("");
    const char *bare = text_starts(name, "profile ") ? name + 8 : name;
    bool found = text_equal(bare + strspn(bare, " \t"), profile);

    mem_free(name);
    return found;
}

/*
 * The value of key in the profile's section, a new string; NULL where there is none, or nothing
 * behind the sign.
 */
static char *look_up(const char *text, const char *profile, const char *key)
{
    bool inside = false;
    char *found = NULL;

    while (*text != '\0' && found == NULL) {
        size_t length = strcspn(text, "\n");
        const char *sign = memchr(text, '=', length);

        if (*text == '[') {
            inside = is_heading(text, length, profile);
        } else if (inside && sign != NULL && strchr("#; \t", *text) == NULL) {
            char *name = trimmed(text, (size_t)(sign - text));

            if (text_equal(name, key))
                found = trimmed(sign + 1, length - (size_t)(sign + 1 - text));
            mem_free(name);
        }
        text += length;
        text += *text == '\n';
    }
    if (found != NULL && *found == '\0') {
        mem_free(found);
        found = NULL;
    }
    return found;
}

/*
 * The file that a variable names, or else the one in the home directory, if it is there; "" where
 * it is not.
 */
static bool read_file(const char *name, const char *otherwise, bool secret, struct buf *content,
                      struct error *error)
{
    const char *named = variable(name);
    char *path = file_expand(named != NULL ? named : otherwise);
    bool exposed = false;
    bool done = !file_exists(path) || file_read(path, content, &exposed, error);

    if (exposed && secret)
        term_warn("%s holds a credential and can be read by others: chmod go-r %s", path, path);
    mem_free(path);
    return done;
}

static const char *profile_name(void)
{
    const char *name = variable("AWS_PROFILE");

    if (name == NULL)
        name = variable("AWS_DEFAULT_PROFILE");
    return name != NULL ? name : "default";
}

static bool read_credentials(struct aws_settings *settings, struct error *error)
{
    struct buf content = BUF_EMPTY(FILE_MAX);
    const char *profile = profile_name();

    if (variable("AWS_ACCESS_KEY_ID") != NULL && variable("AWS_SECRET_ACCESS_KEY") != NULL) {
        settings->key = mem_text(variable("AWS_ACCESS_KEY_ID"));
        settings->secret = mem_text(variable("AWS_SECRET_ACCESS_KEY"));
        settings->token = mem_text(variable("AWS_SESSION_TOKEN"));
        return true;
    }
    if (!read_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", true, &content, error))
        return false;
    settings->key = look_up(buf_text(&content), profile, "aws_access_key_id");
    settings->secret = look_up(buf_text(&content), profile, "aws_secret_access_key");
    settings->token = look_up(buf_text(&content), profile, "aws_session_token");
    buf_free(&content);
    if (settings->key != NULL && settings->secret != NULL)
        return true;
    error_set(error, ERROR_USAGE,
              "there are no AWS credentials, neither in the environment nor in the shared file "
              "(profile %s)",
              profile);
    return error_try(error, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
}

/* arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME */
static char *region_of(const char *id)
{
    const char *at = id;

    if (!text_starts(id, "arn:"))
        return NULL;
    for (int colons = 0; colons < 3 && at != NULL; colons++)
        at = strchr(at, ':') != NULL ? strchr(at, ':') + 1 : NULL;
    return at != NULL ? mem_copy(at, strcspn(at, ":")) : NULL;
}

static bool read_region(const char *id, struct aws_settings *settings, struct error *error)
{
    struct buf content = BUF_EMPTY(FILE_MAX);

    settings->region = mem_text(variable("AWS_REGION"));
    if (settings->region == NULL)
        settings->region = mem_text(variable("AWS_DEFAULT_REGION"));
    if (settings->region == NULL) {
        if (!read_file("AWS_CONFIG_FILE", "~/.aws/config", false, &content, error))
            return false;
        settings->region = look_up(buf_text(&content), profile_name(), "region");
        buf_free(&content);
    }
    if (settings->region == NULL)
        settings->region = region_of(id);
    if (settings->region == NULL || *settings->region == '\0') {
        error_set(error, ERROR_USAGE, "no AWS region is known");
        return error_try(error, "set AWS_REGION");
    }
    /* It becomes part of a host name. */
    return settings->region[strspn(settings->region, REGION_LETTERS)] == '\0' ||
           error_set(error, ERROR_USAGE, "the AWS region has a form that none has");
}

bool aws_settings_read(const char *id, struct aws_settings *settings, struct error *error)
{
    const char *endpoint = variable("AWS_ENDPOINT_URL_SECRETS_MANAGER");

    *settings = (struct aws_settings){0};
    if (!read_credentials(settings, error) || !read_region(id, settings, error))
        return false;
    if (endpoint == NULL)
        endpoint = variable("AWS_ENDPOINT_URL");
    settings->endpoint =
        endpoint != NULL
            ? mem_text(endpoint)
            : text_format("https://secretsmanager.%s.amazonaws.com%s", settings->region,
                          text_starts(settings->region, "cn-") ? ".cn" : "");
    return true;
}

void aws_settings_clear(struct aws_settings *settings)
{
    mem_free(settings->key);
    mem_free(settings->secret);
    mem_free(settings->token);
    mem_free(settings->region);
    mem_free(settings->endpoint);
    *settings = (struct aws_settings){0};
}
