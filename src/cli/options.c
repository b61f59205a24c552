/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define SECONDS_MAX 86400

const struct option_row option_table[OPTION_COUNT] = {
    [OPTION_MONGODB_URI] = {.name = "mongodb-uri",
                            .type = OPTION_IS_TEXT,
                            .argument = "URI",
                            .help = "Pritunl's database; better from a file or the environment"},
    [OPTION_MONGODB_URI_FILE] = {.name = "mongodb-uri-file",
                                 .type = OPTION_IS_FILE,
                                 .argument = "FILE",
                                 .help = "a file that holds the URI; - is standard input"},
    [OPTION_PRITUNL_CONF] = {.name = "pritunl-conf",
                             .type = OPTION_IS_FILE,
                             .argument = "FILE",
                             .otherwise = "/etc/pritunl.conf",
                             .help = "Pritunl's own configuration, read where no URI is given"},
    [OPTION_COLLECTION_PREFIX] = {.name = "collection-prefix",
                                  .type = OPTION_IS_TEXT,
                                  .argument = "TEXT",
                                  .help = "what stands in front of each collection's name"},
    [OPTION_ADMINISTRATOR] = {.name = "administrator",
                              .letter = 'a',
                              .type = OPTION_IS_TEXT,
                              .argument = "NAME",
                              .help = "the administrator where the command line names none"},
    [OPTION_URL] = {.name = "url",
                    .letter = 'u',
                    .type = OPTION_IS_TEXT,
                    .argument = "URL",
                    .help = "base URL of the API; else it is found in the database"},
    [OPTION_CA_CERT] = {.name = "ca-cert",
                        .type = OPTION_IS_FILE,
                        .argument = "FILE",
                        .help = "trust only the authorities in this PEM file"},
    [OPTION_PIN] = {.name = "pin",
                    .type = OPTION_IS_TEXT,
                    .argument = "sha256//BASE64",
                    .help = "trust only this public key"},
    [OPTION_INSECURE] =
        {.name = "insecure",
         .letter = 'k',
         .type = OPTION_IS_FLAG,
         .help = "trust any certificate (warned about where a file or the environment says it)"},
    [OPTION_SOURCE] = {.name = "source",
                       .letter = 's',
                       .type = OPTION_IS_LIST,
                       .argument = "SOURCE",
                       .hints = "mongodb env file: aws: command:",
                       .help =
                           "where the credential comes from: mongodb (the default), env[:NAMES], "
                           "file:PATH, aws:SECRET_ID or command:PROGRAM; repeatable, the first "
                           "that has a pair counts"},
    [OPTION_NAMES] =
        {.name = "names",
         .type = OPTION_IS_TEXT,
         .argument = "NAMES",
         .otherwise = "terraform",
         .hints = "terraform pritunl-api exporter ansible tfvar",
         .help = "variable names on export: terraform, pritunl-api, exporter, ansible, tfvar, or "
                 "url=X,token=Y,secret=Z; several joined with +"},
    [OPTION_INSECURE_CONSUMER] = {.name = "insecure-consumer",
                                  .type = OPTION_IS_FLAG,
                                  .help =
                                      "add PRITUNL_INSECURE=true for a consumer that cannot pin"},
    [OPTION_SERVER_TIME] = {.name = "server-time",
                            .type = OPTION_IS_FLAG,
                            .help = "sign with the server's clock"},
    [OPTION_TIMEOUT] = {.name = "timeout",
                        .type = OPTION_IS_NUMBER,
                        .argument = "SECONDS",
                        .min = 1,
                        .max = SECONDS_MAX,
                        .otherwise = "60",
                        .help =
                            "for each request, a query of the database and a pipe named as a file "
                            "included"},
    [OPTION_CONNECT_TIMEOUT] = {.name = "connect-timeout",
                                .type = OPTION_IS_NUMBER,
                                .argument = "SECONDS",
                                .min = 1,
                                .max = SECONDS_MAX,
                                .otherwise = "10",
                                .help = "for each connection, the database's included"},
    [OPTION_SETTLE] = {.name = "settle",
                       .type = OPTION_IS_NUMBER,
                       .argument = "SECONDS",
                       .min = 0,
                       .max = SECONDS_MAX,
                       .otherwise = "1",
                       .help = "see then whether somebody's save has overwritten the change"},
    [OPTION_JSON] = {.name = "json",
                     .type = OPTION_IS_FLAG,
                     .help = "answer, and fail, with one JSON value on stdout"},
    [OPTION_QUIET] = {.name = "quiet",
                      .letter = 'q',
                      .type = OPTION_IS_FLAG,
                      .help = "no warnings and notes"},
    [OPTION_VERBOSE] = {.name = "verbose",
                        .letter = 'v',
                        .type = OPTION_IS_FLAG,
                        .help = "say what is done"},
    [OPTION_COLOR] = {.name = "color",
                      .type = OPTION_IS_TEXT,
                      .argument = "WHEN",
                      .otherwise = "auto",
                      .choices = "auto always never",
                      .help = "colours: auto, always or never"},
    [OPTION_PROFILE] = {.name = "profile",
                        .letter = 'p',
                        .type = OPTION_IS_TEXT,
                        .argument = "NAME",
                        .help = "use this profile of the configuration file"},
    [OPTION_JOBS] = {.name = "jobs",
                     .letter = 'j',
                     .type = OPTION_IS_NUMBER,
                     .argument = "N",
                     .min = 1,
                     .max = 256,
                     .otherwise = "32",
                     .help =
                         "how much runs side by side: verifications (32); dump: connections (8)",
                     .tells_default = true},
    [OPTION_CONFIG] = {.name = "config",
                       .everywhere = true,
                       .type = OPTION_IS_FILE,
                       .argument = "FILE",
                       .help = "the user's configuration file"},
    [OPTION_REVEAL] = {.name = "reveal",
                       .type = OPTION_IS_FLAG,
                       .help = "show tokens, secrets and keys unmasked"},
    [OPTION_FIELD] =
        {.name = "field",
         .type = OPTION_IS_TEXT,
         .argument = "NAME",
         .choices =
             "administrator id auth_api usable reason disabled super_user url url_from token "
             "secret certificate license",
         .help = "print this one bare value (token, secret and license unmasked)"},
    [OPTION_FORMAT] =
        {.name = "format",
         .letter = 'f',
         .type = OPTION_IS_TEXT,
         .argument = "FORMAT",
         .otherwise = "dotenv",
         .choices = "dotenv docker sh fish json yaml tfvars tfvars-json github "
                    "kubernetes systemd aws jsonl nagios prometheus",
         .help =
             "how it is written: dotenv (the default), docker, sh, fish, json, yaml, tfvars, "
             "tfvars-json, github, kubernetes, systemd or aws; dump: json (its default) or jsonl; "
             "verify: nagios or prometheus",
         .tells_default = true},
    [OPTION_OUTPUT] =
        {.name = "output",
         .letter = 'o',
         .type = OPTION_IS_TEXT,
         .argument = "FILE",
         .otherwise = "-",
         .help =
             "the file to replace; - is stdout (the default, but for snapshot); with -f systemd "
             "the directory, with -f aws the "
             "secret's name",
         .tells_default = true},
    [OPTION_NO_VERIFY] = {.name = "no-verify",
                          .type = OPTION_IS_FLAG,
                          .help = "do not ask the API first"},
    [OPTION_CHECK] = {.name = "check",
                      .type = OPTION_IS_FLAG,
                      .help = "compare the file with the truth, write nothing"},
    [OPTION_CA_FILE] = {.name = "ca-file",
                        .type = OPTION_IS_FILE,
                        .argument = "FILE",
                        .help = "write the certificate that the database holds there too, with "
                                "the mode and owner of the credential"},
    [OPTION_REPLACE] = {.name = "replace",
                        .type = OPTION_IS_FLAG,
                        .help = "write over a file that holds other names than ours, too"},
    [OPTION_MODE] = {.name = "mode",
                     .type = OPTION_IS_TEXT,
                     .argument = "OCTAL",
                     .otherwise = "0600",
                     .help = "the file's mode"},
    [OPTION_OWNER] = {.name = "owner",
                      .type = OPTION_IS_TEXT,
                      .argument = "USER",
                      .help = "the file's owner, by name or number"},
    [OPTION_GROUP] = {.name = "group",
                      .type = OPTION_IS_TEXT,
                      .argument = "GROUP",
                      .help = "the file's group, by name or number"},
    [OPTION_NAME] = {.name = "name",
                     .type = OPTION_IS_TEXT,
                     .argument = "NAME",
                     .help = "the Kubernetes Secret's name (pritunl-api)"},
    [OPTION_NAMESPACE] = {.name = "namespace",
                          .type = OPTION_IS_TEXT,
                          .argument = "NAME",
                          .help = "the Kubernetes Secret's namespace"},
    [OPTION_ALL] = {.name = "all", .type = OPTION_IS_FLAG, .help = "every administrator"},
    [OPTION_EVERY_HOST] = {.name = "every-host",
                           .type = OPTION_IS_FLAG,
                           .help = "ask every online host of the cluster"},
    [OPTION_ALL_PROFILES] = {.name = "all-profiles",
                             .type = OPTION_IS_FLAG,
                             .help = "verify by every profile of the configuration files"},
    [OPTION_PRISTINE] = {.name = "pristine",
                         .type = OPTION_IS_FLAG,
                         .help = "beside the credential only PATH, HOME, LANG and TERM"},
    [OPTION_DATA] = {.name = "data",
                     .letter = 'd',
                     .type = OPTION_IS_TEXT,
                     .argument = "JSON|@FILE",
                     .help = "the body; @FILE reads it from a file, @- from standard input"},
    [OPTION_QUERY] = {.name = "query",
                      .type = OPTION_IS_LIST,
                      .argument = "NAME=VALUE",
                      .help = "add to the query; may be repeated"},
    [OPTION_HEADER] = {.name = "header",
                       .letter = 'H',
                       .type = OPTION_IS_LIST,
                       .argument = "NAME:VALUE",
                       .help = "add a header; may be repeated"},
    [OPTION_INCLUDE] = {.name = "include",
                        .letter = 'i',
                        .type = OPTION_IS_FLAG,
                        .help = "show the answer's status and headers first"},
    [OPTION_GET_MERGE] = {.name = "get-merge",
                          .type = OPTION_IS_FLAG,
                          .help = "with PUT: read first, send all fields back with the given ones "
                                  "replaced"},
    [OPTION_YES] = {.name = "yes",
                    .letter = 'y',
                    .type = OPTION_IS_FLAG,
                    .help = "agree to the change without being asked"},
    [OPTION_DRY_RUN] = {.name = "dry-run",
                        .letter = 'n',
                        .type = OPTION_IS_FLAG,
                        .help = "show what would change, write nothing"},
    [OPTION_NO_UNDO] = {.name = "no-undo",
                        .type = OPTION_IS_FLAG,
                        .help = "keep no record to undo the change with"},
    [OPTION_WAIT] = {.name = "wait",
                     .type = OPTION_IS_OPTIONAL_NUMBER,
                     .argument = "SECONDS",
                     .min = 1,
                     .max = SECONDS_MAX,
                     .otherwise = "120",
                     .help = "until the API accepts the credential everywhere"},
    [OPTION_ROTATE] = {.name = "rotate",
                       .type = OPTION_IS_FLAG,
                       .help = "make a new token and secret too"},
    [OPTION_ERASE] =
        {.name = "erase",
         .type = OPTION_IS_FLAG,
         .help = "replace token and secret, so that a later enable revives no leaked pair"},
    [OPTION_LIST] = {.name = "list", .type = OPTION_IS_FLAG, .help = "list what can be undone"},
    [OPTION_PURGE] = {.name = "purge",
                      .type = OPTION_IS_FLAG,
                      .help = "delete all undo records of this database"},
    [OPTION_ISSUED] = {.name = "issued",
                       .type = OPTION_IS_FLAG,
                       .help = "the temporary ones alone, with the time left"},
    [OPTION_ISSUE] = {.name = "issue",
                      .type = OPTION_IS_TEXT,
                      .argument = "LIFETIME",
                      .help = "with a temporary administrator, revoked when the command has ended"},
    [OPTION_LIFETIME] =
        {.name = "lifetime",
         .type = OPTION_IS_TEXT,
         .argument = "LIFETIME",
         .otherwise = "5m",
         .help =
             "until it expires: a number of s, m, h, d or y (5m; with rotate --overlap 30d); 0 is "
             "ten years",
         .tells_default = true},
    [OPTION_SUPER] = {.name = "super",
                      .type = OPTION_IS_FLAG,
                      .help = "a super user, who sees everybody's secrets"},
    [OPTION_EXPIRED] = {.name = "expired",
                        .type = OPTION_IS_FLAG,
                        .help = "every temporary administrator whose time is over"},
    [OPTION_ALL_ISSUED] = {.name = "all-issued",
                           .type = OPTION_IS_FLAG,
                           .help = "every temporary administrator"},
    [OPTION_REVOKE] = {.name = "revoke",
                       .type = OPTION_IS_FLAG,
                       .help = "first take the credential back: a new pair for its administrator, "
                               "who is deleted if temporary"},
    [OPTION_OVERLAP] = {.name = "overlap",
                        .type = OPTION_IS_TEXT,
                        .argument = "LABEL",
                        .help =
                            "a second pair beside the first, exported; --finish retires the first"},
    [OPTION_FINISH] = {.name = "finish",
                       .type = OPTION_IS_TEXT,
                       .argument = "LABEL",
                       .help = "the second pair becomes the administrator's own"},
    [OPTION_PASSWORD_FILE] = {.name = "password-file",
                              .type = OPTION_IS_FILE,
                              .argument = "FILE",
                              .help = "the new password is this file's first line; - is stdin"},
    [OPTION_CLEAR_OTP] = {.name = "clear-otp",
                          .type = OPTION_IS_FLAG,
                          .help = "no one-time code is asked for any more"},
    [OPTION_CLEAR_YUBIKEY] = {.name = "clear-yubikey",
                              .type = OPTION_IS_FLAG,
                              .help = "no YubiKey is asked for any more"},
    [OPTION_ENABLE_ACCOUNT] = {.name = "enable-account",
                               .type = OPTION_IS_FLAG,
                               .help = "the administrator is no longer disabled"},
    [OPTION_CURL] = {.name = "curl",
                     .type = OPTION_IS_FLAG,
                     .help = "print a configuration for curl -K -"},
    [OPTION_FILE] = {.name = "file",
                     .type = OPTION_IS_FILE,
                     .argument = "FILE",
                     .help = "where the networks are read from; - is standard input (the default)"},
    [OPTION_NAT] = {.name = "nat",
                    .type = OPTION_IS_FLAG,
                    .help = "the server translates addresses for these routes"},
    [OPTION_COMMENT] = {.name = "comment",
                        .type = OPTION_IS_TEXT,
                        .argument = "TEXT",
                        .help = "a comment for each new route"},
    [OPTION_AWS_REGION] = {.name = "aws-region",
                           .type = OPTION_IS_LIST,
                           .argument = "REGION",
                           .help = "the networks that AWS publishes for this region; may be "
                                   "repeated"},
    [OPTION_WITH] = {.name = "with",
                     .type = OPTION_IS_TEXT,
                     .argument = "PART,...",
                     .hints = "hosts links settings administrators",
                     .help = "more than users, servers and routes: hosts, settings, "
                             "administrators, links (by the API alone)"},
    [OPTION_FROM] = {.name = "from",
                     .type = OPTION_IS_TEXT,
                     .argument = "WHERE",
                     .otherwise = "api",
                     .choices = "api database",
                     .help = "where it is read: api or database"},
    [OPTION_HELP] = {.name = "help",
                     .everywhere = true,
                     .letter = 'h',
                     .type = OPTION_IS_FLAG,
                     .help = "show help"},
    [OPTION_VERSION] = {.name = "version",
                        .everywhere = true,
                        .letter = 'V',
                        .type = OPTION_IS_FLAG,
                        .help = "show the version"},
};

