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
#include "io/json_list.h"
#include "pritunl/dump_shape.h"

#define WINDOW 4 /* how many elements a connection may be ahead of the one that is due */
#define WAIT_MS 1000
#define ELEMENT_MAX ((size_t)256 * 1024) /* a user in a hundred servers has 30,000 bytes */
#define OBJECT_MAX ((size_t)1024 * 1024) /* what is no list: the settings, a refusal */
/* Beyond it only the list that is due goes on; the others are given up, and asked for again. */
#define CROWDED (DUMP_HELD_MAX / 4)

/* One element of the document. */
struct task {
    enum dump_part part;
    const char *element; /* its text, and its id, among the run's items */
    const char *id;
    struct dump_items lists[DUMP_LISTS_MAX];
    size_t asked;   /* how many of its lists */
    size_t missing; /* how many have not come */
};

/* A list on its way: of each element no more is kept than is written. */
struct intake {
    struct run *run;
    struct json_list list;
    const char *const *fields;
    size_t task; /* whose it is */
    struct dump_items items;
    bool crowded; /* it was ended for the room that it takes, and may be asked for again */
    bool full;    /* it passes what can be held */
};

struct lane {
    bool busy; /* task is being asked for, or waits to be asked again */
    bool waits;
    int64_t at_ms;
    size_t list; /* of the intake's task */
    unsigned attempt;
    struct request_path path;
    struct call call;
    struct call_wire wire;
    struct http_answer answer;
    struct intake intake;
};

struct run {
    struct contact *contact;
    const struct verify_case *what;
    struct dump_options options; /* our own: links are left out where there is no plan for them */
    const struct dump_sink *sink;
    struct dump_writer writer;
    struct dump_items parts[DUMP_PART_COUNT];
    size_t held; /* bytes of all items */
    struct task *tasks;
    size_t count;
    size_t size;
    size_t due;  /* the next to be written */
    size_t next; /* the next of which a list is to be asked for */
    struct lane *lanes;
    struct http_multi *multi;
    struct error *error;
};

static void drop_items(struct run *run, struct dump_items *items)
{
    run->held -= items->bytes;
    dump_items_free(items);
}

static void add_item(struct run *run, struct dump_items *items, const struct json *element,
                     const char *const *fields)
{
    struct json *picked = dump_pick(element, fields, run->options.reveal);
    size_t before = items->bytes;

    dump_items_add(items, picked);
    run->held += items->bytes - before;
    json_free(picked);
}

static bool take_item(void *context, const struct json *element)
{
    struct intake *intake = context;
    struct run *run = intake->run;

    if (json_type_of(element) != JSON_MAP)
        return false;
    add_item(run, &intake->items, element, intake->fields);
    intake->crowded = run->held > CROWDED && intake->task != run->due;
    intake->full = run->held > DUMP_HELD_MAX && !intake->crowded;
    return !intake->crowded && !intake->full;
}

/* As the beginning of a call's stream. */
static void begin_intake(void *context)
{
    struct intake *intake = context;

    drop_items(intake->run, &intake->items);
    json_list_free(&intake->list);
    json_list_begin(&intake->list, ELEMENT_MAX, take_item, intake);
    intake->crowded = intake->full = false;
}

static void end_intake(struct intake *intake)
{
    drop_items(intake->run, &intake->items);
    json_list_free(&intake->list);
}

/* As the stream of a call. */
static bool take_bytes(void *context, const struct http_answer *answer, const char *bytes,
                       size_t length)
{
    struct intake *intake = context;

    (void)answer;
    return json_list_add(&intake->list, bytes, length);
}

static void add_task(struct run *run, enum dump_part part, size_t index)
{
    const struct dump_items *items = &run->parts[part];

    if (run->count == run->size) {
        run->size = run->size == 0 ? 64 : 2 * run->size;
        run->tasks = mem_grow(run->tasks, run->size * sizeof *run->tasks);
    }
    run->tasks[run->count] = (struct task){
        .part = part, .element = dump_items_text(items, index), .id = dump_items_id(items, index)};
    for (int i = 0; i < DUMP_LISTS_MAX; i++)
        run->tasks[run->count].missing += dump_shapes[part].lists[i].name != NULL;
    run->count++;
}

