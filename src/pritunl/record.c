/* SPDX-License-Identifier: MIT */
#include "pritunl/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "io/crypto.h"
#include "io/json.h"

#define RECORD_MAX ((size_t)16 * 1024 * 1024) /* a document has at most 16 MiB */
#define PREFIX "undo-"
#define SUFFIX ".json"
#define RANDOM_LENGTH 6

/*
 * The first directory of $STATE_DIRECTORY (systemd joins several with colons), or else the user's.
 * NULL without a home.
 */
static char *state_directory(void)
{
    const char *given = file_variable("STATE_DIRECTORY");
    const char *state_home = given == NULL ? file_variable("XDG_STATE_HOME") : NULL;
    const char *home = given == NULL && state_home == NULL ? file_variable("HOME") : NULL;

    if (given != NULL)
        return mem_copy(given, strcspn(given, ":"));
    if (state_home != NULL)
        return text_format("%s/pritunl-access", state_home);
    return home != NULL ? text_format("%s/.local/state/pritunl-access", home) : NULL;
}

char *record_place(const struct db *db)
{
    return text_format("%s/%s", db_name(db), db_prefix(db));
}

/*
 * Extended JSON cannot carry everything: an object with the key "$oid" comes back as something
 * else.
 */
static bool is_same_read_back(const char *text, const struct db_document *document)
{
    struct error ignored;
    struct db_document *back = db_document_from_json(text, &ignored);
    bool same = back != NULL && db_document_equal(back, document);

    db_document_free(back);
    return same;
}

/* Of document, _id and the written fields alone: nothing else is needed to undo. */
static char *trimmed(const struct change *change, const struct db_document *document)
{
    struct db_builder *builder = db_build();
    struct db_document *small = NULL;
    char *text = NULL;

    db_build_add(builder, "_id", db_field(document, "_id"));
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            db_build_add(builder, change->fields[i].name,
                         db_field(document, change->fields[i].name));
    small = db_document_new(builder);
    text = db_document_to_json(small);
    if (text != NULL && !is_same_read_back(text, small)) {
        mem_free(text);
        text = NULL;
    }
    db_document_free(small);
    db_build_free(builder);
    return text;
}

/* NULL where a value cannot be put into a record and got back as it is. */
static struct json *record_to_json(const struct change *change, const char *id, int64_t now_ms,
                                   const char *place)
{
    struct json *json = json_make_object();
    struct json *fields = json_make_array();
    char *before = trimmed(change, change->before);
    char *after = trimmed(change, change->after);
    char time[CLOCK_TEXT_SIZE];

    clock_text(now_ms, time);
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            json_add(fields, json_make_text(change->fields[i].name));
    json_put_text(json, "id", id);
    json_put_text(json, "time", time);
    json_put_int(json, "time_ms", now_ms);
    json_put_text(json, "command", change->command);
    json_put_text(json, "administrator", change->administrator);
    json_put_text(json, "place", place);
    json_put(json, "fields", fields);
    json_put_text(json, "before", before);
    json_put_text(json, "after", after);
    if (before == NULL || after == NULL) {
        json_free(json);
        json = NULL;
    }
    mem_free(before);
    mem_free(after);
    return json;
}

static int is_record(const struct dirent *entry)
{
    return text_starts(entry->d_name, PREFIX) && text_ends(entry->d_name, SUFFIX);
}

/* The number in a record's file name; 0 for one from before there were any. */
static int64_t record_number(const char *name)
{
    const char *dash = strchr(name + strlen(PREFIX), '-');
    char *end = NULL;
    long long number = dash != NULL ? strtoll(dash + 1, &end, 10) : 0;

    return end != NULL && *end == '-' && number > 0 ? (int64_t)number : 0;
}

/* By number and not by time: the host's clock may have been set back since. */
static int compare_records(const struct dirent **left, const struct dirent **right)
{
    int64_t a = record_number((*left)->d_name);
    int64_t b = record_number((*right)->d_name);

    return a != b ? (a > b) - (a < b) : strcmp((*left)->d_name, (*right)->d_name);
}

/* Looked for once: whoever changes thousands would read what it has written again for each. */
static int64_t next_number(const char *directory)
{
    static int64_t last;
    struct dirent **entries = NULL;
    int found = 0;

    if (last == 0) {
        found = scandir(directory, &entries, is_record, compare_records);
        last = found > 0 ? record_number(entries[found - 1]->d_name) : 0;
        for (int i = 0; i < found; i++)
            free(entries[i]); /* lint-allow free: scandir's own */
        free(entries);        /* lint-allow free: scandir's own */
    }
    return ++last;
}

/* 20261122T170000123Z-7-ABCDEF: the seventh; two of one moment differ. */
static char *make_id(int64_t now_ms, int64_t number)
{
    char random[RANDOM_LENGTH + 1];
    char time[CLOCK_TEXT_SIZE];
    char digits[CLOCK_TEXT_SIZE];
    size_t length = 0;

    clock_text(now_ms, time);
    for (const char *p = time; *p != '\0' && *p != 'Z'; p++)
        if (*p != '-' && *p != ':')
            digits[length++] = *p;
    digits[length] = '\0';
    crypto_random_text(random, RANDOM_LENGTH);
    return text_format("%s%03dZ-%lld-%s", digits, (int)(now_ms % 1000), (long long)number, random);
}

static void refuse_record(const struct change *change, struct error *error)
{
    struct error why = *error;

    error_set(error, ERROR_OUTPUT,
              "no undo record can be written, so nothing was changed of %s: %s",
              change->administrator, why.text);
    error_try(error, "set STATE_DIRECTORY to a directory of your own, or --no-undo");
}

