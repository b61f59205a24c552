/* SPDX-License-Identifier: MIT */
#include "pritunl/change.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

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
static void rebuild(struct change *change, const char *name, const struct db_value *value)
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

static struct change_field *find(struct change *change, const char *name)
{
    for (size_t i = 0; i < change->count; i++)
        if (text_equal(change->fields[i].name, name))
            return &change->fields[i];
    return NULL;
}

static struct change_field *find_or_add(struct change *change, const char *name)
{
    struct change_field *field = find(change, name);

    if (field != NULL || change->count == CHANGE_FIELDS_MAX)
        return field;
    field = &change->fields[change->count++];
    *field = (struct change_field){mem_text(name), true};
    return field;
}

void change_set(struct change *change, const char *name, struct db_value value)
{
    struct db_value before = db_field(change->before, name);
    struct change_field *field = find_or_add(change, name);

    if (field == NULL || db_value_equal(&before, &value))
        return;
    field->pin_only = false;
    rebuild(change, name, &value);
}

void change_pin(struct change *change, const char *name)
{
    struct db_value before = db_field(change->before, name);

    if (find(change, name) == NULL && find_or_add(change, name) != NULL)
        rebuild(change, name, &before);
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

struct change *change_reverse(const struct change *change, const char *command)
{
    struct change *reverse = change_new(command, change->administrator, change->after);

    db_document_free(reverse->after);
    reverse->after = db_document_dup(change->before);
    for (size_t i = 0; i < change->count; i++)
        if (!change->fields[i].pin_only)
            reverse->fields[reverse->count++] =
                (struct change_field){mem_text(change->fields[i].name), false};
    return reverse;
}
