/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <string.h>

#include "api/call.h"
#include "api/call_error.h"
#include "api/dump_api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/http_multi.h"
#include "pritunl/dump_shape.h"

#define WINDOW 4 /* how many elements a connection may be ahead of the one that is due */
#define WAIT_MS 1000

/* One element of the document. */
struct task {
    enum dump_part part;
    struct json *element;
    struct buf lists[DUMP_LISTS_MAX];
    size_t asked;   /* how many of its lists */
    size_t missing; /* how many have not come */
};

struct lane {
    bool busy; /* task is being asked for, or waits to be asked again */
    bool waits;
    int64_t at_ms;
    size_t task;
    size_t list; /* of the task's */
    unsigned attempt;
    struct request_path path;
    struct call call;
    struct call_wire wire;
    struct http_answer answer;
};

struct run {
    struct contact *contact;
    const struct verify_case *what;
    struct dump_options options; /* our own: links are left out where there is no plan for them */
    const struct dump_sink *sink;
    struct dump_writer writer;
    struct task *tasks;
    size_t count;
    size_t size;
    size_t due;  /* the next to be written */
    size_t next; /* the next of which a list is to be asked for */
    struct lane *lanes;
    struct http_multi *multi;
    struct error *error;
};

static void add_task(struct run *run, enum dump_part part, struct json *element)
{
    if (run->count == run->size) {
        run->size = run->size == 0 ? 64 : 2 * run->size;
        run->tasks = mem_grow(run->tasks, run->size * sizeof *run->tasks);
    }
    run->tasks[run->count] = (struct task){.part = part, .element = element};
    for (int i = 0; i < DUMP_LISTS_MAX; i++) {
        run->tasks[run->count].lists[i] = (struct buf)BUF_EMPTY(DUMP_ANSWER_MAX);
        run->tasks[run->count].missing += dump_shapes[part].lists[i].name != NULL;
    }
    run->count++;
}

static bool is_asked(const struct task *task)
{
    return task->asked == DUMP_LISTS_MAX || dump_shapes[task->part].lists[task->asked].name == NULL;
}

static void clear_task(struct task *task)
{
    json_free(task->element);
    task->element = NULL;
    for (int i = 0; i < DUMP_LISTS_MAX; i++)
        buf_free(&task->lists[i]);
}

static bool odd(struct run *run, const char *path)
{
    error_set(run->error, ERROR_API, "GET %s: what came is not what Pritunl answers", path);
    return error_blame(run->error, CAUSE_NOT_PRITUNL);
}

/* The list of a part (or its one object) becomes tasks. */
static bool list_part(struct run *run, enum dump_part part)
{
    const struct dump_shape *shape = &dump_shapes[part];
    struct request_path path = {0};
    struct call call = {.method = "GET", .path = &path, .server_time = run->what->server_time};
    struct http_answer answer = HTTP_ANSWER_EMPTY(DUMP_ANSWER_MAX);
    struct json **values = NULL;
    struct json *value = NULL;
    struct error ignored;
    size_t count = 0;
    bool done = false;
    enum cause cause = CAUSE_NONE;

    if (!request_path(shape->path, &path, run->error))
        goto out;
    cause = call_send(run->contact, run->what->access, &call, &answer);
    if (part == DUMP_LINKS && cause == CAUSE_NONE && answer.status == 404) {
        term_warn("links are left out: %s", cause_text(CAUSE_LICENCE_REQUIRED));
        run->options.parts[part] = false;
        done = true;
        goto out;
    }
    if (cause != CAUSE_NONE || answer.status != 200) {
        call_error(run->contact, run->what, &call, cause, &answer, run->error);
        goto out;
    }
    value = json_parse(buf_text(&answer.body), answer.body.length, "answer", &ignored);
    if (shape->one && json_type_of(value) == JSON_MAP) {
        add_task(run, part, dump_pick(value, shape->fields, run->options.reveal));
        done = true;
    } else if (!shape->one &&
               dump_take(value, shape->fields, run->options.reveal, false, &values, &count)) {
        for (size_t i = 0; i < count; i++)
            add_task(run, part, values[i]);
        mem_free(values);
        done = true;
    } else {
        odd(run, shape->path);
    }
out:
    json_free(value);
    http_answer_free(&answer);
    request_path_clear(&path);
    return done;
}

static void ask_lane(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];

    lane->waits = false;
    lane->attempt++;
    call_sign(run->contact, run->what->access, &lane->call, &lane->wire);
    http_multi_start(run->multi, index, &lane->wire.request, &lane->answer);
}

static bool begin_task(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];
    struct task *task = &run->tasks[run->next];
    const char *id = json_text(json_get(task->element, "id"), NULL);
    const char *form = dump_shapes[task->part].lists[task->asked].path;
    char *text = NULL;
    bool done = false;

    if (id == NULL)
        return odd(run, dump_shapes[task->part].path);
    text = text_format("%.*s%s%s", (int)strcspn(form, "%"), form, id, strchr(form, '%') + 2);
    done = request_path(text, &lane->path, run->error);
    mem_free(text);
    if (!done)
        return false;
    lane->busy = true;
    lane->attempt = 0;
    lane->task = run->next;
    lane->list = task->asked++;
    lane->call =
        (struct call){.method = "GET", .path = &lane->path, .server_time = run->what->server_time};
    ask_lane(run, index);
    return true;
}

