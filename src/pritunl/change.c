/* SPDX-License-Identifier: MIT */
#include "pritunl/change.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/write.h"

struct change *change_new(const char *command, const char *administrator,
                          const struct db_document *before)
{
    struct change *change = mem_zero(1, sizeof *change);

    change->command = command;
    change->administrator = mem_text(administrator != NULL ? administrator : "");
    change->before = db_document_dup(before);
    change->after = db_document_dup(before);
    return change;
}

void change_free(struct change *change)
{
    if (change == NULL)
        return;
    mem_free(change->administrator);
    db_document_free(change->before);
    db_document_free(change->after);
    for (size_t i = 0; i < change->count; i++)
        mem_free(change->fields[i].name);
    mem_free(change);
}

/* after with name set to value: its _id and the fields that the change is about, nothing else. */
static void rebuild_after(struct change *change, const char *name, const struct db_value *value)
{
    struct db_builder *builder = db_build();

    db_build_add(builder, "_id", db_field(change->after, "_id"));
    for (size_t i = 0; i < change->count; i++) {
        const char *each = change->fields[i].name;

        db_build_add(builder, each,
                     text_equal(each, name) ? *value : db_field(change->after, each));
    }
    db_document_free(change->after);
    change->after = db_document_new(builder);
    db_build_free(builder);
}

static struct change_field *find_changed_field(struct change *change, const char *name)
{
    for (size_t i = 0; i < change->count; i++)
        if (text_equal(change->fields[i].name, name))
            return &change->fields[i];
    return NULL;
}

static struct change_field *add_changed_field(struct change *change, const char *name)
{
    struct change_field *field = find_changed_field(change, name);

    if (field != NULL || change->count == CHANGE_FIELDS_MAX)
        return field;
    field = &change->fields[change->count++];
    *field = (struct change_field){.name = mem_text(name), .pin_only = true};
    return field;
}

void change_set(struct change *change, const char *name, struct db_value value)
{
    struct db_value before = db_field(change->before, name);
    struct change_field *field = add_changed_field(change, name);

    if (field == NULL || db_value_equal(&before, &value))
        return;
    field->pin_only = false;
    rebuild_after(change, name, &value);
}

void change_pin(struct change *change, const char *name)
{
    struct db_value before = db_field(change->before, name);

    if (find_changed_field(change, name) == NULL && add_changed_field(change, name) != NULL)
        rebuild_after(change, name, &before);
}

void change_blind(struct change *change, const char *name, struct db_value value)
{
    struct change_field *field = add_changed_field(change, name);

    if (field == NULL)
        return;
    field->blind = true;
    rebuild_after(change, name, &value);
}

bool change_is_empty(const struct change *change)
{
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            return false;
    return true;
}

bool change_writes(const struct change *change, const char *name)
{
    for (size_t i = 0; i < change->count; i++)
        if (text_equal(change->fields[i].name, name))
            return !change->fields[i].pin_only;
    return false;
}

bool change_renews_token(const struct change *change)
{
    return change_writes(change, "token");
}

bool change_opens_access(const struct change *change)
{
    return change_writes(change, "auth_api") || change_writes(change, "disabled");
}

bool change_overwrites_secret(const struct change *change)
{
    static const char *const secrets[] = {"token", "secret", "password", "default_password",
                                          "otp_secret"};

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        struct db_value before = db_field(change->before, secrets[i]);
        bool there = before.type != DB_ABSENT && before.type != DB_NULL &&
                     (before.type != DB_TEXT || before.length > 0);

        if (there && change_writes(change, secrets[i]))
            return true;
    }
    return false;
}

bool change_ends_access(const struct change *change, const struct admin *admin)
{
    struct admin *after = admin_read(change->after);
    bool ends = change_renews_token(change) || change_writes(change, "secret") ||
                (change_writes(change, "auth_api") && !after->auth_api) ||
                (change_writes(change, "disabled") && after->disabled);

    admin_free(after);
    return ends && admin->token != NULL && admin->auth_api && !admin->disabled;
}

struct change *change_reverse(const struct change *change, const char *command)
{
    struct change *reverse = change_new(command, change->administrator, change->after);

    db_document_free(reverse->after);
    reverse->after = db_document_dup(change->before);
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            reverse->fields[reverse->count++] =
                (struct change_field){.name = mem_text(change->fields[i].name)};
    return reverse;
}

