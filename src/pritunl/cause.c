/* SPDX-License-Identifier: MIT */
#include "pritunl/cause.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

struct cause_row {
    const char *name;
    enum stage stage;
    enum error_kind kind;
    const char *text;
    const char *remedy;
};

static const struct cause_row cause_rows[CAUSE_COUNT] = {
    [CAUSE_DATABASE_UNREACHABLE] =
        {"database-unreachable", STAGE_DATABASE, ERROR_DATABASE, "the database does not answer",
         "see whether mongod runs (systemctl status mongod) and which URI is in force "
         "(pritunl-access config)"},
    [CAUSE_DATABASE_AUTH] =
        {"database-auth", STAGE_DATABASE, ERROR_DATABASE, "the database refuses the login",
         "pritunl-access config, then check user, password and authSource in the URI"},
    [CAUSE_DATABASE_PERMISSION] = {"database-permission", STAGE_DATABASE, ERROR_DATABASE,
                                   "the database user may not read what is needed",
                                   "grant the user find on the collection that the message names"},
    [CAUSE_DATABASE_EMPTY] =
        {"database-empty", STAGE_DATABASE, ERROR_DATABASE,
         "the database answers but holds no administrators (wrong name or prefix?)",
         "pritunl-access config"},
    [CAUSE_SOURCE_UNREACHABLE] = {"source-unreachable", STAGE_SOURCE, ERROR_DATABASE,
                                  "the place of the credential does not answer", NULL},
    [CAUSE_SOURCE_REFUSED] = {"source-refused", STAGE_SOURCE, ERROR_DATABASE,
                              "the place of the credential refuses us", NULL},
    [CAUSE_DNS] = {"dns", STAGE_CONNECTION, ERROR_API, "the API's host name has no address",
                   "pritunl-access verify --url https://HOST[:PORT]"},
    [CAUSE_UNREACHABLE] =
        {"unreachable", STAGE_CONNECTION, ERROR_API, "nobody answers at the API's address",
         "check the address (pritunl-access show --field url), then on that host: sudo systemctl "
         "status pritunl"},
    [CAUSE_TIMEOUT] =
        {"timeout", STAGE_CONNECTION, ERROR_API, "the API did not answer in time",
         "check the firewall between this host and the API, or pritunl-access verify --url "
         "https://HOST"},
    [CAUSE_TLS_UNTRUSTED] =
        {"tls-untrusted", STAGE_CERTIFICATE, ERROR_API,
         "the certificate is neither vouched for by an authority nor the one in the database",
         "pritunl-access verify --ca-cert FILE, or --pin sha256//BASE64 of the key you know to be "
         "right"},
    [CAUSE_TLS_NAME] = {"tls-name", STAGE_CERTIFICATE, ERROR_API,
                        "the certificate is for another name",
                        "pritunl-access verify --url https://NAME-IN-THE-CERTIFICATE"},
    [CAUSE_TLS_EXPIRED] =
        {"tls-expired", STAGE_CERTIFICATE, ERROR_API, "the certificate is out of date",
         "renew the certificate of the server or proxy, and check this host's clock: timedatectl"},
    [CAUSE_REDIRECTED] = {"redirected", STAGE_ANSWER, ERROR_API,
                          "the URL answers with a redirect, which is never followed",
                          "let what redirects pass the API's requests on, or use --url with "
                          "Pritunl's own address"},
    [CAUSE_PROXY_ANSWER] =
        {"proxy-answer", STAGE_ANSWER, ERROR_API,
         "something in between answered in Pritunl's place",
         "check the proxy or captive portal in front, or use --url with Pritunl's own address"},
    [CAUSE_NOT_PRITUNL] = {"not-pritunl", STAGE_ANSWER, ERROR_API,
                           "what answers at this URL says nothing that Pritunl would say",
                           "pritunl-access verify --url https://HOST[:PORT]"},
    [CAUSE_WEB_NOT_READY] = {"web-not-ready", STAGE_FRONT, ERROR_API,
                             "the web front runs, the server behind it does not (yet)",
                             "sudo systemctl restart pritunl, then journalctl -u pritunl"},
    [CAUSE_API_DISABLED] = {"api-disabled", STAGE_FRONT, ERROR_UNUSABLE,
                            "API access is off for this administrator",
                            "pritunl-access enable%s --wait"},
    [CAUSE_FLAG_NOT_BOOLEAN] =
        {"flag-not-boolean", STAGE_FRONT, ERROR_REFUSED,
         "auth_api is not the boolean true, so the web front refuses every request",
         "pritunl-access enable%s --wait"},
    [CAUSE_WEB_STRICT] = {"web-strict", STAGE_FRONT, ERROR_REFUSED,
                          "API access is on, but the web front has not noticed it yet",
                          "pritunl-access enable --wait%s, or sudo systemctl restart pritunl"},
    [CAUSE_TOKEN_UNKNOWN] =
        {"token-unknown", STAGE_TOKEN, ERROR_REFUSED, "the server does not know the token",
         "pritunl-access config, to see whether this database is the one behind the URL"},
    [CAUSE_TOKEN_DUPLICATE] =
        {"token-duplicate", STAGE_TOKEN, ERROR_REFUSED,
         "an earlier administrator carries the same token and is asked instead",
         "pritunl-access rotate%s"},
    [CAUSE_CLOCK_SKEW] = {"clock-skew", STAGE_CLOCK, ERROR_REFUSED,
                          "this host's clock and the server's differ by too much",
                          "pritunl-access verify --server-time%s"},
    [CAUSE_SECRET_MISSING] = {"secret-missing", STAGE_SECRET, ERROR_UNUSABLE,
                              "there is no secret that could sign", "pritunl-access rotate%s"},
    [CAUSE_SECRET_SHORT] = {"secret-short", STAGE_SECRET, ERROR_UNUSABLE,
                            "the secret is under 8 characters, which the server refuses",
                            "pritunl-access rotate%s"},
    [CAUSE_SECRET_MISMATCH] =
        {"secret-mismatch", STAGE_SECRET, ERROR_REFUSED,
         "the server knows the token and has another secret for it",
         "pritunl-access config, then check that this database is the one behind the URL"},
    [CAUSE_NONCE_REPLAYED] =
        {"nonce-replayed", STAGE_REQUEST, ERROR_REFUSED,
         "something in between sent the request twice",
         "switch off retries of the proxy in front, or use --url with Pritunl's own address"},
    [CAUSE_ADMINISTRATOR_DISABLED] = {"administrator-disabled", STAGE_REQUEST, ERROR_UNUSABLE,
                                      "the administrator is disabled",
                                      "pritunl-access recover --enable-account%s"},
    [CAUSE_SUPER_USER_REQUIRED] =
        {"super-user-required", STAGE_REQUEST, ERROR_REFUSED, "this path needs a super user",
         "pritunl-access list, then use an administrator that is a super user"},
    [CAUSE_PATH_REWRITTEN] =
        {"path-rewritten", STAGE_REQUEST, ERROR_REFUSED, "a proxy changes the path that was signed",
         "let the proxy pass the path on as it is, or use --url with Pritunl's own address"},
    [CAUSE_HEADERS_STRIPPED] =
        {"headers-stripped", STAGE_REQUEST, ERROR_REFUSED, "a proxy drops the Auth headers",
         "let the proxy pass the Auth-* headers on, or use --url with Pritunl's own address"},
    [CAUSE_LICENCE_REQUIRED] = {"licence-required", STAGE_REQUEST, ERROR_REFUSED,
                                "this path needs an enterprise plan", "pritunl-access doctor"},
    [CAUSE_SERVER_ERROR] = {"server-error", STAGE_REQUEST, ERROR_REFUSED,
                            "the server failed on the request", "sudo journalctl -u pritunl"},
};

