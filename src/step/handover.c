/* SPDX-License-Identifier: MIT */
#include "step/handover.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/process.h"
#include "base/term.h"
#include "base/text.h"
#include "place/aws.h"
#include "place/directory.h"
#include "step/answer.h"
#include "step/borrowed.h"
#include "step/certificate.h"
#include "step/difference.h"

struct handover {
    struct handover_options options;
    const struct format *format; /* NULL: for a child */
    struct file_attributes attributes;
    const struct session *session; /* whose pair it is, once it is named */
    struct variables variables;    /* values point into the session's pair */
    struct buf content;
    struct buf certificate; /* of --ca-file */
    struct difference difference;
    bool verified;
    const struct json *more; /* answered too; or NULL */
};

/* Where it goes, when -o does not say. */
static bool choose_path(struct handover *handover, struct error *error)
{
    const char *github = getenv("GITHUB_ENV");

    if (handover->options.output.path != NULL)
        return true;
    if (handover->format->place == FORMAT_FILE) {
        handover->options.output.path = "-";
        return true;
    }
    if (handover->format->place != FORMAT_APPENDED) {
        error_set(error, ERROR_USAGE, "-f %s wants a place: name it with -o",
                  handover->format->name);
        return error_try(error, "pritunl-access export -f %s -o %s", handover->format->name,
                         handover->format->place == FORMAT_SECRET ? "SECRET_ID" : "DIRECTORY");
    }
    if (github == NULL || *github == '\0') {
        error_set(error, ERROR_USAGE, "GITHUB_ENV is not set: this is no job of GitHub's");
        return error_try(error, "pritunl-access export -f github -o FILE");
    }
    handover->options.output.path = github;
    return true;
}

/* What would keep the file from being replaced is found out before anything is asked, or made. */
static bool check_place(const struct handover *handover, struct error *error)
{
    int fd = -1;

    if (handover->options.check || output_is_stdout(&handover->options.output) ||
        handover->format->place != FORMAT_FILE)
        return true;
    if (!file_beside(handover->options.output.path, &fd, error))
        return false;
    close(fd);
    return handover->options.replace ||
           output_holds_only(handover->options.output.path, handover->options.names, error);
}

static bool check_output(const struct handover *handover, struct error *error)
{
    const char *name = handover->format->name;
    bool stdout_meant = output_is_stdout(&handover->options.output);

    if (stdout_meant && handover->format->place != FORMAT_FILE)
        return error_set(error, ERROR_USAGE, "-f %s cannot be written to standard output", name);
    if (handover->options.check && stdout_meant) {
        error_set(error, ERROR_USAGE, "--check compares a file: name it with -o");
        return error_try(error, "pritunl-access export --check -o FILE");
    }
    if (handover->options.output.mode != NULL && handover->format->place != FORMAT_FILE)
        return error_set(error, ERROR_USAGE, "-f %s does not take --mode", name);
    if ((handover->options.output.owner != NULL || handover->options.output.group != NULL) &&
        (handover->format->place == FORMAT_APPENDED || handover->format->place == FORMAT_SECRET))
        return error_set(error, ERROR_USAGE, "-f %s takes neither --owner nor --group", name);
    return true;
}

static struct names_config names_of(const struct handover *handover)
{
    return (struct names_config){handover->options.names, handover->options.insecure_consumer,
                                 handover->format != NULL && handover->format->tfvars};
}

/* By its name, or, where it is there, by what it is. */
static bool is_same_file(const char *one, const char *other)
{
    struct stat first = {0};
    struct stat second = {0};

    return text_equal(one, other) ||
           (other != NULL && stat(one, &first) == 0 && stat(other, &second) == 0 &&
            first.st_dev == second.st_dev && first.st_ino == second.st_ino);
}

static bool check_ca_file(const struct handover_options *options, struct error *error)
{
    if (options->ca_file == NULL)
        return true;
    if (is_same_file(options->ca_file, options->output.path))
        return error_set(error, ERROR_USAGE, "--ca-file and -o name the same file");
    return options->check || certificate_check(options->ca_file, options->replace, error);
}

static bool check_options(struct handover *handover, struct error *error)
{
    struct handover_options *options = &handover->options;
    struct names_config names;

    if (options->format != NULL) {
        handover->format = format_find(options->format);
        if (handover->format == NULL)
            return error_set(error, ERROR_USAGE, "--format: %s is for dump or verify alone",
                             options->format);
    }
    names = names_of(handover);
    if (!names_check(&names, error) || !check_ca_file(options, error))
        return false;
    return handover->format == NULL ||
           (choose_path(handover, error) && check_output(handover, error) &&
            check_place(handover, error) &&
            format_check_options(handover->format, &options->format_options, error) &&
            output_attributes(&options->output, &handover->attributes, error));
}

struct handover *handover_new(const struct handover_options *options, struct error *error)
{
    struct handover *handover = mem_zero(1, sizeof *handover);

