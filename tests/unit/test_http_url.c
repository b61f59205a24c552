/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "io/http.h"
#include "io/http_proxy.h"

Suite *http_url_suite(void);

struct good {
    const char *text;
    bool tls;
    const char *host;
    unsigned port;
    const char *path;
    const char *base;
};

static const struct good good[] = {
    {"https://a.test", true, "a.test", 443, "", "https://a.test"},
    {"https://a.test/", true, "a.test", 443, "", "https://a.test"},
    {"https://a.test///", true, "a.test", 443, "", "https://a.test"},
    {"http://a.test", false, "a.test", 80, "", "http://a.test"},
    {"https://a.test:443", true, "a.test", 443, "", "https://a.test"},
    {"https://a.test:00443", true, "a.test", 443, "", "https://a.test"},
    {"https://a.test:80", true, "a.test", 80, "", "https://a.test:80"},
    {"http://a.test:443", false, "a.test", 443, "", "http://a.test:443"},
    {"https://a.test:", true, "a.test", 443, "", "https://a.test"},
    {"https://a.test:65535/", true, "a.test", 65535, "", "https://a.test:65535"},
    {"HTTPS://A.Test/Path/", true, "a.test", 443, "/Path", "https://a.test/Path"},
    {"https://a.test/x/../y/./z", true, "a.test", 443, "/x/../y/./z", "https://a.test/x/../y/./z"},
    {"https://a.test/%2Fx%20", true, "a.test", 443, "/%2Fx%20", "https://a.test/%2Fx%20"},
    {"https://a.test/a@b:c", true, "a.test", 443, "/a@b:c", "https://a.test/a@b:c"},
    {"https://a.test.", true, "a.test.", 443, "", "https://a.test."},
    {"https://a_b.test", true, "a_b.test", 443, "", "https://a_b.test"},
    {"https://192.0.2.1:8443", true, "192.0.2.1", 8443, "", "https://192.0.2.1:8443"},
    {"http://127.1", false, "127.0.0.1", 80, "", "http://127.0.0.1"},
    {"http://0x7f000001/", false, "127.0.0.1", 80, "", "http://127.0.0.1"},
    {"https://[::1]", true, "::1", 443, "", "https://[::1]"},
    {"https://[2001:DB8::1]:8443/p", true, "2001:db8::1", 8443, "/p",
     "https://[2001:db8::1]:8443/p"},
    {"https://[fe80::1%25eth0]:1", true, "fe80::1%eth0", 1, "", "https://[fe80::1%25eth0]:1"},
};

START_TEST(test_good)
{
    const struct good *row = &good[_i];
    struct http_url url = {0};
    struct error error = {0};

    ck_assert_msg(http_url_parse(row->text, &url, &error), "%s", error.text);
    ck_assert_int_eq(url.tls, row->tls);
    ck_assert_str_eq(url.host, row->host);
    ck_assert_uint_eq(url.port, row->port);
    ck_assert_str_eq(url.path, row->path);
    ck_assert_str_eq(url.base, row->base);
    /* What we write we read. */
    struct http_url again = {0};
    ck_assert(http_url_parse(url.base, &again, &error));
    ck_assert_str_eq(again.base, url.base);
    ck_assert_str_eq(again.host, url.host);
    http_url_free(&again);
    http_url_free(&url);
    ck_assert_ptr_null(url.host);
}
END_TEST

static const char *const bad[] = {
    "",
    "a.test",
    "//a.test",
    "a.test:443",
    "ftp://a.test",
    "file:///etc/passwd",
    "gopher://a.test",
    "httpss://a.test",
    "xhttps://a.test",
    "https:/a.test",
    "https:a.test",
    "https:///a.test",
    "https://",
    "https:///",
    "https://:443",
    "https://.a.test",
    "https://a.test:0",
    "https://a.test:65536",
    "https://a.test:-1",
    "https://a.test:4x",
    "https://a.test:443:443",
    "https://a.test?",
    "https://a.test/?x=1",
    "https://a.test#",
    "https://a.test/#x",
    "https://a b.test",
    " https://a.test",
    "https://a.test ",
    "https://a.test\n",
    "https://a.test\r\nHost: b.test",
    "https://a.test/\x01",
    "https://a.test/\x7f",
    "https://a.test\\@b.test",
    "https://a.test\\",
    "https://a%00.test",
    "https://a%0a.test",
    "https://a%2fb.test",
    "https://a.test/\xc3\xbc",
    "https://a.test/\xff",
    "https://\xff.test",
    "https://a\"b.test",
    "https://a<b.test",
    "https://[::1",
    "https://::1",
    "https://[::g]",
    "https://[]",
    "https://[a.test]",
    "https://x-SECRET@a.test",
    "https://user:x-SECRET@a.test",
    "https://@a.test",
    "https://:@a.test",
    "https://user:x-SECRET@a.test:0",
    "https://a.test?@x-SECRET",
    "https://a.test?token=x-SECRET",
    "https://a.test/#x-SECRET",
    "a.test?token=x-SECRET",
    "https://a b.test?x-SECRET",
    "ftp://user:x-SECRET@a.test",
    "user:x-SECRET@a.test",
    "https:/user:x-SECRET@a.test",
};

