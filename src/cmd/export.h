/* SPDX-License-Identifier: MIT */
/*
 * export.h - writing a credential out, for export and bootstrap.
 */
#ifndef CMD_EXPORT_H
#define CMD_EXPORT_H

#include "base/buf.h"
#include "base/file_replace.h"
#include "cmd/hand.h"
#include "format/format.h"
#include "place/output.h"

struct export
{
    const struct settings *settings;
    const struct format *format;
    struct format_options options;
    struct output_config output;
    struct file_attributes attributes;
    struct hand hand; /* filled between the two steps below */
    struct buf content;
    /* a temporary administrator's pair: label, username and expiry are answered too; or NULL */
    const struct lend *lend;
};

/*
 * export_prepare(export, settings, error): validate all that can be known before anything is asked;
 * ERROR_USAGE.
 */
bool export_prepare(struct export *export, const struct settings *settings, struct error *error);

/*
 * export_finish(export, status, error): encode, then write or (--check) compare, and answer.
 * ERROR_FORMAT, ERROR_OUTPUT.
 */
bool export_finish(struct export *export, int *status, struct error *error);

/* export_clear(export): the hand too. */
void export_clear(struct export *export);

#endif