    handover->options = *options;
    handover->content = (struct buf)BUF_EMPTY(BUF_MAX);
    handover->certificate = (struct buf)BUF_EMPTY(BUF_MAX);
    if (check_options(handover, error))
        return handover;
    handover_free(handover);
    return NULL;
}

/* The values themselves, what hides them from a job's log, or the answer in JSON. */
bool handover_ready(const struct handover *handover, struct error *error)
{
    return (!handover->options.json && !output_is_stdout(&handover->options.output) &&
            handover->format->place != FORMAT_APPENDED) ||
           answer_ready(error);
}

void handover_forget(struct handover *handover)
{
    buf_free(&handover->content);
    names_clear(&handover->variables);
}

void handover_free(struct handover *handover)
{
    if (handover == NULL)
        return;
    buf_free(&handover->certificate);
    handover_forget(handover);
    mem_free(handover);
}

void handover_warn(const struct handover *handover, const struct session *session)
{
    const struct contact *contact = session_contact(session);

    if (!contact_only_we_trust(contact) || handover->options.check ||
        handover->options.insecure_consumer || handover->options.ca_file != NULL)
        return;
    term_warn("the certificate of %s is vouched for by no authority of this system",
              session_access(session)->url);
    if (contact_trust(contact) == TLS_TRUST_DATABASE)
        term_note("Terraform takes --insecure-consumer, others the file of: "
                  "%spritunl-access show --field certificate >pritunl.pem",
                  process_sudo());
    else
        term_note("Terraform takes --insecure-consumer");
}

static bool place_pair(struct session *session, struct error *error)
{
    char *url = NULL;
    char *from = NULL;
    bool done = session_place(session, &url, &from, error);

    if (done)
        access_set_url(session_access(session), url, from);
    mem_free(url);
    mem_free(from);
    return done;
}

bool handover_name(struct handover *handover, struct session *session, bool verified,
                   struct error *error)
{
    const struct names_config names = names_of(handover);

    handover->session = session;
    handover->verified = verified;
    return names_make(&names, session_access(session), &handover->variables, error);
}

bool handover_take(struct handover *handover, struct session *session, struct error *error)
{
    bool verifies = !handover->options.no_verify;

    if ((verifies && !session_begin(session, error)) || !session_read(session, error) ||
        !session_usable(session, error))
        return false;
    if (verifies && session_reach(session, error))
        borrowed_note(session);
    if (!(verifies ? session_accepted(session, error) : place_pair(session, error)))
        return false;
    if (verifies)
        handover_warn(handover, session);
    return handover_name(handover, session, verifies, error);
}

const struct variables *handover_variables(const struct handover *handover)
{
    return &handover->variables;
}

static bool put_member(void *context, const char *key, const struct json *value)
{
    json_put(context, key, json_share(value));
    return true;
}

static bool answer_output(const struct handover *handover, bool changed, const char *word,
                          struct error *error)
{
    const char *path = handover->options.output.path;
    const char *name = session_name(handover->session);

    if (handover->options.json) {
        struct json *json = json_make_object();

        json_put_text(json, "administrator", name);
        json_put_text(json, "url", session_access(handover->session)->url);
        json_put_text(json, "format", handover->format->name);
        json_put_text(json, "file", path);
        json_put_bool(json, "changed", changed);
        json_put_bool(json, "verified", handover->verified);
        json_put_text(json, "ca_file", handover->options.ca_file);
        if (handover->options.check)
            json_put(json, "differs", difference_json(&handover->difference));
        else
            json_put_null(json, "differs");
        if (handover->more != NULL)
            json_each(handover->more, put_member, json);
        return answer_json(json, error);
    }
    term_note("%s: %s (%s at %s%s)", path, word, name != NULL ? name : "the pair",
              session_access(handover->session)->url,
              handover->verified ? ", verified" : ", not verified");
    return true;
}

static struct credentials credentials_of(const struct handover *handover)
{
    return (struct credentials){handover->options.output.path, handover->options.names,
                                &handover->variables, handover->attributes.owner,
                                handover->attributes.group};
}

static struct secret_config secret_of(const struct handover *handover)
{
    return (struct secret_config){handover->options.output.path,
                                  handover->options.connect_timeout_ms,
                                  handover->options.timeout_ms};
}

/* Would the runner take these values from the file as it is? */
static bool github_differs(const struct handover *handover, bool *differs, struct error *error)
{
    struct buf found = BUF_EMPTY(BUF_MAX);
    bool done = true;

    *differs = true;
    if (file_exists(handover->options.output.path))
        done = file_read_any(handover->options.output.path, &found, error);
    if (!done) /* as whoever would append to it */
        error->kind = ERROR_OUTPUT;
    if (done)
        *differs = !github_holds(buf_text(&found), &handover->variables);
    buf_free(&found);
    return done;
}

