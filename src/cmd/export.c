/* SPDX-License-Identifier: MIT */
#include "cmd/export.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"

bool export_prepare(struct export *export, const struct settings *settings, struct error *error)
{
    struct file_attributes ignored;

    *export = (struct export){.settings = settings, .content = BUF_EMPTY(BUF_MAX)};
    export->format = format_find(settings_text(settings, OPTION_FORMAT));
    export->output = (struct output_config){
        settings_text(settings, OPTION_OUTPUT), settings_text(settings, OPTION_MODE),
        settings_text(settings, OPTION_OWNER), settings_text(settings, OPTION_GROUP)};
    if (settings_flag(settings, OPTION_CHECK) && output_is_stdout(&export->output)) {
        error_set(error, ERROR_USAGE, "--check compares a file: name it with -o");
        return error_try(error, "pritunl-access export --check -o FILE");
    }
    return output_attributes(&export->output, &ignored, error);
}

static bool answer(const struct export *export, bool changed, const char *word, struct error *error)
{
    const char *path = export->output.path;

    if (settings_flag(export->settings, OPTION_JSON)) {
        struct json *json = json_make_object();

        json_put_text(json, "administrator", export->hand.flow.admin->username);
        json_put_text(json, "url", export->hand.flow.access->url);
        json_put_text(json, "format", export->format->name);
        json_put_text(json, "file", path);
        json_put_bool(json, "changed", changed);
        json_put_bool(json, "verified", export->hand.verified);
        return answer_json(json, error);
    }
    term_note("%s: %s (%s at %s%s)", path, word, admin_name(export->hand.flow.admin),
              export->hand.flow.access->url,
              export->hand.verified ? ", verified" : ", not verified");
    return true;
}

static bool compare(struct export *export, int *status, struct error *error)
{
    bool differs = true;

    if (!output_differs(export->output.path, &export->content, &differs, error))
        return false;
    *status = differs ? error_status(ERROR_REFUSED) : 0;
    return answer(export, differs, differs ? "out of date" : "up to date", error);
}

static bool write_out(struct export *export, int *status, struct error *error)
{
    bool changed = true;

    if (!output_write(&export->output, &export->content, &changed, error))
        return false;
    *status = 0;
    return output_is_stdout(&export->output) ||
           answer(export, changed, changed ? "changed" : "unchanged", error);
}

bool export_finish(struct export *export, int *status, struct error *error)
{
    if (!format_encode(export->format, &export->hand.variables, &export->content, error))
        return false;
    return settings_flag(export->settings, OPTION_CHECK) ? compare(export, status, error)
                                                         : write_out(export, status, error);
}

void export_clear(struct export *export)
{
    buf_free(&export->content);
    hand_clear(&export->hand);
}

bool cmd_export(struct settings *settings, const struct arguments *arguments, int *status,
                struct error *error)
{
    struct export export;
    bool done = false;

    if (!export_prepare(&export, settings, error))
        return false;
    done = hand_take(&export.hand, settings, arguments, error) &&
           export_finish(&export, status, error);
    export_clear(&export);
    return done;
}
