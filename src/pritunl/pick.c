/* SPDX-License-Identifier: MIT */
#include "pritunl/pick.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "pritunl/mark.h"

#define NAMES_SHOWN 20

/* "a, b, c" for a message; no more than fit there. */
static char *list_names(const struct snapshot *snapshot)
{
    struct buf names = BUF_EMPTY(700);

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const char *username = snapshot_admin(snapshot, i)->username;
        char *printable =
            username != NULL ? text_printable(username, strlen(username)) : mem_text("(no text)");

        if (i == NAMES_SHOWN || !buf_add_format(&names, "%s%s", i > 0 ? ", " : "", printable)) {
            buf_add_text(&names, " …");
            i = snapshot_count(snapshot);
        }
        mem_free(printable);
    }
    return buf_take(&names);
}

static void say_unclear(const struct snapshot *snapshot, struct error *error)
{
    char *names = list_names(snapshot);

    error_set(error, ERROR_AMBIGUOUS, "which administrator? there are several: %s", names);
    error_try(error, "the same command with one of these names, or with --administrator NAME");
    mem_free(names);
}

/*
 * The only one with API access on, else the only one there is. Temporary ones are never chosen:
 * whoever asks for none means one that is still there tomorrow.
 */
static const struct admin *choose_admin(const struct snapshot *snapshot, struct error *error)
{
    const struct admin *only = NULL;
    const struct admin *lasting = NULL;
    size_t on = 0;
    size_t count = 0;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (mark_read(admin->document, NULL))
            continue;
        lasting = admin;
        count++;
        if (admin->auth_api) {
            only = admin;
            on++;
        }
    }
    if (on == 1)
        return only;
    if (count != 1)
        say_unclear(snapshot, error);
    return count == 1 ? lasting : NULL;
}

static void say_unknown(const struct snapshot *snapshot, const char *username, struct error *error)
{
    char *printable = text_printable(username, strlen(username));
    char *names = list_names(snapshot);

    error_set(error, ERROR_NOT_FOUND, "no administrator is named %s; there are: %s", printable,
              names);
    error_try(error, "pritunl-access list");
    mem_free(names);
    mem_free(printable);
}

static void say_nobody(struct db *db, const char *username, struct error *error)
{
    const struct snapshot_query everybody = {.silent = true};
    struct snapshot *snapshot = snapshot_read(db, &everybody, error);

    if (snapshot != NULL)
        say_unknown(snapshot, username, error);
    snapshot_free(snapshot);
}

static void say_several(const struct snapshot *snapshot, const char *username, struct error *error)
{
    char *printable = text_printable(username, strlen(username));
    struct buf ids = BUF_EMPTY(200);

    for (size_t i = 0; i < snapshot_count(snapshot); i++)
        if (text_equal(snapshot_admin(snapshot, i)->username, username))
            buf_add_format(&ids, "%s%s", ids.length > 0 ? ", " : "",
                           snapshot_admin(snapshot, i)->id);
    error_set(error, ERROR_AMBIGUOUS, "several documents carry the name %s (%s)", printable,
              buf_text(&ids));
    error_try(error, "pritunl-access list, then rename or remove one of them in the database");
    buf_free(&ids);
    mem_free(printable);
}

const struct admin *pick_admin(const struct snapshot *snapshot, struct db *db, const char *username,
                               struct error *error)
{
    const struct admin *found = NULL;
    size_t count = 0;

    if (username == NULL)
        return choose_admin(snapshot, error);
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (!text_equal(admin->username, username))
            continue;
        found = admin;
        count++;
    }
    if (count == 1)
        return found;
    if (count > 1)
        say_several(snapshot, username, error);
    else if (snapshot_is_whole(snapshot))
        say_unknown(snapshot, username, error);
    else
        say_nobody(db, username, error);
    return NULL;
}
