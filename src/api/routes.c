/* SPDX-License-Identifier: MIT */
#include "api/routes.h"

#include <string.h>

#include "api/call.h"
#include "api/call_error.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/text.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define BODY_ROOM (REQUEST_BODY_MAX - 1000)

void routes_clear(struct routes *routes)
{
    mem_free(routes->server);
    mem_free(routes->server_name);
    networks_clear(&routes->refused);
    networks_clear(&routes->reasons);
}

/*
 * One call; *value is the 2xx answer's JSON. ERROR_REFUSED with *code "server_route_…" says that it
 * is the content's fault.
 */
static bool call_api(struct routes *routes, const char *method, const char *path,
                     const struct buf *body, struct json **value, struct error *error)
{
    struct request_path target = {0};
    struct http_answer answer = HTTP_ANSWER_EMPTY(ANSWER_MAX);
    struct call what = {.method = method,
                        .path = &target,
                        .body = body != NULL ? buf_text(body) : NULL,
                        .body_length = body != NULL ? body->length : 0,
                        .server_time = routes->what->server_time};
    struct error ignored;
    enum cause cause = CAUSE_NONE;

    *value = NULL;
    if (!request_path(path, &target, error))
        return false;
    cause = call_send(routes->contact, routes->what->access, &what, &answer);
    if (cause == CAUSE_NONE && answer.status / 100 == 2)
        *value = json_parse(buf_text(&answer.body), answer.body.length, "answer", &ignored);
    if (cause != CAUSE_NONE || answer.status / 100 != 2)
        call_error(routes->contact, routes->what, &what, cause, &answer, error);
    else if (*value == NULL)
        error_set(error, ERROR_API, "%s %s: the answer is no JSON", method, path);
    http_answer_free(&answer);
    request_path_clear(&target);
    return *value != NULL;
}

bool routes_find(struct routes *routes, const char *name, struct error *error)
{
    struct json *servers = NULL;
    size_t met = 0;

    if (!call_api(routes, "GET", "/server", NULL, &servers, error))
        return false;
    for (size_t i = 0; i < json_count(servers); i++) {
        const struct json *server = json_at(servers, i);
        const char *id = json_text(json_get(server, "id"), NULL);
        const char *own = json_text(json_get(server, "name"), NULL);

        if (id == NULL || (!text_equal(id, name) && !text_equal(own, name)))
            continue;
        mem_free(routes->server);
        mem_free(routes->server_name);
        routes->server = mem_text(id);
        routes->server_name =
            text_printable(own != NULL ? own : id, strlen(own != NULL ? own : id));
        met++;
    }
    json_free(servers);
    if (met == 1)
        return true;
    error_set(error, ERROR_USAGE, "%s server is called \"%s\"", met == 0 ? "no" : "more than one",
              name);
    return error_try(error, "pritunl-access api GET /server");
}

bool routes_there(struct routes *routes, struct networks *networks, struct error *error)
{
    char *path = text_format("/server/%s/route", routes->server);
    char network[NETWORK_TEXT_SIZE];
    struct json *list = NULL;
    bool done = call_api(routes, "GET", path, NULL, &list, error);

    for (size_t i = 0; i < json_count(list); i++) {
        const char *text = json_text(json_get(json_at(list, i), "network"), NULL);

        if (text != NULL && network_normalise(text, network, NULL))
            networks_add(networks, network);
    }
    networks_sort(networks);
    json_free(list);
    mem_free(path);
    return done;
}

static void add_route_item(const struct routes *routes, const char *network, struct buf *body)
{
    struct json *item = json_make_object();

    json_put_text(item, "network", network);
    json_put_bool(item, "nat", routes->nat);
    if (routes->comment != NULL)
        json_put_text(item, "comment", routes->comment);
    buf_add_text(body, body->length > 0 ? ", " : "[");
    json_write(item, 0, body);
    json_free(item);
}

/* Is the refusal about one of the networks? An online server is not. */
static bool is_about_network(const struct error *error)
{
    return error->kind == ERROR_REFUSED && strstr(error->text, "[server_route_") != NULL &&
           strstr(error->text, "_online]") == NULL;
}

/* Fronts of before 2023-08 take less, and answer what is over it as what they cannot read. */
static bool is_too_large(const struct error *error, size_t length)
{
    return error->kind == ERROR_REFUSED && length > REQUEST_BODY_OLD_MAX &&
           strstr(error->text, "the web front cannot read the body") != NULL;
}

/* Each further body makes it more. */
static void say_added(size_t added, size_t wanted)
{
    ending_note(ENDING_STANDS, "%zu of %zu routes were added%s", added, wanted,
                added < wanted ? " before that; the same command adds the rest" : "");
    ending_note(ENDING_WRITE, NULL);
}

static bool add_some(struct routes *routes, char *const *items, size_t count, size_t *added,
                     struct error *error)
{
    struct buf body = BUF_EMPTY(BUF_MAX);
    struct json *answer = NULL;
    char *path = NULL;
    bool splits = false;
    bool done = false;

    for (size_t i = 0; i < count; i++)
        add_route_item(routes, items[i], &body);
    buf_add_text(&body, "]");
    path = text_format("/server/%s/routes", routes->server);
    done = call_api(routes, "POST", path, &body, &answer, error);
    splits = !done && (is_about_network(error) || is_too_large(error, body.length));
    mem_free(path);
    buf_free(&body);
    json_free(answer);
    if (done) {
        *added += count;
        say_added(*added, routes->wanted);
    }
    if (!splits)
        return done;
    if (count > 1)
        return add_some(routes, items, count / 2, added, error) &&
               add_some(routes, items + count / 2, count - count / 2, added, error);
    networks_add(&routes->refused, items[0]);
    networks_add(&routes->reasons, error->text);
    return true;
}

bool routes_add(struct routes *routes, const struct networks *networks, size_t *added,
                struct error *error)
{
    struct buf measure = BUF_EMPTY(BUF_MAX);
    size_t from = 0;

    routes->wanted = networks->count;
    for (size_t i = 0; i < networks->count; i++) {
        size_t before = measure.length;

        add_route_item(routes, networks->items[i], &measure);
        if (measure.length <= BODY_ROOM || before == 0)
            continue;
        if (!add_some(routes, networks->items + from, i - from, added, error)) {
            buf_free(&measure);
            return false;
        }
        from = i--;
        buf_free(&measure);
    }
    buf_free(&measure);
    return from == networks->count ||
           add_some(routes, networks->items + from, networks->count - from, added, error);
}
