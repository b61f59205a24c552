/* SPDX-License-Identifier: MIT */
#include "place/aws_settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/tls_file.h"
#include "place/aws_files.h"

#define REGION_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
#define DEPTH_MAX 5 /* of roles that are taken by roles */

/* What one look along the chain needs. */
struct chain {
    struct aws_files files;
    struct aws_limits limits;
    char *profile;
    const char *region;
    char *sts; /* the Security Token Service's address */
};

enum found { FOUND_KEYS, FOUND_NOTHING, FOUND_FAULT };

static enum found found_if(bool done)
{
    return done ? FOUND_KEYS : FOUND_FAULT;
}

/* Set and not empty, a new string without the line breaks at its end; or NULL. */
static char *aws_variable(const char *name)
{
    const char *text = getenv(name);
    char *line = text != NULL && *text != '\0' ? text_line(text) : NULL;

    if (line != NULL && *line == '\0') {
        mem_free(line);
        line = NULL;
    }
    return line;
}

/* The first of two variables that is set. */
static char *either_variable(const char *first, const char *second)
{
    char *value = aws_variable(first);

    return value != NULL ? value : aws_variable(second);
}

static char *profile_value(const struct chain *chain, const char *key)
{
    return aws_files_get(&chain->files, chain->profile, key);
}

static void name_stray(const char *name, const char *value)
{
    if (value != NULL && text_is_quoted(value))
        term_warn("%s stands in quotation marks, which are taken for a part of it", name);
}

static bool has_keys(struct aws_keys *keys)
{
    if (keys->key != NULL && keys->secret != NULL) {
        name_stray("the AWS access key", keys->key);
        name_stray("the AWS secret key", keys->secret);
        return true;
    }
    aws_keys_clear(keys);
    return false;
}

static enum found from_environment(struct aws_keys *keys)
{
    keys->key = aws_variable("AWS_ACCESS_KEY_ID");
    keys->secret = aws_variable("AWS_SECRET_ACCESS_KEY");
    keys->token = either_variable("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN");
    return has_keys(keys) ? FOUND_KEYS : FOUND_NOTHING;
}

static enum found from_files(const struct chain *chain, const char *profile, struct aws_keys *keys)
{
    keys->key = aws_files_get(&chain->files, profile, "aws_access_key_id");
    keys->secret = aws_files_get(&chain->files, profile, "aws_secret_access_key");
    keys->token = aws_files_get(&chain->files, profile, "aws_session_token");
    return has_keys(keys) ? FOUND_KEYS : FOUND_NOTHING;
}

/* What we do not do, and how its keys come to us all the same. */
static enum found name_undone(const char *profile, const char *what, struct error *error)
{
    char *quoted = text_shell(profile);

    error_set(error, ERROR_USAGE,
              "the AWS profile %s gets its keys by %s, which this program does not do", profile,
              what);
    error_try(error, "eval \"$(aws configure export-credentials --profile %s --format env)\"",
              quoted);
    mem_free(quoted);
    return FOUND_FAULT;
}

static bool is_set(const struct chain *chain, const char *profile, const char *key)
{
    char *value = aws_files_get(&chain->files, profile, key);
    bool set = value != NULL;

    mem_free(value);
    return set;
}

static enum found find_undone(const struct chain *chain, const char *profile, struct error *error)
{
    static const char *const rows[][2] = {{"sso_session", "SSO"},
                                          {"sso_start_url", "SSO"},
                                          {"credential_process", "credential_process"},
                                          {"login_session", "aws login"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_set(chain, profile, rows[i][0]))
            return name_undone(profile, rows[i][1], error);
    return FOUND_NOTHING;
}

static enum found from_credential_source(const struct chain *chain, const char *profile,
                                         const char *source, struct aws_keys *keys,
                                         struct error *error)
{
    if (strcasecmp(source, "Environment") == 0 && from_environment(keys) == FOUND_KEYS)
        return FOUND_KEYS;
    if (strcasecmp(source, "EcsContainer") == 0)
        return found_if(aws_container(&chain->limits, keys, error));
    if (strcasecmp(source, "Ec2InstanceMetadata") == 0)
        return found_if(aws_metadata(&chain->limits, keys, error));
    error_set(error, ERROR_USAGE, "the AWS profile %s: credential_source %s gives no keys", profile,
              source);
    return FOUND_FAULT;
}

static enum found from_profile(const struct chain *chain, const char *profile, int depth,
                               struct aws_keys *keys, struct error *error);

/* The keys that a role of the profile is taken with. */
static enum found find_taker(const struct chain *chain, const char *profile, int depth,
                             struct aws_keys *keys, struct error *error)
{
    char *source = aws_files_get(&chain->files, profile, "source_profile");
    char *place = aws_files_get(&chain->files, profile, "credential_source");
    enum found found = FOUND_FAULT;