static bool compare_content(struct handover *handover, bool *differs, struct error *error)
{
    const struct credentials credentials = credentials_of(handover);
    const struct secret_config secret = secret_of(handover);
    bool done = false;

    *differs = true;
    switch (handover->format->place) {
    case FORMAT_FILE:
        done = output_differs(handover->options.output.path, &handover->content, differs, error);
        break;
    case FORMAT_APPENDED:
        done = github_differs(handover, differs, error);
        break;
    case FORMAT_DIRECTORY:
        done = credentials_differs(&credentials, differs, error);
        break;
    case FORMAT_SECRET:
        done = secret_differs(&secret, &handover->variables, differs, error);
        break;
    }
    return done;
}

static bool compare_certificate(struct handover *handover, struct error *error)
{
    if (handover->options.ca_file == NULL)
        return true;
    return output_differs(handover->options.ca_file, &handover->certificate,
                          &handover->difference.certificate, error);
}

static void find_difference(struct handover *handover)
{
    const struct handover_options *options = &handover->options;
    const struct difference_place place = {handover->format->place, options->output.path,
                                           options->names, options->connect_timeout_ms,
                                           options->timeout_ms};

    difference_find(&place, &handover->variables, session_access(handover->session),
                    &handover->difference);
}

static bool compare_output(struct handover *handover, bool *differs, struct error *error)
{
    char *what = NULL;
    char *word = NULL;
    bool done = compare_content(handover, differs, error);

    if (done && *differs)
        find_difference(handover);
    if (!done || !compare_certificate(handover, error))
        return false;
    *differs = *differs || handover->difference.certificate;
    what = difference_text(&handover->difference);
    word = *differs ? text_format("out of date, differs in %s", what) : mem_text("up to date");
    done = answer_output(handover, *differs, word, error);
    if (done && *differs && !handover->options.json)
        term_note("to renew it: the same without --check");
    mem_free(what);
    mem_free(word);
    return done;
}

/* The log must not show them, whatever comes after. */
static bool append_github(struct handover *handover, bool *changed, struct error *error)
{
    struct buf masks = BUF_EMPTY(BUF_MAX);
    bool done = false;

    github_masks(session_access(handover->session), &masks);
    done = term_write(STDOUT_FILENO, buf_text(&masks), masks.length, error) &&
           github_differs(handover, changed, error) &&
           (!*changed || output_append(handover->options.output.path, &handover->content, error));
    buf_free(&masks);
    return done;
}

/* How what was written is read by what it is for. */
static void say_use(const struct handover *handover)
{
    const char *path = handover->options.output.path;
    const char *use = handover->format->use;
    const char *at = use != NULL ? strstr(use, "%s") : NULL;
    char *here = NULL;
    char *word = NULL;

    if (at == NULL || handover->options.json || output_is_stdout(&handover->options.output))
        return;
    here = text_format("%s%s", strchr(path, '/') == NULL ? "./" : "", path);
    word = text_shell(here);
    term_note("to use it: %.*s%s%s", (int)(at - use), use, word, at + strlen("%s"));
    if (*process_sudo() != '\0' && handover->options.output.owner == NULL)
        term_note("root owns it: the same with --owner NAME, and it is NAME's");
    mem_free(here);
    mem_free(word);
}

static bool write_output(struct handover *handover, struct error *error)
{
    const struct credentials credentials = credentials_of(handover);
    const struct secret_config secret = secret_of(handover);
    bool changed = true;
    bool done = false;

    switch (handover->format->place) {
    case FORMAT_FILE:
        done = output_write(&handover->options.output, &handover->content, &changed, error);
        break;
    case FORMAT_APPENDED:
        done = append_github(handover, &changed, error);
        break;
    case FORMAT_DIRECTORY:
        done = credentials_write(&credentials, &changed, error);
        break;
    case FORMAT_SECRET:
        done = secret_write(&secret, &handover->variables, &changed, error);
        break;
    }
    if (!done)
        return false;
    if (!output_is_stdout(&handover->options.output))
        done = answer_output(handover, changed, changed ? "changed" : "unchanged", error);
    if (done && changed)
        say_use(handover);
    return done;
}

/* Before the credential, so that whoever sees that finds this one there. */
static bool write_certificate(struct handover *handover, struct error *error)
{
    const struct handover_options *options = &handover->options;
    bool changed = false;

    if (options->ca_file == NULL)
        return true;
    if (!file_replace(options->ca_file, &handover->certificate, &handover->attributes, &changed,
                      error))
        return false;
    if (!options->json)
        certificate_note(handover->session, options->ca_file);
    return true;
}

bool handover_write(struct handover *handover, const struct json *more, bool *differs,
                    struct error *error)
{
    *differs = false;
    handover->more = more;
    if (!format_encode(handover->format, &handover->options.format_options, &handover->variables,
                       &handover->content, error) ||
        (handover->options.ca_file != NULL &&
         !certificate_text(handover->session, &handover->certificate, error)))
        return false;
    if (handover->options.check)
        return compare_output(handover, differs, error);
    return write_certificate(handover, error) && write_output(handover, error);
}
