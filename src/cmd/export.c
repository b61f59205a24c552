/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_replace.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/export.h"
#include "cmd/lend.h"
#include "cmd/options.h"
#include "place/aws.h"
#include "place/directory.h"

#define MS_PER_S 1000

/* Where it goes, when -o does not say. */
static bool choose_path(struct export *export, struct error *error)
{
    const struct settings *settings = export->settings;
    const char *github = getenv("GITHUB_ENV");

    if (settings_given(settings, OPTION_OUTPUT) || export->format->place == FORMAT_FILE)
        return true;
    if (export->format->place != FORMAT_APPENDED) {
        error_set(error, ERROR_USAGE, "-f %s wants a place: name it with -o", export->format->name);
        return error_try(error, "pritunl-access export -f %s -o %s", export->format->name,
                         export->format->place == FORMAT_SECRET ? "SECRET_ID" : "DIRECTORY");
    }
    if (github == NULL || *github == '\0') {
        error_set(error, ERROR_USAGE, "GITHUB_ENV is not set: this is no job of GitHub's");
        return error_try(error, "pritunl-access export -f github -o FILE");
    }
    export->output.path = github;
    return true;
}

/* What would keep the file from being replaced is found out before anything is asked, or made. */
static bool check_place(const struct export *export, struct error *error)
{
    int fd = -1;

    if (settings_flag(export->settings, OPTION_CHECK) || output_is_stdout(&export->output) ||
        export->format->place != FORMAT_FILE)
        return true;
    if (!file_beside(export->output.path, &fd, error))
        return false;
    close(fd);
    return true;
}

static bool check_output(const struct export *export, struct error *error)
{
    const struct settings *settings = export->settings;
    const char *name = export->format->name;
    bool stdout_meant = output_is_stdout(&export->output);

    if (stdout_meant && export->format->place != FORMAT_FILE)
        return error_set(error, ERROR_USAGE, "-f %s cannot be written to standard output", name);
    if (settings_flag(settings, OPTION_CHECK) && stdout_meant) {
        error_set(error, ERROR_USAGE, "--check compares a file: name it with -o");
        return error_try(error, "pritunl-access export --check -o FILE");
    }
    if (settings_given(settings, OPTION_MODE) && export->format->place != FORMAT_FILE)
        return error_set(error, ERROR_USAGE, "-f %s does not take --mode", name);
    if ((settings_given(settings, OPTION_OWNER) || settings_given(settings, OPTION_GROUP)) &&
        (export->format->place == FORMAT_APPENDED || export->format->place == FORMAT_SECRET))
        return error_set(error, ERROR_USAGE, "-f %s takes neither --owner nor --group", name);
    return true;
}

bool export_prepare(struct export *export, const struct settings *settings, struct error *error)
{
    struct names_config names;

    *export = (struct export){.settings = settings, .content = BUF_EMPTY(BUF_MAX)};
    export->format = format_find(settings_text(settings, OPTION_FORMAT));
    if (export->format == NULL)
        return error_set(error, ERROR_USAGE, "--format: %s is for dump alone",
                         settings_text(settings, OPTION_FORMAT));
    export->options = (struct format_options){settings_text(settings, OPTION_NAME),
                                              settings_text(settings, OPTION_NAMESPACE)};
    export->output = (struct output_config){
        settings_text(settings, OPTION_OUTPUT), settings_text(settings, OPTION_MODE),
        settings_text(settings, OPTION_OWNER), settings_text(settings, OPTION_GROUP)};
    names = (struct names_config){settings_text(settings, OPTION_NAMES),
                                  settings_flag(settings, OPTION_INSECURE_CONSUMER),
                                  export->format->tfvars};
    return names_check(&names, error) && choose_path(export, error) &&
           check_output(export, error) && check_place(export, error) &&
           format_check_options(export->format, &export->options, error) &&
           output_attributes(&export->output, &export->attributes, error);
}

static bool answer_export(const struct export *export, bool changed, const char *word,
                          struct error *error)
{
    const char *path = export->output.path;
    const char *name = flow_name(&export->hand.flow);

    if (settings_flag(export->settings, OPTION_JSON)) {
        struct json *json = json_make_object();

        json_put_text(json, "administrator", name);
        json_put_text(json, "url", export->hand.flow.access->url);
        json_put_text(json, "format", export->format->name);
        json_put_text(json, "file", path);
        json_put_bool(json, "changed", changed);
        json_put_bool(json, "verified", export->hand.verified);
        if (export->lend != NULL)
            lend_put(export->lend, json);
        return answer_json(json, error);
    }
    term_note("%s: %s (%s at %s%s)", path, word, name != NULL ? name : "the pair",
              export->hand.flow.access->url,
              export->hand.verified ? ", verified" : ", not verified");
    return true;
}

