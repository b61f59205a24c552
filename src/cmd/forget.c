/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/agree.h"
#include "cmd/alter.h"
#include "cmd/answer.h"
#include "cmd/lend.h"
#include "cmd/options.h"
#include "cmd/renew.h"
#include "cmd/revocation.h"
#include "format/find.h"
#include "format/format.h"
#include "place/directory.h"
#include "place/source.h"
#include "pritunl/issued.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

struct target {
    const char *path;
    struct stat seen;      /* as it was looked at */
    struct access *access; /* the pair in it */
};

struct forgetting {
    const struct settings *settings;
    struct target *targets;
    size_t count;
    bool dry_run;
    struct flow flow;
    struct revocation revocation;   /* of temporary administrators */
    struct alteration *alterations; /* of the others: a new pair */
    size_t alteration_count;
    struct json *deleted;
};

static bool not_ours(const struct target *target, struct error *error)
{
    *error = (struct error){0};
    return error_set(error, ERROR_USAGE,
                     "%s: refused, because it is not (only) a credential that export wrote",
                     target->path);
}

/* A file that export wrote: one of its formats, and nothing under other names than ours. */
static bool read_credential_file(struct target *target, const char *names, struct error *error)
{
    struct buf content = BUF_EMPTY(TEXT_MAX);
    struct pairs pairs = {0};
    struct sets sets = {0};
    const struct wanted wanted = {.names = &sets, .own_url = true};
    bool done = file_read(target->path, &content, NULL, error);

    done = done && sets_read(names, false, &sets, error);
    if (done)
        done = (format_decode(target->path, buf_text(&content), content.length, &sets, &pairs,
                              error) &&
                !pairs.foreign &&
                find_credential(&wanted, target->path, &pairs, &target->access, error)) ||
               not_ours(target, error);
    for (size_t i = 0; done && i < pairs.count; i++)
        done = names_is_known(names, pairs.items[i].name);
    if (!done && error->kind == ERROR_NONE)
        not_ours(target, error);
    sets_clear(&sets);
    pairs_clear(&pairs);
    buf_free(&content);
    return done;
}

static bool read_credential_directory(struct target *target, const char *names, struct error *error)
{
    char *where = text_format("file:%s%s", *target->path == '/' ? "" : "./", target->path);
    const struct source_config config = {.where = where, .names = names};
    bool done = credentials_check(target->path, names, error) &&
                (source_read(&config, &target->access, error) || not_ours(target, error));

    mem_free(where);
    return done;
}

static bool look_at(const struct forgetting *forgetting, struct target *target, struct error *error)
{
    const char *names = settings_text(forgetting->settings, OPTION_NAMES);

    if (lstat(target->path, &target->seen) != 0)
        return error_set(error, ERROR_USAGE, "%s: %s", target->path, strerror(errno));
    if (S_ISDIR(target->seen.st_mode))
        return read_credential_directory(target, names, error);
    if (!S_ISREG(target->seen.st_mode))
        return error_set(error, ERROR_USAGE, "%s: refused, because it is no ordinary file",
                         target->path);
    return read_credential_file(target, names, error);
}

static bool plan_new_pair(struct forgetting *forgetting, const struct admin *admin,
                          struct error *error)
{
    struct alteration *alteration = &forgetting->alterations[forgetting->alteration_count];
    struct db_value id = db_field(admin->document, "_id");

    for (size_t i = 0; i < forgetting->alteration_count; i++) {
        struct db_value other = db_field(forgetting->alterations[i].change->before, "_id");

        if (db_value_equal(&id, &other))
            return true;
    }
    forgetting->alteration_count++;
    alteration->flow = &forgetting->flow;
    alteration->effect = "anything that uses the old token stops working";
    alteration->change = change_new("forget", admin->username, admin->document);
    return renew_pair(forgetting->flow.db, alteration->change, error);
}