const char *cause_name(enum cause cause)
{
    return cause_rows[cause].name;
}

enum stage cause_stage(enum cause cause)
{
    return cause_rows[cause].stage;
}

bool cause_is_finding(enum cause cause)
{
    return cause != CAUSE_NONE && cause_stage(cause) != STAGE_SOURCE;
}

const char *cause_of_error(const struct error *error)
{
    return error->cause != CAUSE_NONE ? cause_name(error->cause) : error_kind_name(error->kind);
}

const char *cause_text(enum cause cause)
{
    return cause_rows[cause].text;
}

enum error_kind cause_kind(enum cause cause)
{
    return cause_rows[cause].kind;
}

char *cause_argument(const char *argument)
{
    char *word = text_shell(argument);
    char *whole = text_format(" %s%s", *argument == '-' ? "-- " : "", word);

    mem_free(word);
    return whole;
}

void cause_write_command(const char *command, const char *administrator, char *text, size_t size)
{
    const char *place = strstr(command, "%s");
    char *argument = NULL;
    const char *options = NULL; /* behind the name, or before it where nothing is one behind it */
    const char *rest = NULL;

    if (place == NULL) {
        snprintf(text, size, "%s", command);
        return;
    }
    argument = administrator != NULL ? cause_argument(administrator) : mem_text("");
    options = place + 2;
    rest = text_starts(argument, " -- ") ? options + strcspn(options, ",") : options;
    snprintf(text, size, "%.*s%.*s%s%s", (int)(place - command), command, (int)(rest - options),
             options, argument, rest);
    mem_free(argument);
}

void cause_write_remedy(enum cause cause, const char *administrator, char *text, size_t size)
{
    const char *remedy = cause_rows[cause].remedy;

    cause_write_command(remedy != NULL ? remedy : "", administrator, text, size);
}
