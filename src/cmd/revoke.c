/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/agree.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "cmd/lend.h"
#include "pritunl/issued.h"

struct revocation {
    const struct settings *settings;
    const char *word; /* NULL with --expired or --all-issued */
    struct flow flow;
    const struct admin **chosen;
    size_t count;
    struct json *revoked;
    size_t kept; /* the last super user */
};

static bool matches(const struct revocation *revocation, const struct admin *admin,
                    const struct issued *issued)
{
    if (revocation->word != NULL)
        return text_equal(issued->label, revocation->word) ||
               text_equal(admin->username, revocation->word) ||
               text_equal(admin->token, revocation->word);
    return settings_flag(revocation->settings, OPTION_ALL_ISSUED) ||
           issued->expires_ms <= clock_wall_ms();
}

/* What was typed is never repeated: it may be a token. */
static bool check_count(const struct revocation *revocation, struct error *error)
{
    if (revocation->word == NULL || revocation->count == 1)
        return true;
    if (revocation->count == 0)
        error_set(error, ERROR_NOT_FOUND,
                  "no temporary administrator has that label, username or token");
    else
        error_set(error, ERROR_AMBIGUOUS, "that names %zu temporary administrators: %s, %s …",
                  revocation->count, revocation->chosen[0]->username,
                  revocation->chosen[1]->username);
    return error_try(error, "pritunl-access list --issued");
}

static bool choose(struct revocation *revocation, struct error *error)
{
    const struct cluster *cluster = &revocation->flow.cluster;

    revocation->chosen = mem_zero(cluster->admin_count, sizeof *revocation->chosen);
    for (size_t i = 0; i < cluster->admin_count; i++) {
        struct issued issued;

        if (!issued_read(cluster->admins[i]->document, &issued))
            continue;
        if (matches(revocation, cluster->admins[i], &issued))
            revocation->chosen[revocation->count++] = cluster->admins[i];
        issued_clear(&issued);
    }
    return check_count(revocation, error);
}

/* Enabled super users beside this one that are still there. */
static bool is_last_super_user(const struct revocation *revocation, size_t index)
{
    const struct cluster *cluster = &revocation->flow.cluster;
    const struct admin *admin = revocation->chosen[index];

    if (!admin->super_user || admin->disabled)
        return false;
    for (size_t i = 0; i < cluster->admin_count; i++) {
        const struct admin *other = cluster->admins[i];
        bool gone = other == admin;

        for (size_t k = 0; k < index && !gone; k++)
            gone = revocation->chosen[k] == other;
        if (!gone && other->super_user && !other->disabled)
            return false;
    }
    return true;
}

static bool ask(const struct revocation *revocation, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    for (size_t i = 0; i < revocation->count; i++) {
        struct issued issued = {0};
        char left[ISSUED_LEFT_SIZE];

        issued_read(revocation->chosen[i]->document, &issued);
        issued_left(&issued, clock_wall_ms(), left);
        buf_add_format(&text, "  %s (%s, left: %s) is deleted\n", revocation->chosen[i]->username,
                       issued.label, left);
        issued_clear(&issued);
    }
    if (revocation->count > 0)
        agreed = agree(revocation->settings, buf_text(&text), "Delete this?", error);
    buf_free(&text);
    return agreed;
}

/* Before a failure: what was done all the same. */
static bool failed(const struct revocation *revocation)
{
    for (size_t i = 0; i < json_count(revocation->revoked); i++)
        term_note("%s was revoked", json_text(json_at(revocation->revoked, i), NULL));
    return false;
}

static bool run(struct revocation *revocation, struct error *error)
{
    for (size_t i = 0; i < revocation->count; i++) {
        const struct admin *admin = revocation->chosen[i];
        struct issued issued = {0};

        if (is_last_super_user(revocation, i)) {
            term_warn("%s is the last enabled super user: it stays", admin->username);
            revocation->chosen[i] = NULL;
            revocation->kept++;
            continue;
        }
        if (!settings_flag(revocation->settings, OPTION_DRY_RUN)) {
            if (!issued_remove(revocation->flow.db, admin->document, error))
                return failed(revocation);
            issued_read(admin->document, &issued);
            lend_announce(&revocation->flow, db_field(admin->document, "_id"), "admin_updated",
                          issued.label);
            issued_clear(&issued);
        }
        json_add(revocation->revoked, json_make_text(admin->username));
    }
    if (revocation->kept == 0)
        return true;
    error_set(error, ERROR_REFUSED, "the last enabled super user is never removed");
    return failed(revocation);
}

static bool answer(struct revocation *revocation, struct error *error)
{
    bool dry_run = settings_flag(revocation->settings, OPTION_DRY_RUN);
    struct buf out = BUF_EMPTY(BUF_MAX);
    struct json *json = NULL;

    if (settings_flag(revocation->settings, OPTION_JSON)) {
        json = json_make_object();
        json_put(json, "revoked", revocation->revoked);
        json_put_bool(json, "dry_run", dry_run);
        revocation->revoked = NULL;
        return answer_json(json, error);
    }
    for (size_t i = 0; i < revocation->count; i++)
        if (revocation->chosen[i] != NULL)
            buf_add_format(&out, "%s: %s\n", revocation->chosen[i]->username,
                           dry_run ? "would be revoked (dry run)" : "revoked");
    if (revocation->count == 0)
        buf_add_text(&out, "nothing to revoke\n");
    return answer_text(&out, error);
}

bool cmd_revoke(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    struct revocation revocation = {.settings = settings,
                                    .word = arguments->word_count > 0 ? arguments->words[0] : NULL};
    const struct cluster_query everybody = {.wants_server = true, .silent = true};
    struct flow *flow = &revocation.flow;
    bool done = false;

    *status = 0;
    if ((revocation.word != NULL) + settings_flag(settings, OPTION_EXPIRED) +
            settings_flag(settings, OPTION_ALL_ISSUED) !=
        1) {
        error_set(
            error, ERROR_USAGE,
            "revoke: one of a label, username or token, --expired and --all-issued is wanted");
        return error_try(error, "pritunl-access list --issued");
    }
    revocation.revoked = json_make_array();
    flow_init(flow, settings, NULL);
    flow->writes = true;
    done = flow_open(flow, error) && cluster_read(flow->db, &everybody, &flow->cluster, error) &&
           cluster_need_admins(flow->db, &flow->cluster, error) && choose(&revocation, error) &&
           ask(&revocation, error) && run(&revocation, error) && answer(&revocation, error);
    json_free(revocation.revoked);
    mem_free(revocation.chosen);
    flow_clear(flow);
    return done;
}