    if (source != NULL)
        found = text_equal(source, profile) ? from_files(chain, profile, keys)
                                            : from_profile(chain, source, depth + 1, keys, error);
    else if (place != NULL)
        found = from_credential_source(chain, profile, place, keys, error);
    else
        error_set(error, ERROR_USAGE,
                  "the AWS profile %s has a role_arn, and neither source_profile nor "
                  "credential_source to take it with",
                  profile);
    if (found == FOUND_NOTHING)
        error_set(error, ERROR_USAGE, "the AWS profile %s: its source_profile %s has no keys",
                  profile, source);
    mem_free(place);
    mem_free(source);
    return found == FOUND_KEYS ? FOUND_KEYS : FOUND_FAULT;
}

static enum found from_role(const struct chain *chain, const char *profile, int depth,
                            struct aws_keys *keys, struct error *error)
{
    char *arn = aws_files_get(&chain->files, profile, "role_arn");
    char *session = aws_files_get(&chain->files, profile, "role_session_name");
    char *external_id = aws_files_get(&chain->files, profile, "external_id");
    char *duration = aws_files_get(&chain->files, profile, "duration_seconds");
    const struct aws_role role = {.arn = arn,
                                  .session = session,
                                  .external_id = external_id,
                                  .duration = duration,
                                  .region = chain->region,
                                  .endpoint = chain->sts};
    struct aws_keys by = {0};
    enum found found = FOUND_FAULT;

    if (is_set(chain, profile, "mfa_serial"))
        found = name_undone(profile, "a role that wants a code typed (mfa_serial)", error);
    else if (chain->region == NULL)
        error_set(error, ERROR_USAGE,
                  "the AWS profile %s has a role_arn, and no AWS region is known", profile);
    else if (find_taker(chain, profile, depth, &by, error) == FOUND_KEYS)
        found = found_if(aws_assume(&chain->limits, &role, &by, keys, error));
    aws_keys_clear(&by);
    mem_free(duration);
    mem_free(external_id);
    mem_free(session);
    mem_free(arn);
    return found;
}

/* By a token: what the environment says counts before the profile. */
static enum found from_token(const struct chain *chain, const char *profile, struct aws_keys *keys,
                             struct error *error)
{
    char *file = aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    char *arn = aws_variable("AWS_ROLE_ARN");
    char *session = aws_variable("AWS_ROLE_SESSION_NAME");
    struct aws_role role = {.region = chain->region, .endpoint = chain->sts};
    enum found found = FOUND_NOTHING;

    if (file == NULL)
        file = aws_files_get(&chain->files, profile, "web_identity_token_file");
    if (arn == NULL)
        arn = aws_files_get(&chain->files, profile, "role_arn");
    if (session == NULL)
        session = aws_files_get(&chain->files, profile, "role_session_name");
    role.token_file = file;
    role.arn = arn;
    role.session = session;
    if (file != NULL && arn == NULL) {
        error_set(error, ERROR_USAGE, "AWS_WEB_IDENTITY_TOKEN_FILE is set, and no AWS_ROLE_ARN");
        found = FOUND_FAULT;
    } else if (file != NULL && chain->region == NULL) {
        error_set(error, ERROR_USAGE,
                  "AWS_WEB_IDENTITY_TOKEN_FILE is set, and no AWS region is known");
        error_try(error, "set AWS_REGION");
        found = FOUND_FAULT;
    } else if (file != NULL) {
        found = found_if(aws_assume_by_token(&chain->limits, &role, keys, error));
    }
    mem_free(session);
    mem_free(arn);
    mem_free(file);
    return found;
}

static enum found from_profile(const struct chain *chain, const char *profile, int depth,
                               struct aws_keys *keys, struct error *error)
{
    enum found found = FOUND_NOTHING;
    char *source = NULL;

    if (depth > DEPTH_MAX) {
        error_set(error, ERROR_USAGE, "the AWS profile %s is a source_profile of itself", profile);
        return FOUND_FAULT;
    }
    if (is_set(chain, profile, "role_arn") && !is_set(chain, profile, "web_identity_token_file"))
        return from_role(chain, profile, depth, keys, error);
    if (is_set(chain, profile, "web_identity_token_file"))
        return from_token(chain, profile, keys, error);
    found = from_files(chain, profile, keys);
    source = aws_files_get(&chain->files, profile, "source_profile");
    if (found == FOUND_NOTHING && source != NULL && !text_equal(source, profile))
        found = from_profile(chain, source, depth + 1, keys, error);
    mem_free(source);
    return found == FOUND_NOTHING ? find_undone(chain, profile, error) : found;
}

static enum found from_machine(const struct chain *chain, struct aws_keys *keys,
                               struct error *error)
{
    struct error why;

