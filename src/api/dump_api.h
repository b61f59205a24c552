/* SPDX-License-Identifier: MIT */
/*
 * dump_api.h - the dump as the API tells it.
 */
#ifndef API_DUMP_API_H
#define API_DUMP_API_H

#include <stdbool.h>

#include "api/contact.h"
#include "api/verdict.h"
#include "pritunl/dump.h"

/*
 * dump_from_api(contact, what, options, sink, error)
 *
 * contact was judged, what->access is the pair. Requests run side by side over options->jobs
 * connections, and are repeated with a fresh nonce after a 502, a 504 or a cut (call_again()), or
 * where more would be held than there is room for. What is held may take DUMP_HELD_MAX bytes: a
 * list that passes it is ERROR_API. False with call_error()'s errors or the sink's own; what
 * was written by then is no whole document.
 */
bool dump_from_api(struct contact *contact, const struct verify_case *what,
                   const struct dump_options *options, const struct dump_sink *sink,
                   struct error *error);

#endif
