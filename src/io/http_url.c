/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/http_url.h"

#define URL_LENGTH_MAX 2048

static bool has_blank(const char *text)
{
    while ((uint8_t)*text > ' ' && *text != 0x7f && *text != '\\')
        text++;
    return *text != '\0';
}

/* What curl's parser would forgive: blanks, one or three slashes, an empty query. NULL: nothing. */
static const char *objection(const char *text)
{
    const char *rest = strstr(text, "://");

    if (strlen(text) > URL_LENGTH_MAX)
        return "it is too long";
    if (text_is_quoted(text))
        return "it stands in quotation marks, which are taken for a part of it";
    if (has_blank(text))
        return "it holds a blank, a backslash or a control character";
    if (!text_is_utf8(text, strlen(text)))
        return "it is not UTF-8";
    if (rest == NULL ||
        (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0))
        return "it must begin with https:// or http://";
    rest += 3;
    if (memchr(rest, '@', strcspn(rest, "/?#")) != NULL)
        return "it must not hold a user or password";
    if (strpbrk(text, "?#") != NULL)
        return "it must not hold a query or fragment";
    if (*rest == '/' || *rest == '\0')
        return "it names no host";
    return NULL;
}

/* One part as our own string; NULL where there is none. */
static char *part(CURLU *parsed, CURLUPart which, unsigned flags)
{
    char *value = NULL;

    if (curl_url_get(parsed, which, &value, flags) != CURLUE_OK)
        return NULL;
    char *own = mem_text(value);
    curl_free(value);
    return own;
}

/*
 * The host in ASCII. libcurl reads an international name in the encoding of the thread's locale,
 * which is nobody's here until it is said: a URL is UTF-8, whatever the terminal is.
 */
static char *ascii_host(CURLU *parsed)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    char *host = part(parsed, CURLUPART_HOST, CURLU_PUNYCODE);

    if (utf8 != (locale_t)0) {
        uselocale(before);
        freelocale(utf8);
    }
    return host;
}

static bool printable_ascii(const char *text)
{
    while (*text > ' ' && *text < 0x7f)
        text++;
    return *text == '\0';
}

/* Lower case, without brackets, a zone put back behind '%'. */
static char *plain_host(char *host, const char *zone)
{
    size_t length = strlen(host);

    for (char *c = host; *c != '\0'; c++)
        *c = (char)tolower((uint8_t)*c);
    if (host[0] != '[' || length < 2)
        return mem_text(host);
    host[length - 1] = '\0';
    return text_format("%s%s%s", host + 1, zone != NULL ? "%" : "", zone != NULL ? zone : "");
}

static char *base_of(const struct http_url *url)
{
    bool bracketed = strchr(url->host, ':') != NULL;
    size_t before_zone = strcspn(url->host, "%");
    const char *zone = url->host[before_zone] == '%' ? url->host + before_zone + 1 : NULL;

    char *port =
        url->port == (url->tls ? 443U : 80U) ? mem_text("") : text_format(":%u", url->port);
    char *base =
        text_format("%s://%s%.*s%s%s%s%s%s", url->tls ? "https" : "http", bracketed ? "[" : "",
                    (int)before_zone, url->host, zone != NULL ? "%25" : "",
                    zone != NULL ? zone : "", bracketed ? "]" : "", port, url->path);
    mem_free(port);
    return base;
}

/* Fill url from what curl made of it. */
static bool take_apart(CURLU *parsed, struct http_url *url)
{
    bool ok = false;

    char *scheme = part(parsed, CURLUPART_SCHEME, 0);
    char *host = ascii_host(parsed);
    char *zone = part(parsed, CURLUPART_ZONEID, 0);
    char *port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    char *path = part(parsed, CURLUPART_PATH, 0);
    if (scheme == NULL || host == NULL || port == NULL || path == NULL)
        goto out;
    if (!printable_ascii(host) || !printable_ascii(path) || host[0] == '.' ||
        (zone != NULL && !printable_ascii(zone)))
        goto out;
    long number = 0;
    if (!text_number(port, 1, 65535, &number))
        goto out;
    url->tls = strcasecmp(scheme, "https") == 0;
    url->host = plain_host(host, zone);
    url->port = (unsigned)number;
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    url->path = mem_copy(path, length);
    url->base = base_of(url);
    ok = true;
out:
    mem_free(scheme);
    mem_free(host);
    mem_free(zone);
    mem_free(port);
    mem_free(path);
    return ok;
}

static bool lacks_brackets(const char *text)
{
    const char *host = strstr(text, "://") + 3;

    return text_lacks_brackets(host, strcspn(host, "/?#"));
}

static bool is_international(const char *text)
{
    const char *host = strstr(text, "://") + 3;

    for (size_t length = strcspn(host, "/?#"); length > 0; length--, host++)
        if ((uint8_t)*host >= 0x80)
            return true;
    return false;
}

bool http_url_parse(const char *text, struct http_url *url, struct error *error)
{
    *url = (struct http_url){0};
    const char *why = objection(text);
    CURLU *parsed = why == NULL ? curl_url() : NULL;
    if (why == NULL) {
        CURLUcode code =
            curl_url_set(parsed, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
        if (code != CURLUE_OK || !take_apart(parsed, url))
            why = is_international(text) ? "its host is no name that this system can write in "
                                           "ASCII (xn--...): write it so"
                  : lacks_brackets(text) ? "an IPv6 address stands in brackets: [ADDRESS]:PORT"
                                         : "it is malformed";
    }
    curl_url_cleanup(parsed);
    if (why == NULL)
        return true;
    /* Before an '@' may stand a password, behind a '?' or '#' a token, wherever these are. */
    if (strpbrk(text, "@?#") != NULL || strlen(text) > 200)
        return error_set(error, ERROR_USAGE, "the URL cannot be used: %s", why);
    return error_set(error, ERROR_USAGE, "the URL \"%s\" cannot be used: %s", text, why);
}

void http_url_free(struct http_url *url)
{
    mem_free(url->host);
    mem_free(url->path);
    mem_free(url->base);
    *url = (struct http_url){0};
}

bool http_is_loopback(const char *host)
{
    static const char suffix[] = ".localhost";
    struct in_addr four;
    struct in6_addr six;
    size_t length = strlen(host);

    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return strcasecmp(host, "localhost") == 0 ||
           (length >= sizeof(suffix) &&
            strcasecmp(host + length - (sizeof(suffix) - 1), suffix) == 0);
}
