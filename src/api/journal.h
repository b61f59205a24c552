/* SPDX-License-Identifier: MIT */
/*
 * journal.h - the journal that Pritunl keeps on its host: what it says of a request that it
 * refused.
 *
 * One JSON object a line, written within a second, only while auditing is "all" (doc/pritunl.md).
 * It names no administrator and not every reason, so that it is a hint and no proof: somebody
 * else's refusal looks the same.
 */
#ifndef API_JOURNAL_H
#define API_JOURNAL_H

#include <stdint.h>

#define JOURNAL_DEFAULT                                                                            \
    "/var/log/pritunl_journal.log" /* journal_path, where pritunl.conf is silent */

struct journal;

/*
 * journal_open(path): remember where it ends now. Never fails; to end with journal_free(), NULL is
 * fine.
 */
struct journal *journal_open(const char *path);
void journal_free(struct journal *journal);

/*
 * journal_reason(journal, patience_ms)
 *
 * The reason of the first refusal of an API request that was written since journal_open(), waited
 * for no longer than patience_ms. A static text of our own: nothing of the file itself is ever
 * returned. NULL: none, or the file cannot be read.
 */
const char *journal_reason(struct journal *journal, int64_t patience_ms);

#endif