static void end_lane(struct lane *lane)
{
    call_wire_clear(&lane->wire);
    http_answer_free(&lane->answer);
    request_path_clear(&lane->path);
    lane->busy = false;
}

/* Every lane that may has something to do; *wait_ms until one that waits may go on. */
static bool feed(struct run *run, int64_t *wait_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    *wait_ms = WAIT_MS;
    for (size_t i = 0; i < run->options.jobs; i++) {
        struct lane *lane = &run->lanes[i];

        if (lane->busy && lane->waits && lane->at_ms <= now_ms)
            ask_lane(run, i);
        else if (lane->busy && lane->waits && lane->at_ms - now_ms < *wait_ms)
            *wait_ms = lane->at_ms - now_ms;
        if (lane->busy)
            continue;
        while (run->next < run->count && is_asked(&run->tasks[run->next]))
            run->next++;
        if (run->next < run->count && run->next < run->due + WINDOW * run->options.jobs &&
            !begin_task(run, i))
            return false;
    }
    return true;
}

static bool take_answer(struct run *run, const struct lane *lane)
{
    struct task *task = &run->tasks[lane->task];
    const struct dump_list *form = &dump_shapes[task->part].lists[lane->list];
    struct buf *out = &task->lists[lane->list];
    struct error ignored;
    struct json *list =
        json_parse(buf_text(&lane->answer.body), lane->answer.body.length, "answer", &ignored);
    struct json **values = NULL;
    size_t count = 0;
    bool done = dump_take(list, form->fields, run->options.reveal, form->ordered, &values, &count);

    json_free(list);
    if (!done)
        return odd(run, lane->path.decoded);
    dump_children(values, count, &run->options, out);
    dump_drop(values, count);
    if (out->full)
        return error_set(run->error, ERROR_API, "GET %s: larger than %zu bytes", lane->path.decoded,
                         DUMP_ANSWER_MAX);
    task->missing--;
    return true;
}

/* One lane's request has ended. */
static bool settle_lane(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];
    bool came = lane->answer.failure == HTTP_FAILURE_NONE;
    int64_t delay_ms = 0;
    bool done = false;

    call_wire_clear(&lane->wire);
    if (call_again(&lane->call, &lane->answer, lane->attempt, &delay_ms)) {
        lane->waits = true;
        lane->at_ms = clock_monotonic_ms() + delay_ms;
        return true;
    }
    if (came && lane->answer.status == 200) {
        done = take_answer(run, lane);
    } else {
        enum cause cause = came ? CAUSE_NONE : contact_failure(run->contact, &lane->answer);

        done = call_error(run->contact, run->what, &lane->call, cause, &lane->answer, run->error);
    }
    end_lane(lane);
    return done;
}

static bool write_due(struct run *run)
{
    while (run->due < run->count && run->tasks[run->due].missing == 0) {
        struct task *task = &run->tasks[run->due++];

        if (!dump_write(&run->writer, task->part, task->element, task->lists, run->error))
            return false;
        clear_task(task);
    }
    if (run->sink->progress != NULL)
        run->sink->progress(run->sink->context, run->due, run->count);
    return true;
}

static bool run_all(struct run *run)
{
    int64_t wait_ms = 0;
    size_t index = 0;

    while (write_due(run) && run->due < run->count) {
        if (!feed(run, &wait_ms))
            return false;
        if (http_multi_wait(run->multi, wait_ms, &index)) {
            if (!settle_lane(run, index))
                return false;
        } else if (wait_ms < WAIT_MS) {
            poll(NULL, 0, (int)wait_ms); /* all that is left waits to be asked again */
        }
    }
    return run->due == run->count && dump_write_end(&run->writer, run->error);
}

bool dump_from_api(struct contact *contact, const struct verify_case *what,
                   const struct dump_options *options, const struct dump_sink *sink,
                   struct error *error)
{
    struct run run = {.contact = contact,
                      .what = what,
                      .options = *options,
                      .sink = sink,
                      .lanes = mem_zero(options->jobs, sizeof(struct lane)),
                      .error = error};
    bool done = true;

    dump_writer_init(&run.writer, &run.options, sink);
    for (size_t i = 0; i < options->jobs; i++)
        run.lanes[i].answer = (struct http_answer)HTTP_ANSWER_EMPTY(DUMP_ANSWER_MAX);
    for (int part = 0; done && part < DUMP_PART_COUNT; part++)
        done = !options->parts[part] || list_part(&run, (enum dump_part)part);
    if (done) {
        run.multi = contact_multi(contact, options->jobs);
        done = run_all(&run);
    }
    http_multi_free(run.multi);
    for (size_t i = 0; i < options->jobs; i++)
        end_lane(&run.lanes[i]);
    for (size_t i = run.due > 0 ? run.due - 1 : 0; i < run.count; i++)
        clear_task(&run.tasks[i]);
    mem_free(run.tasks);
    mem_free(run.lanes);
    return done;
}
