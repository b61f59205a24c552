/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/http_proxy.h"

/* The first of the variables that is set and not empty; *name is its name. */
static const char *first_variable(const char *const *names, const char **name)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);

        *name = *names;
        if (value != NULL && *value != '\0')
            return value;
    }
    return NULL;
}

/* Is address within range ("10.0.0.0/8", or one address)? */
static bool in_range(int family, const uint8_t *address, const char *range, size_t length)
{
    char text[INET6_ADDRSTRLEN + 5] = "";
    uint8_t network[sizeof(struct in6_addr)] = {0};
    long bits = family == AF_INET ? 32 : 128;

    if (length >= sizeof(text))
        return false;
    memcpy(text, range, length);
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (!text_number(slash + 1, 0, bits, &bits))
            return false;
    }
    if (inet_pton(family, text, network) != 1)
        return false;
    size_t whole = (size_t)bits / 8;
    unsigned rest = (unsigned)bits % 8;
    return memcmp(address, network, whole) == 0 &&
           (rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0);
}

/* Is host the name, or below it? */
static bool is_below(const char *host, const char *name, size_t length)
{
    size_t size = strlen(host);

    if (length > 0 && *name == '.') {
        name++;
        length--;
    }
    if (length > 0 && name[length - 1] == '.')
        length--;
    if (size > 0 && host[size - 1] == '.')
        size--;
    if (length == 0 || size < length || strncasecmp(host + size - length, name, length) != 0)
        return false;
    return size == length || host[size - length - 1] == '.';
}

static bool excepted(const char *host, const char *list)
{
    uint8_t address[sizeof(struct in6_addr)] = {0};
    int family = 0;

    char *plain = mem_copy(host, strcspn(host, "%"));
    if (inet_pton(AF_INET, plain, address) == 1)
        family = AF_INET;
    else if (inet_pton(AF_INET6, plain, address) == 1)
        family = AF_INET6;
    bool found = strcmp(list, "*") == 0;
    while (!found && *list != '\0') {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ", \t");
        if (length > 0)
            found = family != 0 ? in_range(family, address, list, length)
                                : is_below(plain, list, length);
        list += length;
    }
    mem_free(plain);
    return found;
}

char *http_proxy_find(const struct http_url *url, const char **variable)
{
    /* HTTP_PROXY in capitals is what a web server hands a CGI program from a client's header. */
    static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const tls[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const exceptions[] = {"no_proxy", "NO_PROXY", NULL};

    /*
     * What never leaves this machine must not be handed to another one, and plain http not at all.
     */
    if (http_is_loopback(url->host))
        return NULL;
    const char *ignored = NULL;
    const char *proxy = first_variable(url->tls ? tls : plain, variable);
    const char *list = first_variable(exceptions, &ignored);
    if (proxy == NULL || (list != NULL && excepted(url->host, list)))
        return NULL;
    return mem_text(proxy);
}

const char *http_proxy_objection(const char *proxy)
{
    static const char *const schemes[] = {"http", "socks4", "socks4a", "socks5", "socks5h"};
    const unsigned flags = CURLU_NON_SUPPORT_SCHEME | CURLU_DEFAULT_SCHEME;
    const char *objection = "is no proxy: http://HOST:PORT is wanted";
    char *scheme = NULL;
    CURLU *parsed = NULL;

    if (strncasecmp(proxy, "https://", 8) == 0)
        return "is a proxy that is itself spoken to by TLS, which is not supported";
    for (const char *c = proxy; *c != '\0'; c++)
        if ((uint8_t)*c <= ' ' || *c == 0x7f)
            return objection;
    parsed = curl_url();
    if (curl_url_set(parsed, CURLUPART_URL, proxy, flags) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK)
        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
            if (strcasecmp(scheme, schemes[i]) == 0)
                objection = NULL;
    curl_free(scheme);
    curl_url_cleanup(parsed);
    return objection;
}

char *http_without_user(const char *url)
{
    const char *authority = strstr(url, "//");

    authority = authority != NULL ? authority + 2 : url;
    const char *at = memrchr(authority, '@', strcspn(authority, "/?#\\"));
    if (at == NULL)
        return text_printable(url, strlen(url));
    char *joined = text_format("%.*s%s", (int)(authority - url), url, at + 1);
    char *shown = text_printable(joined, strlen(joined));
    mem_free(joined);
    return shown;
}
