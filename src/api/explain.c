/* SPDX-License-Identifier: MIT */
#include "api/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/token.h"
#include "pritunl/version.h"

#define DEFAULT_TIME_WINDOW_S 43200
#define STATUS_PATH "/status"
#define ANSWER_MAX ((size_t)64 * 1024)
#define UNTOLD "before Pritunl " VERSION_ODD_IS_500 " no request tells"

/* What came of one more request. */
enum echo {
    ECHO_NOTHING, /* no answer, or not Pritunl's: it says neither yes nor no */
    ECHO_REFUSED, /* the API's own 401 */
    ECHO_FAILED,  /* the API's own 500 */
    ECHO_OTHER,   /* something else that only the API says, once it has accepted the signature */
    ECHO_ACCEPTED /* what was asked for */
};

/* All that one refusal is explained by. */
struct inquiry {
    struct contact *contact;
    const struct verify_case *what;
    struct verify_result *result;
    enum known stored; /* has the server stored a nonce of ours, that is, taken the signature? */
    bool untold;       /* a version that is not known: before some, another secret says the same */
    char silent[192];  /* what came where a request should have told, and did not; "" */
};

static enum known odd_is_500(const struct verify_case *what)
{
    return version_since(what->server, VERSION_ODD_IS_500);
}

static bool is_skewed(const struct contact *contact, const struct verify_case *what)
{
    int64_t window_s = what->server != NULL ? what->server->time_window_s : DEFAULT_TIME_WINDOW_S;

    return !what->server_time && contact_has_clock(contact) &&
           llabs(contact_skew_s(contact)) > window_s;
}

/*
 * Does something stand between us and Pritunl? Only where its own certificate was met is the answer
 * a sure no.
 */
static bool has_proxy(const struct inquiry *inquiry)
{
    const struct server *server = inquiry->what->server;

    return contact_trust(inquiry->contact) != TLS_TRUST_DATABASE &&
           ((server != NULL && server->reverse_proxy) || contact_between(inquiry->contact) != NULL);
}

static void name_cause(struct inquiry *inquiry, enum cause cause, enum cause also,
                       const char *detail)
{
    inquiry->result->cause = cause;
    inquiry->result->also = also;
    snprintf(inquiry->result->detail, sizeof inquiry->result->detail, "%s%s%s", detail,
             *detail != '\0' && inquiry->silent[0] != '\0' ? "; " : "", inquiry->silent);
}

/*
 * Does an earlier document carry the token? *result has its detail then. What the database does not
 * answer is left open.
 */
static bool finds_duplicate(const struct verify_case *what, struct verify_result *result)
{
    struct error ignored;
    char *other = NULL;

    if (what->db == NULL || what->admin == NULL || what->admin->token == NULL ||
        !token_is_earlier(what->db, what->admin, &other, &ignored))
        return false;
    snprintf(result->detail, sizeof result->detail, "the token is also that of %s, who comes first",
             other);
    mem_free(other);
    return true;
}

static void describe_skew(const struct contact *contact, char *text, size_t size)
{
    snprintf(text, size, "the server's clock is %lld s %s this host's",
             llabs(contact_skew_s(contact)), contact_skew_s(contact) > 0 ? "ahead of" : "behind");
}

enum cause explain_before_secret(const struct contact *contact, const struct verify_case *what,
                                 struct verify_result *result)
{
    if (finds_duplicate(what, result))
        return CAUSE_TOKEN_DUPLICATE;
    if (!is_skewed(contact, what))
        return CAUSE_NONE;
    describe_skew(contact, result->detail, sizeof result->detail);
    return CAUSE_CLOCK_SKEW;
}

/* Has the server stored this nonce? Not to be known without the collection, or where it may lie
 * elsewhere. */
static enum known ask_nonce(const struct verify_case *what, const char *nonce)
{
    struct error ignored;
    bool seen = false;

