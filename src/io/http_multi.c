/* SPDX-License-Identifier: MIT */
#include "io/http_multi.h"

#include "base/clock.h"
#include "base/mem.h"
#include "io/http_internal.h"

struct slot {
    struct http *http;
    bool busy;
    bool ended; /* busy, and code says how */
    CURLcode code;
};

struct http_multi {
    CURLM *curl;
    struct slot *slots;
    size_t count;
};

struct http_multi *http_multi_new(const struct http *like, size_t slots)
{
    struct http_multi *multi = mem_zero(1, sizeof *multi);

    multi->curl = curl_multi_init();
    curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)slots);
    curl_multi_setopt(multi->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    multi->slots = mem_zero(slots, sizeof *multi->slots);
    multi->count = slots;
    for (size_t i = 0; i < slots; i++) {
        multi->slots[i].http = http_new(&like->url, &like->options, like->judge);
        multi->slots[i].http->shared = true;
    }
    return multi;
}

void http_multi_free(struct http_multi *multi)
{
    if (multi == NULL)
        return;
    for (size_t i = 0; i < multi->count; i++) {
        if (multi->slots[i].busy)
            curl_multi_remove_handle(multi->curl, multi->slots[i].http->curl);
        http_free(multi->slots[i].http);
    }
    curl_multi_cleanup(multi->curl);
    mem_free(multi->slots);
    mem_free(multi);
}

void http_multi_start(struct http_multi *multi, size_t slot, const struct http_request *request,
                      struct http_answer *answer)
{
    struct slot *at = &multi->slots[slot];

    *at = (struct slot){.http = at->http, .busy = true, .code = CURLE_FAILED_INIT};
    at->ended = !http_prepare(at->http, request, answer) ||
                curl_multi_add_handle(multi->curl, at->http->curl) != CURLM_OK;
}

/* Take over what curl has finished. */
static void collect_ended(struct http_multi *multi)
{
    int left = 0;
    const CURLMsg *message = NULL;

    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
        CURL *handle = message->easy_handle;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        for (size_t i = 0; i < multi->count; i++) {
            if (multi->slots[i].busy && multi->slots[i].http->curl == handle) {
                multi->slots[i].ended = true;
                multi->slots[i].code = code;
            }
        }
        curl_multi_remove_handle(multi->curl, handle); /* message is gone with it */
    }
}

/* The first slot whose request has ended, or count. */
static size_t find_ended(const struct http_multi *multi, bool *busy)
{
    *busy = false;
    for (size_t i = 0; i < multi->count; i++) {
        if (multi->slots[i].ended)
            return i;
        *busy = *busy || multi->slots[i].busy;
    }
    return multi->count;
}

bool http_multi_wait(struct http_multi *multi, int64_t timeout_ms, size_t *slot)
{
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    bool busy = false;
    int running = 0;
    size_t ended;

    for (;;) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        curl_multi_perform(multi->curl, &running);
        collect_ended(multi);
        ended = find_ended(multi, &busy);
        if (ended < multi->count) {
            struct slot *at = &multi->slots[ended];

            at->busy = at->ended = false;
            http_complete(at->http, at->code);
            *slot = ended;
            return true;
        }
        if (!busy || left_ms <= 0)
            return false;
        curl_multi_poll(multi->curl, NULL, 0, (int)(left_ms < 1000 ? left_ms : 1000), NULL);
    }
}