START_TEST(test_bad)
{
    struct http_url url = {0};
    struct error error = {0};

    ck_assert_msg(!http_url_parse(bad[_i], &url, &error), "%s became %s", bad[_i], url.base);
    ck_assert_int_eq((int)error.kind, ERROR_USAGE);
    ck_assert_ptr_null(strstr(error.text, "SECRET"));
    ck_assert_uint_gt(strlen(error.text), 10);
    ck_assert_ptr_null(url.host);
}
END_TEST

START_TEST(test_long)
{
    struct http_url url = {0};
    struct error error = {0};
    char *text = mem_zero(5000, 1);

    memset(stpcpy(text, "https://a.test/"), 'x', 4000);
    ck_assert(!http_url_parse(text, &url, &error));
    text[2000] = '\0';
    ck_assert(http_url_parse(text, &url, &error));
    ck_assert_str_eq(url.base, text);
    http_url_free(&url);
    mem_free(text);
}
END_TEST

/* Whatever the locale says, a URL is UTF-8. RFC 3492 writes it this way. */
START_TEST(test_international)
{
    static const char text[] = "https://b\xc3\xbc"
                               "cher.test";
    static const char *const locales[] = {"C", "C.UTF-8"};
    struct http_url url = {0};
    struct error error = {0};

    for (size_t i = 0; i < 2; i++) {
        if (setlocale(LC_ALL, locales[i]) == NULL)
            continue;
        if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_IDN) == 0) {
            ck_assert(!http_url_parse(text, &url, &error));
            ck_assert_ptr_nonnull(strstr(error.text, "xn--"));
            continue;
        }
        ck_assert_msg(http_url_parse(text, &url, &error), "%s", error.text);
        ck_assert_str_eq(url.host, "xn--bcher-kva.test");
        ck_assert_str_eq(url.base, "https://xn--bcher-kva.test");
        http_url_free(&url);
        ck_assert(!http_url_parse("https://a.test/\xc3\xbc", &url, &error));
        ck_assert(!http_url_parse("https://a.test/\xc3", &url, &error));
        ck_assert(!http_url_parse("https://b\xfc"
                                  "cher.test",
                                  &url, &error));
        ck_assert_ptr_nonnull(strstr(error.text, "not UTF-8"));
    }
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(test_loopback)
{
    static const char *const yes[] = {"localhost",       "LOCALHOST", "a.localhost",
                                      "a.b.LocalHost",   "127.0.0.1", "127.255.255.254",
                                      "0:0:0:0:0:0:0:1", "::1"};
    static const char *const no[] = {"",
                                     "localhost.",
                                     ".localhost",
                                     "alocalhost",
                                     "localhost.test",
                                     "127.0.0.1.test",
                                     "127.0.0",
                                     "127.1",
                                     "0127.0.0.1",
                                     "128.0.0.1",
                                     "1.127.0.0",
                                     "0.0.0.0",
                                     "::",
                                     "::2",
                                     "::ffff:127.0.0.1",
                                     "[::1]"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        ck_assert_msg(http_is_loopback(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        ck_assert_msg(!http_is_loopback(no[i]), "%s", no[i]);
}
END_TEST

struct proxied {
    const char *variables[5]; /* NAME=value */
    const char *url;
    const char *proxy;
};

/* Each row but the last ones was tried with curl 7.88's command line and -v; it agrees but for the range of IPv6, which it overlooks. */
static const struct proxied proxied[] = {
    {{NULL}, "https://a.test", NULL},
    {{"https_proxy=p:1"}, "https://a.test", "p:1"},
    {{"HTTPS_PROXY=p:1"}, "https://a.test", "p:1"},
    {{"https_proxy=p:1", "HTTPS_PROXY=q:2"}, "https://a.test", "p:1"},
    {{"https_proxy=", "HTTPS_PROXY=q:2"}, "https://a.test", "q:2"},
    {{"https_proxy=p:1"}, "http://a.test", NULL},
    {{"http_proxy=p:1"}, "http://a.test", "p:1"},
    {{"http_proxy=p:1"}, "https://a.test", NULL},
    {{"HTTP_PROXY=p:1"}, "http://a.test", NULL},
    {{"all_proxy=p:1"}, "http://a.test", "p:1"},
    {{"ALL_PROXY=p:1"}, "https://a.test", "p:1"},
    {{"ALL_PROXY=p:1", "https_proxy=q:2"}, "https://a.test", "q:2"},
    {{"all_proxy=p:1", "no_proxy=*"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=a.test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "NO_PROXY=a.test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=x", "NO_PROXY=a.test"}, "https://a.test", "p:1"},
    {{"all_proxy=p:1", "no_proxy=A.TEST"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=.a.test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=.test."}, "https://a.test.", NULL},
    {{"all_proxy=p:1", "no_proxy=.test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=est"}, "https://a.test", "p:1"},
    {{"all_proxy=p:1", "no_proxy=b.a.test"}, "https://a.test", "p:1"},
    {{"all_proxy=p:1", "no_proxy=x, a.test"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=x a.test y"}, "https://a.test", NULL},
    {{"all_proxy=p:1", "no_proxy=10.0.0.1"}, "https://10.0.0.1", NULL},
    {{"all_proxy=p:1", "no_proxy=10.0.0.0/8"}, "https://10.1.2.3", NULL},
    {{"all_proxy=p:1", "no_proxy=10.0.0.0/8"}, "https://11.0.0.1", "p:1"},
    {{"all_proxy=p:1", "no_proxy=10.1.2.128/25"}, "https://10.1.2.200", NULL},
    {{"all_proxy=p:1", "no_proxy=10.1.2.128/25"}, "https://10.1.2.100", "p:1"},
    {{"all_proxy=p:1", "no_proxy=0.1"}, "https://10.0.0.1", "p:1"},
    {{"all_proxy=p:1", "no_proxy=2001:db8::1"}, "https://[2001:db8::1]", NULL},
    {{"all_proxy=p:1", "no_proxy=2001:db8::/32"}, "https://[2001:db8:1::1]", NULL},
    {{"all_proxy=p:1", "no_proxy=2001:db8::/32"}, "https://[2001:db9::1]", "p:1"},
    {{"all_proxy=p:1", "no_proxy=10.0.0.0/33"}, "https://10.0.0.1", "p:1"},
    /* Not curl's: nothing for this machine goes to another one (Go's net/http has the same rule). */
    {{"http_proxy=p:1"}, "http://localhost", NULL},
    {{"http_proxy=p:1"}, "http://a.localhost:9700", NULL},
    {{"http_proxy=p:1"}, "http://127.0.0.2", NULL},
    {{"all_proxy=p:1"}, "http://[::1]", NULL},
    {{"https_proxy=p:1"}, "https://localhost", NULL},
    {{"http_proxy=p:1"}, "http://localhost.test", "p:1"},
    {{"http_proxy=p:1"}, "http://128.0.0.1", "p:1"},
};

START_TEST(test_proxy)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",
                                        "all_proxy",   "ALL_PROXY",   "no_proxy",   "NO_PROXY"};
    const struct proxied *row = &proxied[_i];
    struct http_url url = {0};
    struct error error = {0};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unsetenv(names[i]);
    for (size_t i = 0; row->variables[i] != NULL; i++)
        ck_assert_int_eq(putenv(strdup(row->variables[i])), 0);
    ck_assert(http_url_parse(row->url, &url, &error));
    const char *variable = NULL;
    char *proxy = http_proxy_find(&url, &variable);
    if (row->proxy == NULL)
        ck_assert_ptr_null(proxy);
    else
        ck_assert_str_eq(proxy, row->proxy);
    mem_free(proxy);
    http_url_free(&url);
}
END_TEST

START_TEST(test_without_user)
{
    static const char *const rows[][2] = {
        {"https://a.test/x", "https://a.test/x"},
        {"https://u:p@a.test/x?y@z#w@v", "https://a.test/x?y@z#w@v"},
        {"https://u:p@q@a.test", "https://a.test"},
        {"//u@a.test/", "//a.test/"},
        {"u:p@proxy:3128", "proxy:3128"},
        {"socks5h://u:p@proxy:1", "socks5h://proxy:1"},
        {"/login?next=@x", "/login?next=@x"},
        {"/a@b", "/a@b"},
        {"", ""},
        {"http://a.test/\x1b[31m\n", "http://a.test/?[31m?"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *shown = http_without_user(rows[i][0]);
        ck_assert_str_eq(shown, rows[i][1]);
        mem_free(shown);
    }
}
END_TEST

Suite *http_url_suite(void)
{
    Suite *suite = suite_create("http_url");
    TCase *urls = tcase_create("url");

    tcase_add_loop_test(urls, test_good, 0, (int)(sizeof(good) / sizeof(*good)));
    tcase_add_loop_test(urls, test_bad, 0, (int)(sizeof(bad) / sizeof(*bad)));
    tcase_add_test(urls, test_long);
    tcase_add_test(urls, test_international);
    tcase_add_test(urls, test_loopback);
    tcase_add_test(urls, test_without_user);
    tcase_add_loop_test(urls, test_proxy, 0, (int)(sizeof(proxied) / sizeof(*proxied)));
    suite_add_tcase(suite, urls);
    return suite;
}
