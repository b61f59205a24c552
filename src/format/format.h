/* SPDX-License-Identifier: MIT */
/*
 * format.h - names and values as text that the program it is for reads back unchanged, or not at
 * all.
 *
 * Pure: no files, no terminal. A value that a format cannot carry is refused, never approximated; a
 * text that no format of ours would have written is not guessed at.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "format/names.h"
#include "format/pairs.h"
#include "io/node.h"

/* Where a format's text goes. */
enum format_place {
    FORMAT_FILE,      /* a file of its own, or standard output */
    FORMAT_APPENDED,  /* the end of a file that others write too */
    FORMAT_DIRECTORY, /* a directory with one file a name */
    FORMAT_SECRET     /* keys of a secret in AWS Secrets Manager */
};

/* What only some formats need; NULL where it is not given. */
struct format_options {
    const char *name;
    const char *namespace;
};

struct format {
    const char *name;
    enum format_place place;
    bool tfvars; /* "terraform" means pritunl_url … here */
    /* Append name and value; false where the format cannot carry the value. */
    bool (*encode)(const struct variable *variable, struct buf *out);
    /*
     * The reverse, of a whole text that anybody wrote: add its pairs with their lines and faults;
     * false where the text is not in this format, and pairs->fault says why. NULL: another's reads
     * it.
     */
    bool (*decode)(const char *text, struct pairs *pairs);
    /* Append what stands in front of all; or NULL, then opening does. */
    void (*open)(const struct format_options *options, struct buf *out);
    const char *opening; /* in front of all, between two, behind all; each may be NULL */
    const char *between;
    const char *closing;
    const char *use; /* a command line that reads it, %s the path in a shell's words; or NULL */
};

/* format_find(name): NULL where there is none. */
const struct format *format_find(const char *name);

/*
 * format_check_options(format, options, error): may they be given to it, and are they what they
 * should be? ERROR_USAGE.
 */
bool format_check_options(const struct format *format, const struct format_options *options,
                          struct error *error);

/*
 * format_encode(format, options, variables, out, error)
 *
 * Append the whole text. ERROR_FORMAT where a value cannot be carried: the message names the
 * variable and a format that can.
 */
bool format_encode(const struct format *format, const struct format_options *options,
                   const struct variables *variables, struct buf *out, struct error *error);

/*
 * format_decode(where, text, length, names, pairs, error)
 *
 * Find out which format text is in, and read its names and values: whatever the usual readers of
 * the formats above take, whoever wrote it, and documents as mongosh prints them. names
 * (or NULL) are those of the setting; which format it is rests on where known names stand. What
 * cannot be taken is a fault of its pair, and no failure; find_credential() (find.h) says so of a
 * wanted one.
 *
 * pairs->format is the format's name, "mongosh" for documents. pairs is the caller's, to end with
 * pairs_clear() either way. On false nothing known stands there; error names where, the line and
 * the reason: ERROR_UNUSABLE for what is no text or broken, else ERROR_NOT_FOUND; cause
 * "token-unknown".
 */
bool format_decode(const char *where, const char *text, size_t length, const struct sets *names,
                   struct pairs *pairs, struct error *error);

/*
 * github_masks(access, out): the workflow commands that keep token and secret out of the log; to be
 * printed before anything else. github_holds(text, variables): would the runner take exactly these
 * values from a file with this text?
 */
void github_masks(const struct access *access, struct buf *out);
bool github_holds(const char *text, const struct variables *variables);

/* ---- for the formats themselves, one a file ---- */

bool dotenv_encode(const struct variable *variable, struct buf *out);
bool dotenv_decode(const char *text, struct pairs *pairs);
bool docker_encode(const struct variable *variable, struct buf *out);
bool docker_decode(const char *text, struct pairs *pairs);
bool sh_encode(const struct variable *variable, struct buf *out);
bool sh_decode(const char *text, struct pairs *pairs);
bool fish_encode(const struct variable *variable, struct buf *out);
bool fish_decode(const char *text, struct pairs *pairs);
bool json_encode(const struct variable *variable, struct buf *out);
bool json_decode(const char *text, struct pairs *pairs);
bool yaml_encode(const struct variable *variable, struct buf *out);
bool yaml_decode(const char *text, struct pairs *pairs);
bool tfvars_encode(const struct variable *variable, struct buf *out);
bool tfvars_decode(const char *text, struct pairs *pairs);
bool tfvars_json_encode(const struct variable *variable, struct buf *out);
bool github_encode(const struct variable *variable, struct buf *out);
bool github_decode(const char *text, struct pairs *pairs);
bool kubernetes_encode(const struct variable *variable, struct buf *out);
void kubernetes_open(const struct format_options *options, struct buf *out);
bool kubernetes_check(const struct format_options *options, struct error *error);
bool systemd_encode(const struct variable *variable, struct buf *out);

/*
 * mongosh_decode: documents in JavaScript's notation, as mongosh prints them, with prompts and
 * messages around.
 */
bool mongosh_decode(const char *text, struct pairs *pairs);

/*
 * json_read(where, text, values, error): one value or several behind each other, as a list, which
 * is the caller's to end with node_clear() either way. On false error names where, line and column.
 */
bool json_read(const char *where, const char *text, struct node *values, struct error *error);

/* yaml_add_name: "NAME: ", the name quoted where YAML would not take it for text. */
void yaml_add_name(const char *name, struct buf *out);

/*
 * escaped_read(at, dialect, value)
 *
 * A string in quotes with escapes behind backslashes; false where it is none, or ambiguous, and
 * *at then stays.
 */
enum escaped { ESCAPED_HCL, ESCAPED_JS };
bool escaped_read(const char **at, enum escaped dialect, struct buf *value);

#endif
