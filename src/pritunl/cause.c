/* SPDX-License-Identifier: MIT */
#include "pritunl/cause.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

struct row {
    const char *name;
    enum error_kind kind;
    const char *text;
    const char *remedy;
};

static const struct row rows[CAUSE_COUNT] = {
    [CAUSE_DATABASE_UNREACHABLE] =
        {"database-unreachable", ERROR_DATABASE, "the database does not answer",
         "see whether mongod runs (systemctl status mongod) and which URI is in force "
         "(pritunl-access config)"},
    [CAUSE_DATABASE_AUTH] =
        {"database-auth", ERROR_DATABASE, "the database refuses the login",
         "pritunl-access config, then check user, password and authSource in the URI"},
    [CAUSE_DATABASE_PERMISSION] = {"database-permission", ERROR_DATABASE,
                                   "the database user may not read what is needed",
                                   "grant the user find on the collection that the message names"},
    [CAUSE_DATABASE_EMPTY] =
        {"database-empty", ERROR_DATABASE,
         "the database answers but holds no administrators (wrong name or prefix?)",
         "pritunl-access config"},
    [CAUSE_DNS] = {"dns", ERROR_API, "the API's host name has no address",
                   "pritunl-access verify --url https://HOST[:PORT]"},
    [CAUSE_UNREACHABLE] =
        {"unreachable", ERROR_API, "nobody answers at the API's address",
         "check the address (pritunl-access show --field url), then on that host: sudo systemctl "
         "status pritunl"},
    [CAUSE_TIMEOUT] =
        {"timeout", ERROR_API, "the API did not answer in time",
         "check the firewall between this host and the API, or pritunl-access verify --url "
         "https://HOST"},
    [CAUSE_TLS_UNTRUSTED] =
        {"tls-untrusted", ERROR_API,
         "the certificate is neither vouched for by an authority nor the one in the database",
         "pritunl-access verify --ca-cert FILE, or --pin sha256//BASE64 of the key you know to be "
         "right"},
    [CAUSE_TLS_NAME] = {"tls-name", ERROR_API, "the certificate is for another name",
                        "pritunl-access verify --url https://NAME-IN-THE-CERTIFICATE"},
    [CAUSE_TLS_EXPIRED] =
        {"tls-expired", ERROR_API, "the certificate is out of date",
         "renew the certificate of the server or proxy, and check this host's clock: timedatectl"},
    [CAUSE_REDIRECTED] = {"redirected", ERROR_API,
                          "the URL answers with a redirect, which is never followed",
                          "pritunl-access verify --url with the address that the redirect names"},
    [CAUSE_PROXY_ANSWER] =
        {"proxy-answer", ERROR_API, "a page came back where Pritunl's answer was due",
         "check the proxy or captive portal in front, or use --url with Pritunl's own address"},
    [CAUSE_NOT_PRITUNL] = {"not-pritunl", ERROR_API, "what answers at this URL is not Pritunl",
                           "pritunl-access verify --url https://HOST[:PORT]"},
    [CAUSE_WEB_NOT_READY] = {"web-not-ready", ERROR_API,
                             "the web front runs, the server behind it does not (yet)",
                             "sudo systemctl restart pritunl, then journalctl -u pritunl"},
    [CAUSE_API_DISABLED] = {"api-disabled", ERROR_UNUSABLE,
                            "API access is off for this administrator", "pritunl-access enable%s"},
    [CAUSE_FLAG_NOT_BOOLEAN] =
        {"flag-not-boolean", ERROR_REFUSED,
         "auth_api is not the boolean true, so the web front refuses every request",
         "pritunl-access enable%s"},
    [CAUSE_WEB_STRICT] = {"web-strict", ERROR_REFUSED,
                          "API access is on, but the web front has not noticed it yet",
                          "pritunl-access enable --wait%s, or sudo systemctl restart pritunl"},
    [CAUSE_TOKEN_UNKNOWN] =
        {"token-unknown", ERROR_REFUSED, "the server does not know the token",
         "pritunl-access config, to see whether this database is the one behind the URL; if it "
         "is: pritunl-access rotate%s"},
    [CAUSE_TOKEN_DUPLICATE] =
        {"token-duplicate", ERROR_REFUSED,
         "an earlier administrator carries the same token and is asked instead",
         "pritunl-access rotate%s"},
    [CAUSE_CLOCK_SKEW] = {"clock-skew", ERROR_REFUSED,
                          "this host's clock and the server's differ by too much",
                          "pritunl-access verify --server-time%s"},
    [CAUSE_SECRET_MISSING] = {"secret-missing", ERROR_UNUSABLE,
                              "there is no secret that could sign", "pritunl-access rotate%s"},
    [CAUSE_SECRET_SHORT] = {"secret-short", ERROR_UNUSABLE,
                            "the secret is under 8 characters, which the server refuses",
                            "pritunl-access rotate%s"},
    [CAUSE_SECRET_MISMATCH] =
        {"secret-mismatch", ERROR_REFUSED,
         "the server knows the token and has another secret for it",
         "pritunl-access config, then check that this database is the one behind the URL"},
    [CAUSE_NONCE_REPLAYED] =
        {"nonce-replayed", ERROR_REFUSED, "something in between sent the request twice",
         "switch off retries of the proxy in front, or use --url with Pritunl's own address"},
    [CAUSE_ADMINISTRATOR_DISABLED] = {"administrator-disabled", ERROR_UNUSABLE,
                                      "the administrator is disabled",
                                      "pritunl-access recover --enable-account%s"},
    [CAUSE_SUPER_USER_REQUIRED] =
        {"super-user-required", ERROR_REFUSED, "this path needs a super user",
         "pritunl-access list, then use an administrator that is a super user"},
    [CAUSE_PATH_REWRITTEN] =
        {"path-rewritten", ERROR_REFUSED, "a proxy changes the path that was signed",
         "let the proxy pass the path on as it is, or use --url with Pritunl's own address"},
    [CAUSE_HEADERS_STRIPPED] =
        {"headers-stripped", ERROR_REFUSED, "a proxy drops the Auth headers",
         "let the proxy pass the Auth-* headers on, or use --url with Pritunl's own address"},
    [CAUSE_LICENCE_REQUIRED] = {"licence-required", ERROR_REFUSED,
                                "this path needs an enterprise plan", "pritunl-access doctor"},
    [CAUSE_SERVER_ERROR] = {"server-error", ERROR_REFUSED, "the server failed on the request",
                            "sudo journalctl -u pritunl"},
};

