/* SPDX-License-Identifier: MIT */
/*
 * answerer.h - who gave this answer: Pritunl's API, its web front, or something in between?
 *
 * Between us and Pritunl may stand proxies, balancers, caches, login pages, rate limiters and
 * captive portals. What they say is no judgement of a pair. Pure: looks at one answer.
 */
#ifndef API_ANSWERER_H
#define API_ANSWERER_H

#include <stdbool.h>

#include "io/http.h"
#include "pritunl/cause.h"

enum answer_origin {
    ORIGIN_OTHER, /* nothing by which Pritunl would be known; a 2xx is left to whoever reads it */
    ORIGIN_FRONT, /* a refusal or failure in its web front's own words */
    ORIGIN_API    /* likewise in the API's */
};

struct answerer {
    enum answer_origin origin;
    bool cached;      /* it came out of a cache: it proves nothing, and tells no time */
    enum cause cause; /* what is wrong with the answer, whatever was asked; CAUSE_NONE: nothing */
    /* what shows itself as being in between, also where it only passed the answer on; NULL: none */
    const char *name;
    char detail[256]; /* where cause is set: who and what, for people */
};

/*
 * answerer_tell(answer, is_ping, answerer)
 *
 * Of /ping anything but a plain OK is wrong. Of other requests a 2xx is left to whoever asked, and
 * so are Pritunl's own refusals. cause is CAUSE_REDIRECTED, CAUSE_PROXY_ANSWER, CAUSE_NOT_PRITUNL,
 * CAUSE_WEB_NOT_READY or CAUSE_SERVER_ERROR (a 500 of Pritunl's own) otherwise.
 */
void answerer_tell(const struct http_answer *answer, bool is_ping, struct answerer *answerer);

/* answerer_is_refusal(answer): Pritunl's 401 in one of its exact forms, and out of no cache. */
bool answerer_is_refusal(const struct http_answer *answer);

/* answerer_front_says(answer, words): the web front's own 401, such as "401 Missing token"? */
bool answerer_front_says(const struct http_answer *answer, const char *words);

#endif
