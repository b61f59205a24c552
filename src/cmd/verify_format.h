/* SPDX-License-Identifier: MIT */
/*
 * verify_format.h - the answers of `verify` for monitoring.
 */
#ifndef CMD_VERIFY_FORMAT_H
#define CMD_VERIFY_FORMAT_H

#include <stddef.h>

#include "base/buf.h"
#include "cmd/verify_answer.h"

/* What a plugin of Nagios ends with. */
enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

/*
 * verify_nagios(answers, count, now_s, out): one line "PRITUNL OK - …|perfdata"; returns how it
 * stands. Refused is CRITICAL, no answer UNKNOWN, and accepted with a certificate that ends within
 * 14 days, or clocks that differ by five minutes, WARNING. verify_nagios_error: for a mistake in
 * asking.
 */
enum nagios verify_nagios(const struct verify_answer *answers, size_t count, int64_t now_s,
                          struct buf *out);
enum nagios verify_nagios_error(const struct error *error, struct buf *out);

/*
 * verify_prometheus(answers, count, now_s, out): the text format of Prometheus, one series of each
 * metric for each answer of which it is known.
 */
void verify_prometheus(const struct verify_answer *answers, size_t count, int64_t now_s,
                       struct buf *out);

#endif