    if (what->db == NULL || what->server == NULL || what->server->secondary ||
        !token_nonce_is_seen(what->db, what->access->token, nonce, &seen, &ignored))
        return KNOWN_NOT;
    return seen ? KNOWN_YES : KNOWN_NO;
}

static enum echo read_echo(const struct contact *contact, const struct http_answer *answer)
{
    const struct answerer *answerer = contact_answerer(contact);

    if (answerer->cached)
        return ECHO_NOTHING;
    if (answerer_is_refusal(answer) && answerer->origin == ORIGIN_API)
        return ECHO_REFUSED;
    if (answerer->origin == ORIGIN_API && answer->status == 500)
        return ECHO_FAILED;
    if (answerer->origin == ORIGIN_API && answer->status != 401)
        return ECHO_OTHER;
    return answer->status == 200 && answerer->cause == CAUSE_NONE &&
                   strstr(buf_text(&answer->body), "\"server_version\"") != NULL
               ? ECHO_ACCEPTED
               : ECHO_NOTHING;
}

/* One more signed request, by the server's clock. Its nonce may be found stored as well. */
static enum echo send_again(struct inquiry *inquiry, enum call_flaw flaw, const char *signed_path)
{
    const struct request_path path = {.target = (char *)STATUS_PATH,
                                      .decoded = (char *)signed_path};
    const struct call call = {.method = "GET", .path = &path, .server_time = true, .flaw = flaw};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    char nonce[SIGN_NONCE_LENGTH + 1];
    enum cause cause = call_attempt(inquiry->contact, inquiry->what->access, &call, nonce, &answer);
    enum echo echo = cause == CAUSE_NONE ? read_echo(inquiry->contact, &answer) : ECHO_NOTHING;

    if (echo == ECHO_NOTHING)
        snprintf(inquiry->silent, sizeof inquiry->silent,
                 "the request that would have told was not answered by Pritunl: %.100s",
                 contact_detail(inquiry->contact)[0] != '\0' ? contact_detail(inquiry->contact)
                                                             : "nothing that it says");
    if (echo == ECHO_REFUSED && flaw == CALL_SOUND && inquiry->stored != KNOWN_YES)
        inquiry->stored = ask_nonce(inquiry->what, nonce);
    http_answer_free(&answer);
    return echo;
}

/*
 * Did the server find token and secret? A byte that is not ASCII, in the signature or in the nonce,
 * is answered 500 then; which of them, and whether at all, depends on the version.
 */
static enum known finds_token(struct inquiry *inquiry)
{
    const struct server *server = inquiry->what->server;
    enum known newer = odd_is_500(inquiry->what);
    bool python2 = version_since(server, VERSION_PYTHON_3) == KNOWN_NO;
    enum echo echo = ECHO_REFUSED;

    if (newer != KNOWN_NO)
        echo = send_again(inquiry, CALL_ODD_SIGNATURE, STATUS_PATH);
    if (echo == ECHO_REFUSED && (newer == KNOWN_NOT || python2))
        echo = send_again(inquiry, CALL_ODD_NONCE, STATUS_PATH);
    if (echo == ECHO_FAILED)
        return KNOWN_YES;
    if (echo != ECHO_REFUSED || (newer == KNOWN_NO && !python2))
        return KNOWN_NOT;
    inquiry->untold = newer == KNOWN_NOT;
    return KNOWN_NO;
}

/* The URL's own path, signed too: where that is accepted, it reaches Pritunl. */
static bool reaches_with_path(struct inquiry *inquiry)
{
    const char *base = contact_parts(inquiry->contact)->path;
    char *whole = text_format("%s" STATUS_PATH, base);
    bool reaches = *base != '\0' && send_again(inquiry, CALL_SOUND, whole) > ECHO_REFUSED;

    inquiry->silent[0] = '\0'; /* whatever is behind that path */
    mem_free(whole);
    return reaches;
}

