/* SPDX-License-Identifier: MIT */
/*
 * journal.h - the journal that Pritunl keeps on its host: what it says of a request that it
 * refused.
 *
 * One JSON object a line, written within a second, only while auditing is "all" (doc/pritunl.md).
 * It names no administrator, and a missing header or an unknown token leaves no line: a hint and no
 * proof.
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

/* The request that was refused: where it came from, and when it was under way. */
struct journal_request {
    const char *address;
    int64_t sent_s; /* seconds since 1970, by the server's clock: the journal has whole ones */
    int64_t answered_s;
};

/*
 * journal_account(journal, request, patience_ms)
 *
 * Why that request was refused, of what was written since journal_open(): a new string, or NULL
 * where nothing is said or the file cannot be read. A line counts only if it is about a refused API
 * request from that address in that time. Where they differ somebody else was refused as well, and
 * it is "one of A, B". Waits for the first one no longer than patience_ms, then a moment for others
 * (not at all where patience_ms is 0). Reasons are texts of our own: nothing of the file itself is
 * ever returned.
 */
char *journal_account(struct journal *journal, const struct journal_request *request,
                      int64_t patience_ms);

#endif
