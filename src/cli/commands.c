/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stddef.h>

#include "base/text.h"

static const char *const list_examples[] = {"Who has API access?", "pritunl-access list",
                                            "For monitoring:", "pritunl-access list --json", NULL};
static const char *const show_examples[] = {"The credential, masked:", "pritunl-access show",
                                            "One bare value:", "pritunl-access show --field url",
                                            NULL};
static const char *const verify_examples[] = {
    "Does it work?", "pritunl-access verify",
    "On every host of the cluster, for every administrator:",
    "pritunl-access verify --all --every-host --json", NULL};
static const char *const export_examples[] = {"A file for Terraform's environment:",
                                              "pritunl-access export -o pritunl.env",
                                              "Into this shell:",
                                              "eval \"$(pritunl-access export -f sh)\"",
                                              "Does the file still hold the truth?",
                                              "pritunl-access export -o pritunl.env --check",
                                              NULL};
static const char *const exec_examples[] = {
    "Terraform with the credential in its environment alone:",
    "pritunl-access exec -- terraform plan", NULL};
static const char *const doctor_examples[] = {
    "Automation answers 401. Why?", "pritunl-access doctor", "Which host of the cluster is it?",
    "pritunl-access doctor --every-host", NULL};
static const char *const enable_examples[] = {
    "Switch API access on, and wait until every host takes it:", "pritunl-access enable --wait",
    "What would it change?", "pritunl-access enable --dry-run", NULL};
static const char *const disable_examples[] = {
    "Nobody has API access any more, and no leaked pair comes back:",
    "pritunl-access disable --all --erase --yes", NULL};
static const char *const rotate_examples[] = {
    "A new pair, into the file that Terraform reads:",
    "pritunl-access rotate --yes --wait && pritunl-access export -o pritunl.env",
    "For a consumer that cannot stop:",
    "pritunl-access rotate --overlap exporter --yes -o exporter.env", NULL};
static const char *const undo_examples[] = {"What could be undone?", "pritunl-access undo --list",
                                            "The last change:", "pritunl-access undo", NULL};
static const char *const bootstrap_examples[] = {
    "In a container or a cloud-init script:",
    "pritunl-access bootstrap --yes -o /run/pritunl/api.env", NULL};
static const char *const issue_examples[] = {
    "A credential for one job, for an hour:",
    "pritunl-access issue \"nightly job\" --lifetime 1h --yes -o /run/pritunl/job.env", NULL};
static const char *const revoke_examples[] = {
    "The job has ended:", "pritunl-access revoke \"nightly job\" --yes",
    "What a timer runs:", "pritunl-access revoke --expired --yes", NULL};
static const char *const recover_examples[] = {
    "Nobody can log in any more:", "pritunl-access recover pritunl --clear-otp --enable-account",
    NULL};
static const char *const snapshot_examples[] = {
    "Before pritunl reset-password:", "pritunl-access snapshot -o pairs.json", NULL};
static const char *const restore_examples[] = {
    "After it:", "pritunl-access restore pairs.json --wait", NULL};
static const char *const audit_examples[] = {"Who can use the API, and what is odd about it?",
                                             "pritunl-access audit", NULL};
static const char *const api_examples[] = {
    "Who is connected to what?",
    "pritunl-access api GET /status",
    "A page of organizations, with the answer's headers:",
    "pritunl-access api GET /organization --query page=0 -i",
    "Change one setting:",
    "pritunl-access api PUT /settings -d '{\"theme\": \"dark\"}'",
    NULL};
static const char *const sign_examples[] = {
    "With your own client:", "pritunl-access sign GET /status --curl | curl -K -", NULL};
static const char *const routes_examples[] = {
    "One network a line:", "pritunl-access routes add office --file networks.txt --nat --yes",
    "What would all of AWS in a region add?",
    "pritunl-access routes add office --aws-region eu-west-1 --file ip-ranges.json --dry-run",
    NULL};
static const char *const dump_examples[] = {
    "For an inventory:", "pritunl-access dump -o pritunl.json",
    "Where the API is down:", "pritunl-access dump --from database", NULL};
static const char *const forget_examples[] = {
    "Delete what was exported:", "pritunl-access forget pritunl.env",
    "It was seen by somebody else:", "pritunl-access forget pritunl.env --revoke", NULL};
static const char *const config_examples[] = {"Where does each setting come from?",
                                              "pritunl-access config", NULL};
static const char *const completion_examples[] = {
    "For bash:", "eval \"$(pritunl-access completion bash)\"", NULL};
static const char *const help_examples[] = {"About one command:", "pritunl-access help export",
                                            NULL};