/* The server took the signature, and refused all the same. */
static void behind_the_nonce(struct inquiry *inquiry)
{
    const struct admin *admin = inquiry->what->admin;

    if (admin != NULL && admin->disabled)
        name_cause(inquiry, CAUSE_ADMINISTRATOR_DISABLED, CAUSE_NONE, "");
    else if (admin != NULL)
        name_cause(inquiry, CAUSE_NONCE_REPLAYED, CAUSE_NONE,
                   "the server stored the nonce, and refused it when it came again");
    else
        name_cause(inquiry, CAUSE_ADMINISTRATOR_DISABLED, CAUSE_NONCE_REPLAYED,
                   "the server took the signature");
}

/* The server found token and secret, and did not take the signature as far as is known. */
static void behind_the_token(struct inquiry *inquiry)
{
    const struct admin *admin = inquiry->what->admin;

    if (inquiry->stored == KNOWN_NOT && admin != NULL && admin->disabled)
        name_cause(inquiry, CAUSE_ADMINISTRATOR_DISABLED, CAUSE_NONE, "");
    else if (admin == NULL)
        name_cause(inquiry, CAUSE_SECRET_MISMATCH,
                   inquiry->stored == KNOWN_NOT ? CAUSE_ADMINISTRATOR_DISABLED : CAUSE_NONE,
                   inquiry->stored == KNOWN_NOT
                       ? "or a proxy changes the path or repeats the request"
                       : "or a proxy changes the path");
    else if (has_proxy(inquiry))
        name_cause(inquiry, CAUSE_PATH_REWRITTEN, CAUSE_SECRET_MISMATCH, "");
    else
        name_cause(inquiry, CAUSE_SECRET_MISMATCH, CAUSE_NONE,
                   inquiry->stored == KNOWN_NO
                       ? "or a proxy changes the path"
                       : "or a proxy changes the path or repeats the request");
}

/* Everything that no request could tell from an unknown token. */
static const char *all_else(const struct inquiry *inquiry)
{
    return inquiry->what->admin == NULL
               ? "renewed meanwhile, API access off, the administrator disabled, or a proxy drops "
                 "the Auth headers, changes the path or repeats the request; " UNTOLD
               : "another database or prefix behind the URL, or a proxy drops the Auth headers or "
                 "changes the path; " UNTOLD;
}

/* The server did not find the token: it does not know it, or was not told. */
static void without_a_token(struct inquiry *inquiry)
{
    bool clock = contact_has_clock(inquiry->contact);

    if (inquiry->what->admin != NULL && has_proxy(inquiry))
        name_cause(inquiry, CAUSE_HEADERS_STRIPPED, CAUSE_TOKEN_UNKNOWN,
                   inquiry->untold ? all_else(inquiry)
                                   : "or another database or prefix behind the URL");
    else if (inquiry->untold)
        name_cause(inquiry, CAUSE_TOKEN_UNKNOWN, CAUSE_SECRET_MISMATCH, all_else(inquiry));
    else
        name_cause(inquiry, CAUSE_TOKEN_UNKNOWN, clock ? CAUSE_NONE : CAUSE_CLOCK_SKEW,
                   inquiry->what->admin == NULL
                       ? "renewed meanwhile, API access off, or a proxy drops the Auth headers"
                       : "another database or prefix behind the URL, or a proxy drops the Auth "
                         "headers");
}

/* No request could tell whether the server knows the token. */
static void without_an_answer(struct inquiry *inquiry)
{
    const struct admin *admin = inquiry->what->admin;

    if (inquiry->stored == KNOWN_NOT && admin != NULL && admin->disabled)
        name_cause(inquiry, CAUSE_ADMINISTRATOR_DISABLED, CAUSE_NONE,
                   "or more: whether the server knows the pair could not be told");
    else if (inquiry->silent[0] != '\0')
        name_cause(inquiry, CAUSE_SECRET_MISMATCH, CAUSE_TOKEN_UNKNOWN, "");
    else
        name_cause(inquiry, CAUSE_TOKEN_UNKNOWN, CAUSE_SECRET_MISMATCH, all_else(inquiry));
}

