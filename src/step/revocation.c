/* SPDX-License-Identifier: MIT */
#include "step/revocation.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "pritunl/announce.h"
#include "pritunl/mark.h"
#include "pritunl/revoke.h"
#include "step/lease.h"

void revocation_init(struct revocation *revocation, const struct session *session)
{
    *revocation = (struct revocation){.session = session, .revoked = json_make_array()};
}

void revocation_clear(struct revocation *revocation)
{
    json_free(revocation->revoked);
    mem_free(revocation->chosen);
    *revocation = (struct revocation){0};
}

void revocation_add(struct revocation *revocation, const struct admin *admin)
{
    for (size_t i = 0; i < revocation->count; i++)
        if (revocation->chosen[i] == admin)
            return;
    if (revocation->chosen == NULL)
        revocation->chosen = mem_zero(snapshot_count(session_snapshot(revocation->session)),
                                      sizeof *revocation->chosen);
    revocation->chosen[revocation->count++] = admin;
}

static char *revoked_name(const struct admin *admin)
{
    return text_printable(admin_name(admin), strlen(admin_name(admin)));
}

void revocation_show(const struct revocation *revocation, struct buf *out)
{
    for (size_t i = 0; i < revocation->count; i++) {
        struct mark mark = {0};
        char left[MARK_LEFT_SIZE];
        char *name = revoked_name(revocation->chosen[i]);
        char *label = NULL;

        mark_read(revocation->chosen[i]->document, &mark);
        mark_left(&mark, clock_wall_ms(), left);
        label = text_printable(mark.label, strlen(mark.label));
        buf_add_format(out, "  %s (%s, left: %s) is deleted\n", name, label, left);
        mem_free(label);
        mem_free(name);
        mark_clear(&mark);
    }
}

void revocation_write(const struct revocation *revocation, bool dry_run, struct buf *out)
{
    for (size_t i = 0; i < revocation->count; i++) {
        char *name = NULL;

        if (revocation->chosen[i] == NULL)
            continue;
        name = revoked_name(revocation->chosen[i]);
        buf_add_format(out, "%s: %s\n", name, dry_run ? "would be revoked (dry run)" : "revoked");
        mem_free(name);
    }
}

/* Enabled super users beside this one that are still there. */
static bool is_last_super_user(const struct revocation *revocation, size_t index)
{
    const struct snapshot *snapshot = session_snapshot(revocation->session);
    const struct admin *admin = revocation->chosen[index];

    if (!admin->super_user || admin->disabled)
        return false;
    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *other = snapshot_admin(snapshot, i);
        bool gone = other == admin;

        for (size_t k = 0; k < index && !gone; k++)
            gone = revocation->chosen[k] == other;
        if (!gone && other->super_user && !other->disabled)
            return false;
    }
    return true;
}

static void warn_last(const struct admin *admin)
{
    term_warn("%s is the last enabled super user: it stays", admin->username);
}

static bool refuse_last(struct error *error)
{
    return error_set(error, ERROR_REFUSED, "the last enabled super user is never removed");
}

bool revocation_check(const struct revocation *revocation, struct error *error)
{
    for (size_t i = 0; i < revocation->count; i++)
        if (is_last_super_user(revocation, i)) {
            warn_last(revocation->chosen[i]);
            return refuse_last(error);
        }
    return true;
}

static bool delete_lease(const struct revocation *revocation, const struct admin *admin,
                         struct error *error)
{
    struct mark mark = {0};

    if (!revoke_admin(session_db(revocation->session), admin, false, error))
        return false;
    term_done("%s was revoked", admin_name(admin));
    mark_read(admin->document, &mark);
    announce_leased(session_db(revocation->session), session_server(revocation->session), admin,
                    mark.label, false);
    mark_clear(&mark);
    return true;
}

static void keep_last(struct revocation *revocation, size_t index)
{
    warn_last(revocation->chosen[index]);
    revocation->chosen[index] = NULL;
    revocation->kept++;
}

bool revocation_run(struct revocation *revocation, bool dry_run, struct error *error)
{
    for (size_t i = 0; i < revocation->count; i++) {
        const struct admin *admin = revocation->chosen[i];

        if (is_last_super_user(revocation, i)) {
            keep_last(revocation, i);
            continue;
        }
        if (!dry_run && !delete_lease(revocation, admin, error)) {
            if (error->kind != ERROR_REFUSED)
                return false;
            keep_last(revocation, i); /* another one was deleted at the same moment */
            continue;
        }
        json_add(revocation->revoked, json_make_text(admin->username));
    }
    return revocation->kept == 0 || refuse_last(error);
}