/* Whoever has this pair; with one half of it nothing can be signed. */
static bool plan_pair(struct forgetting *forgetting, const struct target *target,
                      struct error *error)
{
    const struct snapshot *snapshot = forgetting->flow.snapshot;
    bool found = false;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (!text_equal(admin->token, target->access->token) ||
            !text_equal(admin->secret, target->access->secret))
            continue;
        found = true;
        if (issued_read(admin->document, NULL))
            revocation_add(&forgetting->revocation, admin);
        else if (!plan_new_pair(forgetting, admin, error))
            return false;
    }
    if (!found)
        term_note("%s: nobody has the pair that it holds (any more)", target->path);
    return true;
}

static bool plan_pairs(struct forgetting *forgetting, struct error *error)
{
    forgetting->alterations =
        mem_zero(snapshot_count(forgetting->flow.snapshot), sizeof *forgetting->alterations);
    for (size_t i = 0; i < forgetting->count; i++)
        if (!plan_pair(forgetting, &forgetting->targets[i], error))
            return false;
    return true;
}

static bool agree_to_forget(const struct forgetting *forgetting, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    for (size_t i = 0; i < forgetting->alteration_count; i++)
        alter_show(&forgetting->alterations[i], &text);
    revocation_show(&forgetting->revocation, &text);
    for (size_t i = 0; text.length > 0 && i < forgetting->count; i++)
        buf_add_format(&text, "  %s is deleted\n", forgetting->targets[i].path);
    agreed = agree(forgetting->settings, buf_text(&text), "Change this?", error);
    buf_free(&text);
    return agreed;
}

/*
 * First what the pairs can do, then the files: after a failure between the two the same command
 * goes on.
 */
static bool take_back(struct forgetting *forgetting, struct error *error)
{
    if (!lend_read(&forgetting->flow, error) || !plan_pairs(forgetting, error) ||
        !revocation_check(&forgetting->revocation, error) || !agree_to_forget(forgetting, error))
        return false;
    for (size_t i = 0; i < forgetting->alteration_count; i++)
        if (!alter_run(&forgetting->alterations[i], error))
            return false;
    return revocation_run(&forgetting->revocation, forgetting->dry_run, error);
}

/* Whoever was asked agreed to delete what had been looked at. */
static bool is_unchanged(const struct target *target, struct error *error)
{
    const struct stat *seen = &target->seen;
    struct stat now = {0};

    if (lstat(target->path, &now) != 0)
        return error_set(error, ERROR_OUTPUT, "%s: %s", target->path, strerror(errno));
    if (now.st_dev == seen->st_dev && now.st_ino == seen->st_ino && now.st_size == seen->st_size &&
        now.st_mtim.tv_sec == seen->st_mtim.tv_sec && now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec)
        return true;
    return error_set(error, ERROR_CONFLICT, "%s was changed meanwhile: it was not deleted",
                     target->path);
}

static bool delete_one(const struct forgetting *forgetting, const struct target *target,
                       struct error *error)
{
    if (forgetting->dry_run)
        return true;
    if (!is_unchanged(target, error))
        return false;
    if (S_ISDIR(target->seen.st_mode))
        return credentials_remove(target->path, settings_text(forgetting->settings, OPTION_NAMES),
                                  error);
    return unlink(target->path) == 0 ||
           error_set(error, ERROR_OUTPUT, "%s: %s", target->path, strerror(errno));
}

static bool delete_all(struct forgetting *forgetting, struct error *error)
{
    for (size_t i = 0; i < forgetting->count; i++) {
        const struct target *target = &forgetting->targets[i];

        if (!delete_one(forgetting, target, error))
            return false;
        json_add(forgetting->deleted, json_make_text(target->path));
        if (!settings_flag(forgetting->settings, OPTION_JSON))
            term_note("%s: %s", target->path,
                      forgetting->dry_run ? "would be deleted (dry run)" : "deleted");
    }
    return true;
}

static struct json *forgetting_json(const struct forgetting *forgetting)
{
    struct json *json = json_make_object();
    struct json *replaced = json_make_array();

    json_put(json, "deleted", json_share(forgetting->deleted));
    for (size_t i = 0; i < forgetting->alteration_count; i++)
        json_add(replaced, alter_json(&forgetting->alterations[i]));
    if (settings_flag(forgetting->settings, OPTION_REVOKE)) {
        json_put(json, "revoked", json_share(forgetting->revocation.revoked));
        json_put(json, "replaced", json_share(replaced));
    }
    if (settings_flag(forgetting->settings, OPTION_REVOKE) || forgetting->dry_run)
        json_put_bool(json, "dry_run", forgetting->dry_run);
    json_free(replaced);
    return json;
}