static struct credentials credentials_of(const struct export *export)
{
    return (struct credentials){export->output.path, settings_text(export->settings, OPTION_NAMES),
                                &export->hand.variables, export->attributes.owner,
                                export->attributes.group};
}

static struct secret_config secret_of(const struct export *export)
{
    const struct settings *settings = export->settings;

    return (struct secret_config){export->output.path,
                                  settings_number(settings, OPTION_CONNECT_TIMEOUT) * MS_PER_S,
                                  settings_number(settings, OPTION_TIMEOUT) * MS_PER_S};
}

/* Would the runner take these values from the file as it is? */
static bool github_differs(const struct export *export, bool *differs, struct error *error)
{
    struct buf found = BUF_EMPTY(BUF_MAX);
    bool done = true;

    *differs = true;
    if (file_exists(export->output.path))
        done = file_read(export->output.path, &found, NULL, error);
    if (done)
        *differs = !github_holds(buf_text(&found), &export->hand.variables);
    buf_free(&found);
    return done;
}

static bool compare_export(struct export *export, int *status, struct error *error)
{
    const struct credentials credentials = credentials_of(export);
    const struct secret_config secret = secret_of(export);
    bool differs = true;
    bool done = false;

    switch (export->format->place) {
    case FORMAT_FILE:
        done = output_differs(export->output.path, &export->content, &differs, error);
        break;
    case FORMAT_APPENDED:
        done = github_differs(export, &differs, error);
        break;
    case FORMAT_DIRECTORY:
        done = credentials_differs(&credentials, &differs, error);
        break;
    case FORMAT_SECRET:
        done = secret_differs(&secret, &export->hand.variables, &differs, error);
        break;
    }
    if (!done)
        return false;
    *status = differs ? error_status(ERROR_REFUSED) : 0;
    return answer_export(export, differs, differs ? "out of date" : "up to date", error);
}

/* The log must not show them, whatever comes after. */
static bool append_github(struct export *export, bool *changed, struct error *error)
{
    struct buf masks = BUF_EMPTY(BUF_MAX);
    bool done = false;

    github_masks(export->hand.flow.access, &masks);
    done = term_write(STDOUT_FILENO, buf_text(&masks), masks.length, error) &&
           github_differs(export, changed, error) &&
           (!*changed || output_append(export->output.path, &export->content, error));
    buf_free(&masks);
    return done;
}

static bool write_export(struct export *export, int *status, struct error *error)
{
    const struct credentials credentials = credentials_of(export);
    const struct secret_config secret = secret_of(export);
    bool changed = true;
    bool done = false;

    switch (export->format->place) {
    case FORMAT_FILE:
        done = output_write(&export->output, &export->content, &changed, error);
        break;
    case FORMAT_APPENDED:
        done = append_github(export, &changed, error);
        break;
    case FORMAT_DIRECTORY:
        done = credentials_write(&credentials, &changed, error);
        break;
    case FORMAT_SECRET:
        done = secret_write(&secret, &export->hand.variables, &changed, error);
        break;
    }
    if (!done)
        return false;
    *status = 0;
    return output_is_stdout(&export->output) ||
           answer_export(export, changed, changed ? "changed" : "unchanged", error);
}

bool export_finish(struct export *export, int *status, struct error *error)
{
    if (!format_encode(export->format, &export->options, &export->hand.variables, &export->content,
                       error))
        return false;
    return settings_flag(export->settings, OPTION_CHECK) ? compare_export(export, status, error)
                                                         : write_export(export, status, error);
}

void export_clear(struct export *export)
{
    buf_free(&export->content);
    hand_clear(&export->hand);
}

static bool run_export(struct run *run)
{
    struct settings *settings = run->settings;
    struct error *error = run->error;
    struct export export;
    bool done = false;

    if (!export_prepare(&export, settings, error))
        return false;
    done = hand_take(&export.hand, settings, run_word(run, 0), export.format->tfvars, error) &&
           export_finish(&export, &run->status, error);
    export_clear(&export);
    return done;
}

const struct command cmd_export = {
    .name = "export",
    .arguments = "[ADMIN]",
    .summary = "recover, verify, then write the credential",
    .description =
        "Nothing is written if the API does not accept the credential. A file is replaced "
        "in one step, and left untouched if it already holds the same.",
    .examples = (const char *const[]){"A file for Terraform's environment:",
                                      "pritunl-access export -o pritunl.env",
                                      "Into this shell:", "eval \"$(pritunl-access export -f sh)\"",
                                      "Does the file still hold the truth?",
                                      "pritunl-access export -o pritunl.env --check", NULL},
    .max_words = 1,
    .options =
        (const enum option_id[]){EXPORT_OPTIONS, OPTION_NO_VERIFY, OPTION_CHECK, OPTION_COUNT},
    .run = run_export,
};
