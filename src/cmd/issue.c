/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cmd/agree.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "cmd/export.h"
#include "cmd/lend.h"
#include "pritunl/issued.h"

static bool agree_to(const struct lend *lend, const struct settings *settings, struct error *error)
{
    char *text = text_format("  %s: a new administrator with API access, %s, until %s\n",
                             lend->admin->username,
                             lend->super_user ? "a super user" : "no super user", lend->expires);
    bool agreed = agree(settings, text, "Make it?", error);

    mem_free(text);
    return agreed;
}

static bool say_plan(const struct lend *lend, const struct settings *settings, struct error *error)
{
    struct json *json = NULL;

    if (!settings_flag(settings, OPTION_JSON)) {
        term_note("%s would be made (dry run)", lend->admin->username);
        return true;
    }
    json = json_make_object();
    json_put_text(json, "administrator", lend->admin->username);
    lend_put(lend, json);
    json_put_bool(json, "dry_run", true);
    return answer_json(json, error);
}

/* From the insert on: handed out, or taken back. */
static bool hand_out(struct lend *lend, struct export *export, int *status, struct error *error)
{
    if (!lend_make(lend, &export->hand.flow, error) || !lend_verify(lend, &export->hand, 0, error))
        return false;
    export->lend = lend;
    if (export_finish(export, status, error)) {
        term_note("%s expires at %s; try: pritunl-access revoke %s", lend->admin->username,
                  lend->expires, lend->admin->username);
        return true;
    }
    lend_back(lend, &export->hand.flow);
    return false;
}

bool cmd_issue(struct settings *settings, const struct arguments *arguments, int *status,
               struct error *error)
{
    struct lend lend = {.super_user = settings_flag(settings, OPTION_SUPER)};
    struct export export;
    struct flow *flow = &export.hand.flow;
    bool done = false;

    if (arguments->word_count == 0) {
        error_set(error, ERROR_USAGE, "issue: no label is given");
        return error_try(error, "pritunl-access issue LABEL");
    }
    *status = 0;
    lend.label = arguments->words[0];
    if (!issued_label(lend.label, error) ||
        !issued_lifetime(settings_text(settings, OPTION_LIFETIME), &lend.lifetime_ms, error) ||
        !export_prepare(&export, settings, error))
        return false;
    lend.tfvars = export.format->tfvars;
    flow_init(flow, settings, NULL);
    if (!flow_begin(flow, error) || !lend_read(flow, error) || !lend_plan(&lend, flow, error) ||
        !agree_to(&lend, settings, error))
        goto out;
    done = settings_flag(settings, OPTION_DRY_RUN) ? say_plan(&lend, settings, error)
                                                   : hand_out(&lend, &export, status, error);
out:
    lend_clear(&lend);
    export_clear(&export);
    return done;
}
