/* SPDX-License-Identifier: MIT */
#include "api/journal.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"

#define NEWS_MAX ((size_t)64 * 1024) /* of what was written since */
#define TICK_MS 50

struct journal {
    char *path;
    int fd;    /* -1 where there is none (yet) */
    off_t end; /* what lies before it is old */
};

/* All that Pritunl says of a refused API request (doc/pritunl.md). */
static const char *const reasons[] = {
    "Expired auth timestamp",        "Invalid auth timestamp",
    "Administrator not API enabled", "Invalid signature or nonce length",
    "Auth signature mismatch",       "Duplicate nonce from reconnection",
    "Administrator disabled",        "Adminsitrator missing secret", /* their spelling */
};

static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info;

    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct journal *journal_open(const char *path)
{
    struct journal *journal = mem_zero(1, sizeof *journal);

    journal->path = mem_text(path);
    journal->fd = open_file(path);
    if (journal->fd >= 0)
        journal->end = lseek(journal->fd, 0, SEEK_END);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    mem_free(journal->path);
    mem_free(journal);
}

/* What a line gives as its reason, whatever its key; those about VPN users are not ours. */
static const char *reason_of(const struct json *line)
{
    static const char *const keys[] = {"reason_long", "event_long", "reason"};
    const char *event = json_text(json_get(line, "event"), NULL);

    if (event != NULL && (text_starts(event, "user_") || text_starts(event, "sso_")))
        return NULL;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *text = json_text(json_get(line, keys[k]), NULL);

        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            if (text_equal(text, reasons[i]))
                return reasons[i];
    }
    return NULL;
}

static const char *find_reason(const char *text)
{
    const char *reason = NULL;
    const char *end = NULL;

    for (; reason == NULL && (end = strchr(text, '\n')) != NULL; text = end + 1) {
        struct error ignored;
        struct json *line = json_parse(text, (size_t)(end - text), "journal", &ignored);

        reason = reason_of(line);
        json_free(line);
    }
    return reason;
}

static const char *look_at_journal(struct journal *journal)
{
    char *news = mem_zero(1, NEWS_MAX + 1);
    const char *reason = NULL;

    if (journal->fd < 0)
        journal->fd = open_file(journal->path); /* the first line ever makes the file */
    if (journal->fd >= 0 && pread(journal->fd, news, NEWS_MAX, journal->end) > 0)
        reason = find_reason(news);
    mem_free(news);
    return reason;
}

const char *journal_reason(struct journal *journal, int64_t patience_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    const char *reason = NULL;

    while ((reason = look_at_journal(journal)) == NULL && clock_monotonic_ms() < deadline_ms)
        poll(NULL, 0, TICK_MS);
    return reason;
}