/*
 * The clocks differ by more than is allowed. Proven where the same is accepted by the server's
 * clock; else it is what the server met first, unless it looks for the token first and does not
 * find it.
 */
static bool is_clock_to_blame(const struct inquiry *inquiry, enum known found)
{
    return found != KNOWN_NO || inquiry->what->admin == NULL ||
           version_since(inquiry->what->server, VERSION_TOKEN_FIRST) == KNOWN_NO;
}

static void explain_pair(struct inquiry *inquiry, const char *nonce)
{
    bool skewed = is_skewed(inquiry->contact, inquiry->what);
    enum known found = KNOWN_NOT;
    char clock[128] = "";

    describe_skew(inquiry->contact, clock, sizeof clock);
    inquiry->stored = ask_nonce(inquiry->what, nonce);
    if (inquiry->stored == KNOWN_YES) {
        behind_the_nonce(inquiry);
        return;
    }
    if (skewed && (send_again(inquiry, CALL_SOUND, STATUS_PATH) == ECHO_ACCEPTED ||
                   inquiry->stored == KNOWN_YES)) {
        name_cause(inquiry, CAUSE_CLOCK_SKEW, CAUSE_NONE, clock);
        return;
    }
    inquiry->silent[0] = '\0';
    if (reaches_with_path(inquiry)) {
        name_cause(inquiry, CAUSE_PATH_REWRITTEN, CAUSE_NONE,
                   "the URL's own path reaches Pritunl: the proxy must take it off");
        return;
    }
    found = finds_token(inquiry);
    if (skewed && is_clock_to_blame(inquiry, found))
        name_cause(inquiry, CAUSE_CLOCK_SKEW, CAUSE_NONE, clock);
    else if (found == KNOWN_YES)
        behind_the_token(inquiry);
    else if (found == KNOWN_NO)
        without_a_token(inquiry);
    else
        without_an_answer(inquiry);
}

/*
 * A pair that lies somewhere else than in the database may be an old copy: then nothing is to be
 * written, which would break every other consumer.
 */
static void advise(const struct verify_case *what, struct verify_result *result)
{
    bool copy = what->admin == NULL &&
                (result->cause == CAUSE_TOKEN_UNKNOWN || result->cause == CAUSE_SECRET_MISMATCH ||
                 result->also == CAUSE_SECRET_MISMATCH || result->also == CAUSE_TOKEN_UNKNOWN);

    if (copy)
        snprintf(
            result->remedy, sizeof result->remedy,
            "pritunl-access export again, from the database: this copy of the pair may be old");
    else if (result->cause == CAUSE_ADMINISTRATOR_DISABLED && result->also != CAUSE_NONE)
        snprintf(result->remedy, sizeof result->remedy,
                 "pritunl-access list, where the database is, to see who is disabled");
}

void explain_refusal(struct contact *contact, const struct verify_case *what,
                     const struct refusal *refused, struct verify_result *result)
{
    struct inquiry inquiry = {.contact = contact, .what = what, .result = result};
    enum cause flag = what->admin != NULL ? what->admin->flag_fault : CAUSE_NONE;

    result->strict = answerer_front_says(refused->answer, "Missing token");
    if (result->strict)
        name_cause(&inquiry, flag != CAUSE_NONE ? flag : CAUSE_WEB_STRICT, CAUSE_NONE,
                   flag != CAUSE_NONE ? admin_detail(what->admin, flag) : "");
    else if (contact_answerer(contact)->origin == ORIGIN_FRONT)
        name_cause(&inquiry, CAUSE_HEADERS_STRIPPED, CAUSE_NONE,
                   "a proxy adds a console cookie, which the front judges first");
    else if (flag == CAUSE_API_DISABLED)
        name_cause(&inquiry, flag, CAUSE_NONE, admin_detail(what->admin, flag));
    else if (finds_duplicate(what, result))
        result->cause = CAUSE_TOKEN_DUPLICATE;
    else
        explain_pair(&inquiry, refused->nonce);
    advise(what, result);
}