#define SETTLE_MS 200
#define SETTLE_ATTEMPTS 2

/*
 * {name: {"$not": {"$type": "array"}, …}}: a query on a scalar would match an array that holds it,
 * too.
 */
static void add_not_array(struct db_builder *pin)
{
    struct db_builder *type = db_build();

    db_build_add(type, "$type", db_text("array"));
    db_build_add(pin, "$not", db_build_value(type));
    db_build_free(type);
}

void change_match(struct db_builder *filter, const char *name, struct db_value value)
{
    struct db_builder *pin = db_build();

    if (value.type == DB_ABSENT) {
        db_build_add(pin, "$exists", db_bool(false));
    } else if (value.type == DB_NULL) {
        db_build_add(pin, "$type", db_text("null"));
        add_not_array(pin);
    } else {
        db_build_add(pin, "$eq", value);
        db_build_add(pin, "$type", db_int(value.bson_type));
        if (value.type != DB_ARRAY)
            add_not_array(pin);
    }
    db_build_add(filter, name, db_build_value(pin));
    db_build_free(pin);
}

static struct db_builder *make_filter(const struct change *change)
{
    struct db_builder *filter = db_build();

    db_build_add(filter, "_id", db_field(change->before, "_id"));
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].blind)
            change_match(filter, change->fields[i].name,
                         db_field(change->before, change->fields[i].name));
    return filter;
}

static struct db_builder *make_update(const struct change *change)
{
    struct db_builder *update = db_build();
    struct db_builder *set = db_build();
    struct db_builder *unset = db_build();
    bool sets = false;
    bool unsets = false;

    for (size_t i = 0; i < change->count; i++) {
        const char *name = change->fields[i].name;
        struct db_value value = db_field(change->after, name);

        if (change->fields[i].pin_only && !change->fields[i].blind)
            continue;
        if (value.type == DB_ABSENT) {
            db_build_add(unset, name, db_text(""));
            unsets = true;
        } else {
            db_build_add(set, name, value);
            sets = true;
        }
    }
    if (sets)
        db_build_add(update, "$set", db_build_value(set));
    if (unsets)
        db_build_add(update, "$unset", db_build_value(unset));
    db_build_free(set);
    db_build_free(unset);
    return update;
}

static bool has_equal_fields(const struct change *change, const struct db_document *a,
                             const struct db_document *b, bool pins_too)
{
    for (size_t i = 0; i < change->count; i++) {
        struct db_value first = db_field(a, change->fields[i].name);
        struct db_value second = db_field(b, change->fields[i].name);

        if (change->fields[i].blind)
            continue;
        if ((pins_too || !change->fields[i].pin_only) && !db_value_equal(&first, &second))
            return false;
    }
    return true;
}

bool change_look(struct db *db, const struct change *change, enum change_state *state,
                 struct error *error)
{
    struct db_builder *projection = db_build();
    struct db_param params[] = {{"id", db_field(change->before, "_id")}, {"projection", {0}}};
    struct db_rows *rows = NULL;
    bool done = false;

    for (size_t i = 0; i < change->count; i++)
        db_build_add(projection, change->fields[i].name, db_int(1));
    params[1].value = db_build_value(projection);
    done = db_query(db, QUERY_DOCUMENT, params, 2, &rows, error);
    if (done) {
        const struct db_document *found = db_rows_count(rows) > 0 ? db_rows_at(rows, 0) : NULL;

        *state = found == NULL                                            ? CHANGE_GONE
                 : has_equal_fields(change, found, change->after, false)  ? CHANGE_AFTER
                 : has_equal_fields(change, found, change->before, true)  ? CHANGE_BEFORE
                 : has_equal_fields(change, found, change->before, false) ? CHANGE_PINNED
                                                                          : CHANGE_OTHER;
    }
    db_rows_free(rows);
    db_build_free(projection);
    return done;
}

/* In four dialects; a refusal is told otherwise. */
static bool is_unknown_command(int code)
{
    static const int codes[] = {59, 115, 238, 304};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (code == codes[i])
            return true;
    return false;
}

static enum db_outcome send_change(struct db *db, const void *what, struct error *error)
{
    const struct change *change = what;
    struct db_builder *filter = make_filter(change);
    struct db_builder *update = make_update(change);
    struct db_param params[] = {{"filter", db_build_value(filter)},
                                {"update", db_build_value(update)}};
    struct db_document *met = NULL;
    enum db_outcome outcome = db_write(db, QUERY_CHANGE, params, 2, &met, error);