const struct command_row command_table[COMMAND_COUNT] = {
    [COMMAND_LIST] =
        {.name = "list",
         .arguments = "",
         .summary = "every administrator, and whether its API credential can work",
         .description =
             "Reads the database alone: name, API ready or why not, super user, disabled, and "
             "the first four characters of the token. Whether the server agrees, verify says.",
         .examples = list_examples},
    [COMMAND_SHOW] =
        {.name = "show",
         .arguments = "[ADMIN]",
         .summary = "one administrator's credential and flags",
         .description =
             "Token and secret are masked unless --reveal or --field asks for them. Says where "
             "the URL comes from.",
         .examples = show_examples,
         .max_arguments = 1},
    [COMMAND_VERIFY] =
        {.name = "verify",
         .arguments = "[ADMIN]",
         .summary = "one signed request: accepted, or the exact cause",
         .description = "Sends one signed GET /status and names the one cause where it is refused.",
         .examples = verify_examples,
         .max_arguments = 1},
    [COMMAND_EXPORT] =
        {.name = "export",
         .arguments = "[ADMIN]",
         .summary = "recover, verify, then write the credential",
         .description =
             "Nothing is written if the API does not accept the credential. A file is replaced "
             "in one step, and left untouched if it already holds the same.",
         .examples = export_examples,
         .max_arguments = 1},
    [COMMAND_EXEC] =
        {.name = "exec",
         .arguments = "[ADMIN] -- COMMAND [ARGUMENT ...]",
         .summary = "recover, verify, then become a command that has the credential",
         .description =
             "The credential is in the command's environment alone; the database's URI is not. "
             "With --issue it is a temporary administrator's, made without asking and deleted "
             "when the command has ended. "
             "A failure before the command starts gives 125; 126: it cannot be run, 127: not "
             "found.",
         .examples = exec_examples,
         .max_arguments = 1,
         .takes_command = true},
    [COMMAND_DOCTOR] =
        {.name = "doctor",
         .arguments = "[ADMIN]",
         .summary = "every question that can explain a refusal; one cause, one remedy",
         .description =
             "Looks from both ends: document, settings, hosts, clock, certificate, answer. What "
             "else is wrong beside the one cause is a warning. Where the database cannot be read, "
             "the "
             "API is asked its unsigned /ping all the same; on a Pritunl host that audits, its "
             "journal says why it refused. Changes nothing.",
         .examples = doctor_examples,
         .max_arguments = 1},
    [COMMAND_ENABLE] =
        {.name = "enable",
         .arguments = "[ADMIN]",
         .summary = "turn API access on, with a token and secret that work",
         .description =
             "Sets auth_api to true, and makes a token and secret where they are missing, "
             "unusable or another administrator's. Shows what changes, asks, keeps an undo "
             "record, and asks the API afterwards.",
         .examples = enable_examples,
         .max_arguments = 1},
    [COMMAND_DISABLE] =
        {.name = "disable",
         .arguments = "[ADMIN]",
         .summary = "turn API access off",
         .description =
             "Token and secret stay, unless --erase, so that a later enable revives them.",
         .examples = disable_examples,
         .max_arguments = 1},
    [COMMAND_ROTATE] =
        {.name = "rotate",
         .arguments = "[ADMIN]",
         .summary = "a new token and secret, in one step",
         .description =
             "Both are replaced at once or not at all; auth_api stays as it is. Anything that "
             "uses the old token stops working. With --overlap both pairs work until --finish.",
         .examples = rotate_examples,
         .max_arguments = 1},
    [COMMAND_UNDO] =
        {.name = "undo",
         .arguments = "[ID]",
         .summary = "put back what the last, or the named, writing command changed",
         .description =
             "Only if nobody changed it since. An undo leaves a record too. Records hold secrets, "
             "in private files.",
         .examples = undo_examples,
         .max_arguments = 1},
    [COMMAND_BOOTSTRAP] =
        {.name = "bootstrap",
         .arguments = "[ADMIN]",
         .summary = "a new machine's first credential, with no human at a console",
         .description =
             "Waits for the database and for the administrator, enables API access if "
             "needed, waits until the API accepts the credential, exports it. One deadline "
             "covers all waits. Run twice it changes nothing. Needs --yes.",
         .examples = bootstrap_examples,
         .max_arguments = 1},
    [COMMAND_ISSUE] =
        {.name = "issue",
         .arguments = "LABEL",
         .summary = "a temporary administrator with a credential of its own, exported",
         .description =
             "No super user unless --super; nobody can log in as it. It is verified before it is "
             "handed out, and removed again if the API does not accept it. Expired ones are "
             "deleted by revoke --expired. A label is not blank, holds no comma, and has at most "
             "200 characters.",
         .examples = issue_examples,
         .max_arguments = 1},
    [COMMAND_REVOKE] =
        {.name = "revoke",
         .arguments = "[LABEL|USERNAME|TOKEN]",
         .summary = "delete a temporary administrator, and never another one",
         .description =
             "Only what issue made is ever deleted, whatever is typed, and never the last enabled "
             "super user.",
         .examples = revoke_examples,
         .max_arguments = 1},
    [COMMAND_RECOVER] =
        {.name = "recover",
         .arguments = "[ADMIN]",
         .summary = "a new console password, without deleting anybody",
         .description =
             "Unlike pritunl reset-password it keeps the administrator, its token and its secret. "
             "The password is asked for twice on a terminal; without one, or on an empty line, "
             "one is made and shown once. Console sessions end.",
         .examples = recover_examples,
         .max_arguments = 1},
    [COMMAND_SNAPSHOT] =
        {.name = "snapshot",
         .arguments = "",
         .summary = "every administrator's pair into one private file",
         .description = "Before pritunl reset-password, which deletes an administrator and makes "
                        "another of that name; restore puts the pairs back. Needs -o.",
         .examples = snapshot_examples},
    [COMMAND_RESTORE] =
        {.name = "restore",
         .arguments = "FILE",
         .summary = "put the pairs of a snapshot back, by username",
         .description = "Token, secret and auth_api of whoever has the same name now. Shows the "
                        "difference, and asks.",
         .examples = restore_examples,
         .max_arguments = 1},
    [COMMAND_AUDIT] = {.name = "audit",
                       .arguments = "",
                       .summary = "who has API access, since when, and what is odd about it",
                       .description =
                           "Reads the database alone: expired temporary administrators, duplicate "
                           "tokens, flags that are no booleans, short secrets, default passwords, "
                           "and the audit log's lines about tokens.",
                       .examples = audit_examples},
    [COMMAND_API] =
        {.name = "api",
         .arguments = "METHOD PATH",
         .summary = "one signed request, its answer on stdout",
         .description =
             "What the web front would alter in the path is refused. A GET is repeated after a "
             "502, a 504 or a cut connection, nothing else ever is. Tokens, secrets and keys in "
             "answers (up to 16 MiB) are masked unless --reveal. A PUT of an administrator that "
             "would renew or switch off a credential needs --yes.",
         .examples = api_examples,
         .max_arguments = 2},
    [COMMAND_SIGN] =
        {.name = "sign",
         .arguments = "METHOD PATH",
         .summary = "the four headers of a signed request, for your own client",
         .description =
             "They can be used once, and only while the clocks agree. Nothing is sent but, with "
             "--server-time, an unsigned /ping.",
         .examples = sign_examples,
         .max_arguments = 2},
    [COMMAND_ROUTES] =
        {.name = "routes",
         .arguments = "add SERVER",
         .summary = "add networks to a server, from a file or AWS's published ranges",
         .description =
             "SERVER is an id or a name; it must be offline. One network a line, # begins a "
             "comment; with --aws-region the file is AWS's ip-ranges.json, fetched unless --file "
             "names it, trusted by the system's authorities alone. Routes that are there already "
             "stay as they are.",
         .examples = routes_examples,
         .max_arguments = 2},
    [COMMAND_DUMP] =
        {.name = "dump",
         .arguments = "",
         .summary = "organizations with users, servers with routes, as one JSON document",
         .description =
             "In the order of names, so that two dumps can be compared. With jsonl each line is "
             "one object with its type. Secrets are masked unless --reveal. A file is replaced in "
             "one step at the end.",
         .examples = dump_examples},
    [COMMAND_FORGET] =
        {.name = "forget",
         .arguments = "FILE ...",
         .summary = "delete exported credential files",
         .description =
             "Each file is looked at first, before any is deleted: only what export wrote goes, a "
             "file that holds anything else stays. With --revoke whoever has that pair gets "
             "another first, or is deleted if temporary; it shows what changes, asks, and keeps an "
             "undo record.",
         .examples = forget_examples,
         .max_arguments = -1},
    [COMMAND_CONFIG] = {.name = "config",
                        .arguments = "",
                        .summary = "the settings in force, and where each came from",
                        .description = "Secrets are redacted.",
                        .examples = config_examples},
    [COMMAND_COMPLETION] = {.name = "completion",
                            .arguments = "bash|zsh|fish",
                            .summary = "a completion script for a shell",
                            .description = "Printed on stdout.",
                            .examples = completion_examples,
                            .max_arguments = 1},
    [COMMAND_HELP] = {.name = "help",
                      .arguments = "[COMMAND]",
                      .summary = "help, also about one command",
                      .description = "The same as --help.",
                      .examples = help_examples,
                      .max_arguments = 1},
};

enum command command_find(const char *name, const char **nearest)
{
    const char *names[COMMAND_COUNT];

    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = command_table[i].name;
        if (text_equal(names[i], name))
            return (enum command)i;
    }
    *nearest = text_nearest(name, names, COMMAND_COUNT);
    return COMMAND_COUNT;
}