bool record_save(const struct change *change, const char *place, char **id, struct error *error)
{
    const struct file_attributes private = {0600, FILE_OWNER_UNCHANGED, FILE_GROUP_UNCHANGED};
    struct buf text = BUF_EMPTY(RECORD_MAX);
    char *directory = state_directory();
    char *path = NULL;
    struct json *json = NULL;
    int64_t now_ms = clock_wall_ms();
    bool changed = false;
    bool done = false;

    *id = NULL;
    if (directory == NULL) {
        error_set(error, ERROR_OUTPUT, "there is no home directory: HOME is not set");
        goto out;
    }
    if (!directory_make(directory, error))
        goto out;
    *id = make_id(now_ms, next_number(directory));
    path = text_format("%s/" PREFIX "%s" SUFFIX, directory, *id);
    json = record_to_json(change, *id, now_ms, place);
    if (json == NULL)
        error_set(error, ERROR_OUTPUT, "what stands there now cannot be put into one");
    else if (!json_write(json, 0, &text) || !buf_add_text(&text, "\n"))
        error_set(error, ERROR_OUTPUT, "it would be too large");
    else
        done = file_replace(path, &text, &private, &changed, error);
out:
    if (!done)
        refuse_record(change, error);
    if (!done) {
        mem_free(*id);
        *id = NULL;
    }
    json_free(json);
    mem_free(path);
    mem_free(directory);
    buf_free(&text);
    return done;
}

static void record_clear(struct record *record)
{
    mem_free(record->id);
    mem_free(record->path);
    mem_free(record->command);
    mem_free(record->place);
    change_free(record->change);
    *record = (struct record){0};
}

/* The fields by name, pinned and to be written; false where the list is none. */
static bool take_fields(struct change *change, const struct json *fields)
{
    for (size_t i = 0; i < json_count(fields) && change->count < CHANGE_FIELDS_MAX; i++) {
        const char *name = json_text(json_at(fields, i), NULL);

        if (name == NULL)
            return false;
        change->fields[change->count++] = (struct change_field){.name = mem_text(name)};
    }
    return change->count > 0;
}

static struct change *record_to_change(const struct json *json)
{
    const char *before_text = json_text(json_get(json, "before"), NULL);
    const char *after_text = json_text(json_get(json, "after"), NULL);
    const char *administrator = json_text(json_get(json, "administrator"), NULL);
    struct db_document *before = NULL;
    struct db_document *after = NULL;
    struct change *change = NULL;
    struct error ignored;

    if (before_text == NULL || after_text == NULL)
        return NULL;
    before = db_document_from_json(before_text, &ignored);
    after = db_document_from_json(after_text, &ignored);
    if (before != NULL && after != NULL) {
        change = change_new("undo", administrator, before);
        db_document_free(change->after);
        change->after = after;
        after = NULL;
        if (!take_fields(change, json_get(json, "fields"))) {
            change_free(change);
            change = NULL;
        }
    }
    db_document_free(before);
    db_document_free(after);
    return change;
}

static bool read_record(const char *path, struct record *record)
{
    struct buf text = BUF_EMPTY(RECORD_MAX);
    struct json *json = NULL;
    struct error why;

    error_set(&why, ERROR_FORMAT, "%s: it is no undo record of ours", path);
    *record = (struct record){.path = mem_text(path)};
    if (file_read(path, &text, NULL, &why))
        json = json_parse(buf_text(&text), text.length, path, &why);
    if (json != NULL) {
        record->id = mem_text(json_text(json_get(json, "id"), NULL));
        record->time_ms = json_int(json_get(json, "time_ms"), 0);
        record->command = mem_text(json_text(json_get(json, "command"), NULL));
        record->place = mem_text(json_text(json_get(json, "place"), NULL));
        record->change = record_to_change(json);
    }
    json_free(json);
    buf_free(&text);
    if (record->id != NULL && record->command != NULL && record->place != NULL &&
        record->change != NULL)
        return true;
    term_warn("passed over: %s", why.text);
    record_clear(record);
    return false;
}

bool record_list(const char *place, struct record **records, size_t *count, struct error *error)
{
    char *directory = state_directory();
    struct dirent **entries = NULL;
    int found = directory != NULL ? scandir(directory, &entries, is_record, compare_records) : 0;
    bool done = true;

    *records = NULL;
    *count = 0;
    if (found < 0 && errno != ENOENT)
        done = error_set(error, ERROR_OUTPUT, "%s: %s", directory, strerror(errno));
    if (found > 0)
        *records = mem_zero((size_t)found, sizeof **records);
    for (int i = 0; i < found; i++) {
        char *path = text_format("%s/%s", directory, entries[i]->d_name);
        struct record *record = &(*records)[*count];

        if (read_record(path, record)) {
            if (text_equal(record->place, place))
                (*count)++;
            else
                record_clear(record);
        }
        mem_free(path);
        free(entries[i]); /* lint-allow free: scandir's own */
    }
    free(entries); /* lint-allow free: scandir's own */
    mem_free(directory);
    return done;
}

void record_list_free(struct record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        record_clear(&records[i]);
    mem_free(records);
}

bool record_purge(const struct record *records, size_t found, size_t *count, struct error *error)
{
    bool done = true;

    *count = 0;
    for (size_t i = 0; done && i < found; i++)
        if (unlink(records[i].path) == 0)
            (*count)++;
        else if (errno != ENOENT)
            done = error_set(error, ERROR_OUTPUT, "%s: %s", records[i].path, strerror(errno));
    return done;
}

char *record_names(const struct change *change)
{
    struct buf names = BUF_EMPTY(BUF_MAX);

    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            buf_add_format(&names, "%s%s", names.length > 0 ? ", " : "", change->fields[i].name);
    return buf_take(&names);
}