const char *cause_name(enum cause cause)
{
    return rows[cause].name;
}

enum cause cause_find(const char *name)
{
    for (unsigned i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++)
        if (text_equal(rows[i].name, name))
            return (enum cause)i;
    return CAUSE_NONE;
}

const char *cause_text(enum cause cause)
{
    return rows[cause].text;
}

enum error_kind cause_kind(enum cause cause)
{
    return rows[cause].kind;
}

/* A username as a shell takes it, with "--" before one that could be read as an option. */
static char *shell_argument(const char *administrator)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-";
    struct buf quoted = BUF_EMPTY(BUF_MAX);
    char *printable = text_printable(administrator, strlen(administrator));

    if (*printable != '\0' && *printable != '-' && strspn(printable, plain) == strlen(printable)) {
        buf_add_format(&quoted, " %s", printable);
    } else {
        buf_add_text(&quoted, " -- '");
        for (const char *p = printable; *p != '\0'; p++)
            (void)(*p == '\'' ? buf_add_text(&quoted, "'\\''") : buf_add(&quoted, p, 1));
        buf_add_text(&quoted, "'");
    }
    mem_free(printable);
    return buf_take(&quoted);
}

void cause_write_remedy(enum cause cause, const char *administrator, char *text, size_t size)
{
    const char *remedy = rows[cause].remedy;
    const char *place = remedy != NULL ? strstr(remedy, "%s") : NULL;
    char *argument = NULL;

    if (place == NULL) {
        snprintf(text, size, "%s", remedy != NULL ? remedy : "");
        return;
    }
    argument = administrator != NULL ? shell_argument(administrator) : mem_text("");
    snprintf(text, size, "%.*s%s%s", (int)(place - remedy), remedy, argument, place + 2);
    mem_free(argument);
}
