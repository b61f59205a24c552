/* SPDX-License-Identifier: MIT */
#include "api/probe.h"

#include "base/clock.h"
#include "base/mem.h"

#define ANSWER_MAX ((size_t)1024 * 1024)

enum cause probe_send(struct contact *contact, const struct access *access,
                      const struct probe_form *form, struct probe *probe)
{
    struct sign_headers headers = {0};
    struct sign_request request = {.method = "GET",
                                   .path =
                                       form->signed_path != NULL ? form->signed_path : form->path,
                                   .timestamp_s = clock_wall_ms() / 1000,
                                   .nonce = probe->nonce};
    enum cause cause = CAUSE_NONE;

    *probe = (struct probe){.answer = HTTP_ANSWER_EMPTY(ANSWER_MAX)};
    sign_nonce(probe->nonce);
    if (form->server_time)
        request.timestamp_s += contact_skew_s(contact);
    sign_make(access, &request, &headers);
    if (form->bad_signature) {
        mem_free(headers.line[SIGN_SIGNATURE]);
        headers.line[SIGN_SIGNATURE] = mem_text("Auth-Signature: \xc3\xa9");
    }
    cause = contact_request(contact,
                            &(struct http_request){.method = "GET",
                                                   .path = form->path,
                                                   .headers = (const char *const *)headers.line,
                                                   .header_count = SIGN_HEADER_COUNT},
                            &probe->answer);
    sign_free(&headers);
    return cause;
}

void probe_free(struct probe *probe)
{
    http_answer_free(&probe->answer);
    mem_wipe(probe->nonce, sizeof probe->nonce);
}
