/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/options.h"
#include "format/find.h"
#include "format/format.h"
#include "place/directory.h"
#include "place/source.h"
#include "pritunl/edit.h"
#include "pritunl/mark.h"
#include "step/agree.h"
#include "step/answer.h"
#include "step/change_run.h"
#include "step/lease.h"
#include "step/revocation.h"

#define TEXT_MAX ((size_t)4 * 1024 * 1024)

struct target {
    const char *path;
    struct stat seen;      /* as it was looked at */
    struct access *access; /* the pair in it */
};

struct forgetting {
    struct target *targets;
    size_t count;
    const char *names; /* that the files' are looked for under */
    const struct change_options *options;
    bool revokes;
    struct session *session;
    struct revocation revocation; /* of temporary administrators */
    struct change_run *changes;   /* of the others: a new pair */
    size_t change_count;
    struct json *deleted;
};

static bool not_ours(const struct target *target, struct error *error)
{
    char *word = text_shell(target->path);

    *error = (struct error){0};
    error_set(error, ERROR_USAGE,
              "%s: refused, because it is not (only) a credential that export wrote", target->path);
    error_try(error, "rm %s-- %s, if all of it may go", S_ISDIR(target->seen.st_mode) ? "-r " : "",
              word);
    mem_free(word);
    return false;
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
    const char *names = forgetting->names;

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
    struct change_run *run = &forgetting->changes[forgetting->change_count];

    for (size_t i = 0; i < forgetting->change_count; i++)
        if (admin_is_of(admin, forgetting->changes[i].change->before))
            return true;
    forgetting->change_count++;
    run->session = forgetting->session;
    run->options = forgetting->options;
    run->effect = "anything that uses the old token stops working";
    run->change = edit_renew(session_db(forgetting->session), admin, "forget", error);
    return run->change != NULL;
}

/* Whoever has this pair; with one half of it nothing can be signed. */
static bool plan_pair(struct forgetting *forgetting, const struct target *target,
                      struct error *error)
{
    const struct snapshot *snapshot = session_snapshot(forgetting->session);
    bool found = false;

    for (size_t i = 0; i < snapshot_count(snapshot); i++) {
        const struct admin *admin = snapshot_admin(snapshot, i);

        if (!text_equal(admin->token, target->access->token) ||
            !text_equal(admin->secret, target->access->secret))
            continue;
        found = true;
        if (mark_read(admin->document, NULL))
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
    forgetting->changes = mem_zero(snapshot_count(session_snapshot(forgetting->session)),
                                   sizeof *forgetting->changes);
    for (size_t i = 0; i < forgetting->count; i++)
        if (!plan_pair(forgetting, &forgetting->targets[i], error))
            return false;
    return true;
}

static bool agree_to_forget(const struct forgetting *forgetting, struct error *error)
{
    struct buf text = BUF_EMPTY(BUF_MAX);
    bool agreed = true;

    for (size_t i = 0; i < forgetting->change_count; i++)
        change_run_show(&forgetting->changes[i], &text);
    revocation_show(&forgetting->revocation, &text);
    for (size_t i = 0; text.length > 0 && i < forgetting->count; i++)
        buf_add_format(&text, "  %s is deleted\n", forgetting->targets[i].path);
    agreed = agree(&forgetting->options->agree, buf_text(&text), "Change this?", error);
    buf_free(&text);
    return agreed;
}

/*
 * First what the pairs can do, then the files: after a failure between the two the same command
 * goes on.
 */
static bool take_back(struct forgetting *forgetting, struct error *error)
{
    if (!lease_read(forgetting->session, error) || !plan_pairs(forgetting, error) ||
        !revocation_check(&forgetting->revocation, error) || !answer_ready(error) ||
        !agree_to_forget(forgetting, error))
        return false;
    for (size_t i = 0; i < forgetting->change_count; i++)
        if (!change_run_do(&forgetting->changes[i], error))
            return false;
    return revocation_run(&forgetting->revocation, forgetting->options->agree.dry_run, error);
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
    if (forgetting->options->agree.dry_run)
        return true;
    if (!is_unchanged(target, error))
        return false;
    if (S_ISDIR(target->seen.st_mode))
        return credentials_remove(target->path, forgetting->names, error);
    return unlink(target->path) == 0 ||
           error_set(error, ERROR_OUTPUT, "%s: %s", target->path, strerror(errno));
}

static bool delete_all(struct forgetting *forgetting, struct error *error)
{
    bool dry_run = forgetting->options->agree.dry_run;

    for (size_t i = 0; i < forgetting->count; i++) {
        const struct target *target = &forgetting->targets[i];

        if (!delete_one(forgetting, target, error))
            return false;
        json_add(forgetting->deleted, json_make_text(target->path));
        if (!forgetting->options->agree.json && !term_style()->quiet)
            term_note("%s: %s", target->path, dry_run ? "would be deleted (dry run)" : "deleted");
        else if (!dry_run)
            term_done("%s: deleted", target->path);
    }
    return true;
}

static struct json *forgetting_json(const struct forgetting *forgetting)
{
    struct json *json = json_make_object();
    struct json *replaced = json_make_array();

    json_put(json, "deleted", json_share(forgetting->deleted));
    for (size_t i = 0; i < forgetting->change_count; i++)
        json_add(replaced, change_run_json(&forgetting->changes[i]));
    if (forgetting->revokes) {
        json_put(json, "revoked", json_share(forgetting->revocation.revoked));
        json_put(json, "replaced", json_share(replaced));
    }
    if (forgetting->revokes || forgetting->options->agree.dry_run)
        json_put_bool(json, "dry_run", forgetting->options->agree.dry_run);
    json_free(replaced);
    return json;
}

static bool answer_forgetting(const struct forgetting *forgetting, struct error *error)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    if (forgetting->options->agree.json)
        return answer_json(forgetting_json(forgetting), error);
    for (size_t i = 0; i < forgetting->change_count; i++)
        change_run_write(&forgetting->changes[i], &out);
    revocation_write(&forgetting->revocation, forgetting->options->agree.dry_run, &out);
    return out.length == 0 || answer_prose(&out, error);
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
    return (!forgetting->revokes || take_back(forgetting, error)) &&
           delete_all(forgetting, error) && answer_forgetting(forgetting, error);
}

static void forgetting_clear(struct forgetting *forgetting)
{
    for (size_t i = 0; i < forgetting->count; i++)
        access_free(forgetting->targets[i].access);
    mem_free(forgetting->targets);
    change_runs_free(forgetting->changes, forgetting->change_count);
    json_free(forgetting->deleted);
    revocation_clear(&forgetting->revocation);
    session_free(forgetting->session);
}

static bool run_forget(struct run *run)
{
    const struct session_options options = options_session_writing(run->settings, NULL);
    const struct change_options how = options_change(run->settings);
    struct forgetting forgetting = {.names = settings_text(run->settings, OPTION_NAMES),
                                    .options = &how,
                                    .revokes = settings_flag(run->settings, OPTION_REVOKE)};
    bool done = false;

    if (run->word_count == 0) {
        error_set(run->error, ERROR_USAGE, "forget: no file is named");
        return error_try(run->error, "pritunl-access forget FILE");
    }
    forgetting.targets = mem_zero((size_t)run->word_count, sizeof *forgetting.targets);
    forgetting.deleted = json_make_array();
    forgetting.session = session_new(&options);
    revocation_init(&forgetting.revocation, forgetting.session);
    done = forget_all(&forgetting, run, run->error);
    forgetting_clear(&forgetting);
    return done;
}

const struct command cmd_forget = {
    .name = "forget",
    .group = GROUP_MEND,
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
