/* SPDX-License-Identifier: MIT */
#include "api/journal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/json.h"

#define NEWS_MAX ((size_t)64 * 1024) /* of what was written since */
#define TICK_MS 50
#define FLUSH_MS 300 /* Pritunl writes it four times a second */

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

#define REASONS (sizeof reasons / sizeof *reasons)

struct reason_set {
    const char *reasons[REASONS];
    size_t count;
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

/*
 * The reason of a refused API request from that address at that time; NULL: it is something else.
 */
static const char *reason_of(const struct json *line, const struct journal_request *request)
{
    const char *text = json_text(json_get(line, "event_long"), NULL);
    int64_t time_s = json_int(json_get(line, "timestamp"), -1);

    if (!text_equal(json_text(json_get(line, "event"), NULL), "admin_auth_failure") ||
        !text_equal(json_text(json_get(line, "remote_address"), NULL), request->address) ||
        time_s < request->sent_s || time_s > request->answered_s)
        return NULL;
    for (size_t i = 0; i < REASONS; i++)
        if (text_equal(text, reasons[i]))
            return reasons[i];
    return NULL;
}

/* The different reasons among the whole lines of text. */
static void find_reasons(const char *text, const struct journal_request *request,
                         struct reason_set *set)
{
    const char *end = NULL;

    set->count = 0;
    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        struct error ignored;
        struct json *line = json_parse(text, (size_t)(end - text), "journal", &ignored);
        const char *reason = reason_of(line, request);
        bool known = reason == NULL;

        for (size_t i = 0; i < set->count; i++)
            known = known || set->reasons[i] == reason;
        if (!known)
            set->reasons[set->count++] = reason;
        json_free(line);
    }
}

static void look(struct journal *journal, const struct journal_request *request,
                 struct reason_set *set)
{
    char *news = mem_zero(1, NEWS_MAX + 1);

    if (journal->fd < 0)
        journal->fd = open_file(journal->path); /* the first line ever makes the file */
    if (journal->fd >= 0 && pread(journal->fd, news, NEWS_MAX, journal->end) > 0)
        find_reasons(news, request, set);
    mem_free(news);
}

char *journal_account(struct journal *journal, const struct journal_request *request,
                      int64_t patience_ms)
{
    int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    struct reason_set set = {.count = 0};
    struct buf text = BUF_EMPTY(BUF_MAX);

    for (look(journal, request, &set); set.count == 0 && clock_monotonic_ms() < deadline_ms;
         look(journal, request, &set))
        clock_sleep_ms(TICK_MS);
    if (set.count > 0 && patience_ms > 0) { /* somebody else's may have come before ours */
        clock_sleep_ms(FLUSH_MS);
        look(journal, request, &set);
    }
    for (size_t i = 0; i < set.count; i++)
        buf_add_format(&text, "%s%s",
                       i > 0           ? ", "
                       : set.count > 1 ? "one of "
                                       : "",
                       set.reasons[i]);
    return set.count > 0 ? buf_take(&text) : NULL;
}