    if (outcome == DB_FAILED && is_unknown_command(db_code(db)))
        outcome = db_write(db, QUERY_CHANGE_PLAIN, params, 2, NULL, error);
    /*
     * The filter is exact; a server that matches more loosely than it says must not go unnoticed.
     */
    if (met != NULL && !has_equal_fields(change, met, change->before, true))
        outcome = DB_UNKNOWN;
    db_document_free(met);
    db_build_free(filter);
    db_build_free(update);
    return outcome;
}

static enum write_seen look_at_change(struct db *db, const void *what, struct error *error)
{
    enum change_state state = CHANGE_OTHER;

    if (!change_look(db, what, &state, error))
        return WRITE_SEEN_NOTHING;
    switch (state) {
    case CHANGE_AFTER:
        return WRITE_SEEN_AFTER;
    case CHANGE_BEFORE:
        return WRITE_SEEN_BEFORE;
    case CHANGE_GONE:
        return WRITE_SEEN_GONE;
    default:
        return WRITE_SEEN_OTHER;
    }
}

bool change_apply(struct db *db, const struct change *change, bool *confirmed, struct error *error)
{
    const struct write write = {change, send_change, look_at_change};
    enum write_end end = write_until_known(db, &write, confirmed, error);
    struct error why = *error;

    switch (end) {
    case WRITE_DONE:
        return true;
    case WRITE_REFUSED:
        return false;
    case WRITE_UNKNOWN:
        error_set(error, ERROR_DATABASE, "it is not known whether %s was changed: %s",
                  change->administrator, why.text);
        error_blame(error, why.cause);
        break;
    case WRITE_CONFLICT:
        error_set(error, ERROR_CONFLICT,
                  "%s was changed by someone else meanwhile; nothing was written to it",
                  change->administrator);
        break;
    case WRITE_GONE:
        error_set(error, ERROR_NOT_FOUND, "%s is not there any more; nothing was written to it",
                  change->administrator);
        return error_try(error, "pritunl-access list");
    }
    return error_try(error, "pritunl-access list, then the same command again");
}

static void say_not_seen_again(const struct change *change, struct error *error)
{
    struct error why = *error;

    error_set(error, ERROR_DATABASE, "%s was changed, but whether that stands is not known: %s",
              change->administrator, why.text);
    error_blame(error, why.cause);
    error_try(error, "pritunl-access verify");
}

static void say_overwritten(const struct change *change, enum change_state state,
                            struct error *error)
{
    error_set(error, ERROR_CONFLICT, "%s was changed, and then %s", change->administrator,
              state == CHANGE_GONE ? "deleted by someone else"
                                   : "overwritten by someone else (a console save?)");
    error_try(error, "pritunl-access list, then the same command again");
}

bool change_settle(struct db *db, const struct change *change, int64_t written_ms,
                   struct error *error)
{
    enum change_state state = CHANGE_OTHER;
    bool confirmed = true;

    for (int attempt = 0; attempt < SETTLE_ATTEMPTS; attempt++) {
        clock_sleep_ms(written_ms + SETTLE_MS - clock_monotonic_ms());
        if (!change_look(db, change, &state, error)) {
            say_not_seen_again(change, error);
            return false;
        }
        if (state == CHANGE_AFTER)
            return true;
        if (state != CHANGE_BEFORE || attempt + 1 == SETTLE_ATTEMPTS)
            break;
        if (!change_apply(db, change, &confirmed, error)) {
            if (error->kind == ERROR_CONFLICT || error->kind == ERROR_NOT_FOUND)
                say_overwritten(change, error->kind == ERROR_NOT_FOUND ? CHANGE_GONE : CHANGE_OTHER,
                                error);
            return false;
        }
        written_ms = clock_monotonic_ms();
    }
    say_overwritten(change, state, error);
    return false;
}

bool change_stands(struct db *db, const struct change *change, struct error *error)
{
    enum change_state state = CHANGE_OTHER;

    if (!change_look(db, change, &state, error)) {
        say_not_seen_again(change, error);
        return false;
    }
    if (state != CHANGE_AFTER)
        say_overwritten(change, state, error);
    return state == CHANGE_AFTER;
}