static bool is_asked(const struct task *task)
{
    return task->asked == DUMP_LISTS_MAX || dump_shapes[task->part].lists[task->asked].name == NULL;
}

static bool odd(struct run *run, const char *path)
{
    error_set(run->error, ERROR_API, "GET %s: what came is not what Pritunl answers", path);
    return error_blame(run->error, CAUSE_NOT_PRITUNL);
}

/* A stream that ended the transfer by itself, or that came to an end too early. */
static bool spoilt(struct run *run, const struct intake *intake, const char *path)
{
    if (!intake->full)
        return odd(run, path);
    error_set(run->error, ERROR_API, "GET %s: a list that takes more than %zu MiB", path,
              DUMP_HELD_MAX / 1024 / 1024);
    return error_try(run->error, "pritunl-access dump --from database");
}

/* The one object of a part. */
static bool take_one_object(struct run *run, enum dump_part part, const struct http_answer *answer)
{
    struct error ignored;
    struct json *value =
        json_parse(buf_text(&answer->body), answer->body.length, "answer", &ignored);
    bool done = json_type_of(value) == JSON_MAP;

    if (done)
        add_item(run, &run->parts[part], value, dump_shapes[part].fields);
    json_free(value);
    return done || odd(run, dump_shapes[part].path);
}

/* The list of a part. */
static bool take_list(struct run *run, enum dump_part part, struct intake *intake)
{
    if (!json_list_is_whole(&intake->list))
        return spoilt(run, intake, dump_shapes[part].path);
    run->parts[part] = intake->items;
    intake->items = (struct dump_items){0};
    dump_items_sort(&run->parts[part]);
    return true;
}

/* The elements of a part become tasks. */
static bool list_part(struct run *run, enum dump_part part)
{
    const struct dump_shape *shape = &dump_shapes[part];
    struct request_path path = {0};
    struct intake intake = {.run = run, .fields = shape->fields};
    struct call call = {.method = "GET",
                        .path = &path,
                        .server_time = run->what->server_time,
                        .stream = shape->one ? NULL : take_bytes,
                        .stream_context = &intake,
                        .stream_begin = begin_intake};
    struct http_answer answer = HTTP_ANSWER_EMPTY(OBJECT_MAX);
    bool done = false;
    enum cause cause = CAUSE_NONE;

    if (!request_path(shape->path, &path, run->error))
        return false;
    cause = call_send(run->contact, run->what->access, &call, &answer);
    if (part == DUMP_LINKS && cause == CAUSE_NONE && answer.status == 404) {
        term_warn("links are left out: %s", cause_text(CAUSE_LICENCE_REQUIRED));
        run->options.parts[part] = false;
        done = true;
    } else if (answer.failure == HTTP_FAILURE_ENDED) {
        done = spoilt(run, &intake, shape->path);
    } else if (cause != CAUSE_NONE || answer.status != 200) {
        done = call_error(run->contact, run->what, &call, cause, &answer, run->error);
    } else {
        done = shape->one ? take_one_object(run, part, &answer) : take_list(run, part, &intake);
    }
    for (size_t i = 0; done && i < run->parts[part].count; i++)
        add_task(run, part, i);
    end_intake(&intake);
    http_answer_free(&answer);
    request_path_clear(&path);
    return done;
}

static void ask_lane(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];

    lane->waits = false;
    lane->attempt++;
    begin_intake(&lane->intake);
    call_sign(run->contact, run->what->access, &lane->call, &lane->wire);
    http_multi_start(run->multi, index, &lane->wire.request, &lane->answer);
}

static bool begin_task(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];
    struct task *task = &run->tasks[run->next];
    const char *form = dump_shapes[task->part].lists[task->asked].path;
    char *path = NULL;
    bool done = false;

    if (*task->id == '\0')
        return odd(run, dump_shapes[task->part].path);
    path = text_format("%.*s%s%s", (int)strcspn(form, "%"), form, task->id, strchr(form, '%') + 2);
    done = request_path(path, &lane->path, run->error);
    mem_free(path);
    if (!done)
        return false;
    lane->busy = true;
    lane->attempt = 0;
    lane->intake.task = run->next;
    lane->intake.fields = dump_shapes[task->part].lists[task->asked].fields;
    lane->list = task->asked++;
    lane->call = (struct call){.method = "GET",
                               .path = &lane->path,
                               .server_time = run->what->server_time,
                               .stream = take_bytes,
                               .stream_context = &lane->intake};
    ask_lane(run, index);
    return true;
}