static bool answer_forgetting(const struct forgetting *forgetting, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (settings_flag(forgetting->settings, OPTION_JSON))
        return answer_json(forgetting_json(forgetting), error);
    for (size_t i = 0; i < forgetting->alteration_count; i++)
        alter_write(&forgetting->alterations[i], &out);
    revocation_write(&forgetting->revocation, forgetting->dry_run, &out);
    return out.length == 0 || answer_text(&out, error);
}

/* The same entry, named twice; another name of one file is to go too. */
static bool is_double(const struct target *one, const struct target *other)
{
    return one->seen.st_dev == other->seen.st_dev && one->seen.st_ino == other->seen.st_ino &&
           (S_ISDIR(one->seen.st_mode) || one->seen.st_nlink == 1 ||
            text_equal(one->path, other->path));
}

static void drop_last_if_double(struct forgetting *forgetting)
{
    struct target *last = &forgetting->targets[forgetting->count - 1];

    for (struct target *each = forgetting->targets; each < last; each++)
        if (is_double(each, last)) {
            access_free(last->access);
            *last = (struct target){0};
            forgetting->count--;
            return;
        }
}

/* All are looked at before anything is changed or deleted. */
static bool forget_all(struct forgetting *forgetting, const struct run *run, struct error *error)
{
    for (int i = 0; i < run->word_count; i++) {
        struct target *target = &forgetting->targets[forgetting->count++];

        target->path = run->words[i];
        if (!look_at(forgetting, target, error))
            return false;
        drop_last_if_double(forgetting);
    }
    if ((!settings_flag(forgetting->settings, OPTION_REVOKE) || take_back(forgetting, error)) &&
        delete_all(forgetting, error))
        return answer_forgetting(forgetting, error);
    for (size_t i = 0; i < forgetting->alteration_count; i++)
        alter_note(&forgetting->alterations[i]);
    return false;
}

static void forgetting_clear(struct forgetting *forgetting)
{
    for (size_t i = 0; i < forgetting->count; i++)
        access_free(forgetting->targets[i].access);
    for (size_t i = 0; i < forgetting->alteration_count; i++) {
        change_free(forgetting->alterations[i].change);
        alter_clear(&forgetting->alterations[i]);
    }
    mem_free(forgetting->alterations);
    mem_free(forgetting->targets);
    json_free(forgetting->deleted);
    revocation_clear(&forgetting->revocation);
    flow_clear(&forgetting->flow);
}

static bool run_forget(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct forgetting forgetting = {.settings = settings,
                                    .dry_run = settings_flag(settings, OPTION_DRY_RUN)};
    bool done = false;

    if (run->word_count == 0) {
        error_set(error, ERROR_USAGE, "forget: no file is named");
        return error_try(error, "pritunl-access forget FILE");
    }
    forgetting.targets = mem_zero((size_t)run->word_count, sizeof *forgetting.targets);
    forgetting.deleted = json_make_array();
    flow_init(&forgetting.flow, settings, NULL);
    revocation_init(&forgetting.revocation, &forgetting.flow);
    done = forget_all(&forgetting, run, error);
    forgetting_clear(&forgetting);
    return done;
}

const struct command cmd_forget = {
    .name = "forget",
    .arguments = "FILE ...",
    .summary = "delete exported credential files",
    .description =
        "Each file is looked at first, before any is deleted: only what export wrote goes, a "
        "file that holds anything else stays. With --revoke whoever has that pair gets "
        "another first, or is deleted if temporary; it shows what changes, asks, and keeps an "
        "undo record.",
    .examples =
        (const char *const[]){
            "Delete what was exported:", "pritunl-access forget pritunl.env",
            "It was seen by somebody else:", "pritunl-access forget pritunl.env --revoke", NULL},
    .max_words = -1,
    .options = (const enum option_id[]){CHANGE_OPTIONS, OPTION_REVOKE, OPTION_COUNT},
    .run = run_forget,
};