static void respell(enum option_id option, const char *prefix, int (*letter)(int),
                    char text[OPTION_NAME_SIZE])
{
    size_t length = strlen(prefix);
    const char *name = option_table[option].name;

    memcpy(text, prefix, length);
    for (; *name != '\0' && length < OPTION_NAME_SIZE - 1; name++)
        text[length++] = *name == '-' ? '_' : (char)letter((unsigned char)*name);
    text[length] = '\0';
}

void option_environment(enum option_id option, char text[OPTION_NAME_SIZE])
{
    respell(option, OPTION_ENVIRONMENT_PREFIX, toupper, text);
}

void option_key(enum option_id option, char text[OPTION_NAME_SIZE])
{
    respell(option, "", tolower, text);
}

enum option_id option_find(const char *name, size_t length)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_table[i].name) == length &&
            memcmp(option_table[i].name, name, length) == 0)
            return (enum option_id)i;
    return OPTION_COUNT;
}

enum option_id option_find_key(const char *key)
{
    char text[OPTION_NAME_SIZE];

    for (int i = 0; i < SETTING_COUNT; i++) {
        option_key((enum option_id)i, text);
        if (text_equal(text, key))
            return (enum option_id)i;
    }
    return OPTION_COUNT;
}

enum option_id option_nearest(const char *name)
{
    const char *names[OPTION_COUNT];
    char *dashed = mem_text(name);
    const char *nearest = NULL;
    enum option_id found = OPTION_COUNT;

    for (char *p = dashed; *p != '\0'; p++)
        if (*p == '_')
            *p = '-';
    for (int i = 0; i < OPTION_COUNT; i++)
        names[i] = option_table[i].name;
    nearest = text_nearest(dashed, names, OPTION_COUNT);
    if (nearest != NULL)
        found = option_find(nearest, strlen(nearest));
    mem_free(dashed);
    return found;
}

bool option_is_common(enum option_id option)
{
    return option < SETTING_COUNT || (option < OPTION_COUNT && option_table[option].everywhere);
}