static void end_lane(struct lane *lane)
{
    call_wire_clear(&lane->wire);
    http_answer_free(&lane->answer);
    request_path_clear(&lane->path);
    end_intake(&lane->intake);
    lane->busy = false;
}

/* Is there room for one more list, or nothing to be had without it? */
static bool has_room(const struct run *run, size_t task)
{
    return run->held <= CROWDED / 2 || task == run->due;
}

static bool may_begin(const struct run *run)
{
    return run->next < run->count && run->next < run->due + WINDOW * run->options.jobs &&
           has_room(run, run->next);
}

/* Every lane that may has something to do; *wait_ms until one that waits may go on. */
static bool feed(struct run *run, int64_t *wait_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    *wait_ms = WAIT_MS;
    for (size_t i = 0; i < run->options.jobs; i++) {
        struct lane *lane = &run->lanes[i];

        if (lane->busy && lane->waits && has_room(run, lane->intake.task)) {
            if (lane->at_ms <= now_ms)
                ask_lane(run, i);
            else if (lane->at_ms - now_ms < *wait_ms)
                *wait_ms = lane->at_ms - now_ms;
        }
        if (lane->busy)
            continue;
        while (run->next < run->count && is_asked(&run->tasks[run->next]))
            run->next++;
        if (may_begin(run) && !begin_task(run, i))
            return false;
    }
    return true;
}

static bool take_answer(struct run *run, struct lane *lane)
{
    struct intake *intake = &lane->intake;
    struct task *task = &run->tasks[intake->task];

    if (!json_list_is_whole(&intake->list))
        return spoilt(run, intake, lane->path.decoded);
    task->lists[lane->list] = intake->items;
    intake->items = (struct dump_items){0};
    if (!dump_shapes[task->part].lists[lane->list].ordered)
        dump_items_sort(&task->lists[lane->list]);
    task->missing--;
    return true;
}

/* One lane's request has ended. */
static bool settle_lane(struct run *run, size_t index)
{
    struct lane *lane = &run->lanes[index];
    bool came = lane->answer.failure == HTTP_FAILURE_NONE;
    bool crowded = lane->answer.failure == HTTP_FAILURE_ENDED && lane->intake.crowded;
    int64_t delay_ms = 0;
    bool done = false;

    call_wire_clear(&lane->wire);
    if (crowded || call_again(&lane->call, &lane->answer, lane->attempt, &delay_ms)) {
        lane->waits = true;
        lane->attempt -= crowded;
        lane->at_ms = clock_monotonic_ms() + delay_ms;
        drop_items(run, &lane->intake.items);
        return true;
    }
    if (came && lane->answer.status == 200) {
        done = take_answer(run, lane);
    } else if (lane->answer.failure == HTTP_FAILURE_ENDED) {
        done = spoilt(run, &lane->intake, lane->path.decoded);
    } else {
        enum cause cause = came ? CAUSE_NONE : contact_failure(run->contact, &lane->answer);

        done = call_error(run->contact, run->what, &lane->call, cause, &lane->answer, run->error);
    }
    end_lane(lane);
    return done;
}

static void clear_task(struct run *run, struct task *task)
{
    for (int i = 0; i < DUMP_LISTS_MAX; i++)
        drop_items(run, &task->lists[i]);
}

static bool write_due(struct run *run)
{
    while (run->due < run->count && run->tasks[run->due].missing == 0) {
        struct task *task = &run->tasks[run->due++];

        if (!dump_write(&run->writer, task->part, task->element, task->lists, run->error))
            return false;
        clear_task(run, task);
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
    for (size_t i = 0; i < options->jobs; i++) {
        run.lanes[i].answer = (struct http_answer)HTTP_ANSWER_EMPTY(OBJECT_MAX);
        run.lanes[i].intake.run = &run;
    }
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
        clear_task(&run, &run.tasks[i]);
    for (int part = 0; part < DUMP_PART_COUNT; part++)
        dump_items_free(&run.parts[part]);
    mem_free(run.tasks);
    mem_free(run.lanes);
    return done;
}