    if (aws_container_is_named())
        return found_if(aws_container(&chain->limits, keys, error));
    if (aws_metadata(&chain->limits, keys, &why))
        return FOUND_KEYS;
    has_keys(keys);
    error_set(error, ERROR_USAGE,
              "there are no AWS credentials, neither in the environment nor in the shared files "
              "(profile %s), nor of this machine (%s)",
              chain->profile, why.text);
    error_try(error, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
    return FOUND_FAULT;
}

static bool read_credentials(const struct chain *chain, struct aws_keys *keys, struct error *error)
{
    char *named = either_variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE");
    char *token = aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    bool has_role = is_set(chain, chain->profile, "role_arn");
    enum found found = from_environment(keys);

    if (found == FOUND_NOTHING && named != NULL && !aws_files_has(&chain->files, named)) {
        error_set(error, ERROR_USAGE, "there is no AWS profile %s in the shared files", named);
        error_try(error, "aws configure list-profiles");
        found = FOUND_FAULT;
    }
    if (found == FOUND_NOTHING && token != NULL && !has_role)
        found = from_token(chain, chain->profile, keys, error);
    if (found == FOUND_NOTHING)
        found = from_profile(chain, chain->profile, 0, keys, error);
    if (found == FOUND_NOTHING)
        found = from_machine(chain, keys, error);
    mem_free(token);
    mem_free(named);
    return found == FOUND_KEYS;
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

/* NULL where it is not known; false where it is none. */
static bool read_region(const struct chain *chain, const char *id, char **region,
                        struct error *error)
{
    *region = either_variable("AWS_REGION", "AWS_DEFAULT_REGION");
    if (*region == NULL)
        *region = profile_value(chain, "region");
    if (*region == NULL)
        *region = region_of(id);
    if (*region != NULL && **region == '\0') {
        mem_free(*region);
        *region = NULL;
    }
    /* It becomes part of a host name. */
    return *region == NULL || (*region)[strspn(*region, REGION_LETTERS)] == '\0' ||
           error_set(error, ERROR_USAGE, "the AWS region has a form that none has");
}

/* Where a service of the region is: its own variable, the common one, the profile, Amazon's. */
static char *endpoint_of(const struct chain *chain, const char *variable, const char *host)
{
    char *endpoint = either_variable(variable, "AWS_ENDPOINT_URL");
    const char *region = chain->region != NULL ? chain->region : "us-east-1";

    if (endpoint == NULL)
        endpoint = profile_value(chain, "endpoint_url");
    if (endpoint == NULL)
        endpoint = text_format("https://%s.%s.amazonaws.com%s", host, region,
                               text_starts(region, "cn-") ? ".cn" : "");
    return endpoint;
}

static bool read_chain(struct chain *chain, const char *id, struct aws_settings *settings,
                       struct error *error)
{
    if (!aws_files_read(&chain->files, error) || !read_region(chain, id, &settings->region, error))
        return false;
    chain->region = settings->region;
    settings->ca_bundle = aws_variable("AWS_CA_BUNDLE");
    if (settings->ca_bundle == NULL)
        settings->ca_bundle = profile_value(chain, "ca_bundle");
    if (settings->ca_bundle != NULL &&
        !tls_file_authorities("AWS_CA_BUNDLE", settings->ca_bundle, error))
        return false;
    chain->limits.ca_bundle = settings->ca_bundle;
    chain->sts = endpoint_of(chain, "AWS_ENDPOINT_URL_STS", "sts");
    settings->endpoint = endpoint_of(chain, "AWS_ENDPOINT_URL_SECRETS_MANAGER", "secretsmanager");
    if (!read_credentials(chain, &settings->keys, error))
        return false;
    if (settings->region != NULL)
        return true;
    error_set(error, ERROR_USAGE, "no AWS region is known");
    return error_try(error, "set AWS_REGION");
}

bool aws_settings_read(const char *id, int64_t connect_timeout_ms, int64_t timeout_ms,
                       struct aws_settings *settings, struct error *error)
{
    struct chain chain = {.limits = {connect_timeout_ms, timeout_ms, NULL},
                          .profile = either_variable("AWS_PROFILE", "AWS_DEFAULT_PROFILE")};
    bool done = false;

    *settings = (struct aws_settings){0};
    if (chain.profile == NULL)
        chain.profile = mem_text("default");
    done = read_chain(&chain, id, settings, error);
    mem_free(chain.sts);
    mem_free(chain.profile);
    aws_files_clear(&chain.files);
    return done;
}

void aws_settings_clear(struct aws_settings *settings)
{
    aws_keys_clear(&settings->keys);
    mem_free(settings->region);
    mem_free(settings->endpoint);
    mem_free(settings->ca_bundle);
    *settings = (struct aws_settings){0};
}
