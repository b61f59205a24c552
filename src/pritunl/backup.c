/* SPDX-License-Identifier: MIT */
#include "pritunl/backup.h"

#include "base/mem.h"

struct backup {
    struct db_document *document;
};

char *backup_text(const struct admin *admin)
{
    static const char *const names[] = {"_id", "username", "token", "secret", "auth_api"};
    struct db_builder *builder = db_build();
    struct db_document *small = NULL;
    char *text = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        db_build_add(builder, names[i], db_field(admin->document, names[i]));
    small = db_document_new(builder);
    text = db_document_to_json(small);
    db_document_free(small);
    db_build_free(builder);
    return text;
}

struct backup *backup_read(const char *text, const char *username)
{
    struct backup *backup = NULL;
    struct db_document *document = NULL;
    struct db_value wanted = db_text(username != NULL ? username : "");
    struct db_value found = {0};
    struct error ignored = {0};

    if (text == NULL || username == NULL)
        return NULL;
    document = db_document_from_json(text, &ignored);
    if (document == NULL)
        return NULL;
    found = db_field(document, "username");
    if (db_field(document, "_id").type == DB_ABSENT || !db_value_equal(&found, &wanted)) {
        db_document_free(document);
        return NULL;
    }
    backup = mem_zero(1, sizeof *backup);
    backup->document = document;
    return backup;
}

void backup_free(struct backup *backup)
{
    if (backup == NULL)
        return;
    db_document_free(backup->document);
    mem_free(backup);
}

bool backup_was_on(const struct backup *backup)
{
    struct db_value flag = db_field(backup->document, "auth_api");

    return flag.type == DB_BOOL && flag.boolean;
}

struct change *backup_restore(const struct backup *backup, const struct admin *admin)
{
    static const char *const names[] = {"auth_api", "token", "secret"};
    struct change *change = change_new("restore", admin->username, admin->document);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct db_value value = db_field(backup->document, names[i]);

        if (value.type != DB_ABSENT)
            change_set(change, names[i], value);
        change_pin(change, names[i]);
    }
    return change;
}
