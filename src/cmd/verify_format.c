/* SPDX-License-Identifier: MIT */
#include "cmd/verify_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define DAY_S 86400
#define CERTIFICATE_DAYS 14
#define SKEW_S 300
#define TROUBLES_SHOWN 5
#define MS_PER_S 1000

/* ---- nagios ---- */

static bool ends_soon(const struct verify_answer *answer, int64_t now_s)
{
    return answer->certificate_end_s != 0 &&
           answer->certificate_end_s - now_s < (int64_t)CERTIFICATE_DAYS * DAY_S;
}

static bool is_worth_a_warning(const struct verify_answer *answer, int64_t now_s)
{
    int64_t skew_s = answer->result.has_clock ? answer->result.clock_skew_s : 0;

    return skew_s >= SKEW_S || skew_s <= -SKEW_S || ends_soon(answer, now_s);
}

static enum nagios nagios_of(const struct verify_answer *answer, int64_t now_s)
{
    switch (answer->result.verdict) {
    case VERDICT_ACCEPTED:
        return is_worth_a_warning(answer, now_s) ? NAGIOS_WARNING : NAGIOS_OK;
    case VERDICT_REFUSED:
        return NAGIOS_CRITICAL;
    default:
        return NAGIOS_UNKNOWN;
    }
}

/* A refusal is worse than not to know, and that is worse than a warning. */
static int severity(enum nagios state)
{
    static const int order[] = {
        [NAGIOS_OK] = 0, [NAGIOS_WARNING] = 1, [NAGIOS_UNKNOWN] = 2, [NAGIOS_CRITICAL] = 3};

    return order[state];
}

/* One line, in which '|' would begin the figures. */
static void add_plain(struct buf *out, const char *text)
{
    char *printable = text_printable(text, strlen(text));

    for (char *p = printable; *p != '\0'; p++)
        if (*p == '|')
            *p = '/';
    buf_add_text(out, printable);
    mem_free(printable);
}

static void add_trouble(const struct verify_answer *answer, int64_t now_s, struct buf *out)
{
    const char *cause = cause_name(answer->result.cause);
    const char *where = answer->profile != NULL ? answer->profile : answer->host;

    add_plain(out, answer->administrator != NULL ? answer->administrator : "the pair");
    if (where != NULL) {
        buf_add_text(out, " on ");
        add_plain(out, where);
    }
    buf_add_text(out, ": ");
    if (answer->result.verdict != VERDICT_ACCEPTED)
        add_plain(out, cause != NULL ? cause : answer->error.text);
    else if (answer->certificate_end_s != 0 && answer->certificate_end_s <= now_s)
        buf_add_text(out, "the certificate is out of date");
    else if (ends_soon(answer, now_s))
        buf_add_format(out, "the certificate ends in %lld days",
                       (long long)((answer->certificate_end_s - now_s) / DAY_S));
    else
        buf_add_format(out, "the clocks differ by %lld s", (long long)answer->result.clock_skew_s);
}

/* The worst first. */
static void add_troubles(const struct verify_answer *answers, size_t count, int64_t now_s,
                         struct buf *out)
{
    size_t shown = 0;
    size_t all = 0;

    for (int rank = severity(NAGIOS_CRITICAL); rank > severity(NAGIOS_OK); rank--)
        for (size_t i = 0; i < count; i++) {
            if (severity(nagios_of(&answers[i], now_s)) != rank || ++all > TROUBLES_SHOWN)
                continue;
            buf_add_text(out, shown++ > 0 ? "; " : "");
            add_trouble(&answers[i], now_s, out);
        }
    if (all > shown)
        buf_add_format(out, "; and %zu more", all - shown);
}

static void add_figures(const struct verify_answer *answers, size_t count, int64_t now_s,
                        struct buf *out)
{
    size_t verdicts[VERDICT_REFUSED + 1] = {0};
    int64_t latency_ms = -1;
    int64_t skew_s = 0;
    int64_t end_s = 0;
    bool has_clock = false;

    for (size_t i = 0; i < count; i++) {
        const struct verify_result *result = &answers[i].result;

        verdicts[result->verdict]++;
        if (result->latency_ms > latency_ms)
            latency_ms = result->latency_ms;
        if (result->has_clock && llabs(result->clock_skew_s) >= llabs(skew_s))
            skew_s = result->clock_skew_s;
        has_clock = has_clock || result->has_clock;
        if (answers[i].certificate_end_s != 0 &&
            (end_s == 0 || answers[i].certificate_end_s < end_s))
            end_s = answers[i].certificate_end_s;
    }
    buf_add_format(out, "|accepted=%zu refused=%zu unknown=%zu", verdicts[VERDICT_ACCEPTED],
                   verdicts[VERDICT_REFUSED], verdicts[VERDICT_UNKNOWN]);
    if (latency_ms >= 0)
        buf_add_format(out, " latency=%lldms;;;0", (long long)latency_ms);
    if (has_clock)
        buf_add_format(out, " skew=%llds", (long long)skew_s);
    if (end_s != 0)
        buf_add_format(out, " certificate_days=%lld;%d:", (long long)((end_s - now_s) / DAY_S),
                       CERTIFICATE_DAYS);
}

static void add_state(enum nagios state, struct buf *out)
{
    static const char *const words[] = {[NAGIOS_OK] = "OK",
                                        [NAGIOS_WARNING] = "WARNING",
                                        [NAGIOS_CRITICAL] = "CRITICAL",
                                        [NAGIOS_UNKNOWN] = "UNKNOWN"};

    buf_add_format(out, "PRITUNL %s - ", words[state]);
}

enum nagios verify_nagios(const struct verify_answer *answers, size_t count, int64_t now_s,
                          struct buf *out)
{
    enum nagios worst = NAGIOS_OK;
    size_t accepted = 0;

    for (size_t i = 0; i < count; i++) {
        enum nagios each = nagios_of(&answers[i], now_s);

        accepted += answers[i].result.verdict == VERDICT_ACCEPTED;
        if (severity(each) > severity(worst))
            worst = each;
    }
    add_state(worst, out);
    if (count != 1)
        buf_add_format(out, "%zu of %zu accepted%s", accepted, count,
                       worst != NAGIOS_OK ? "; " : "");
    else if (worst == NAGIOS_OK) {
        add_plain(out, answers->administrator != NULL ? answers->administrator : "the pair");
        buf_add_text(out, ": accepted at ");
        add_plain(out, answers->url);
    }
    add_troubles(answers, count, now_s, out);
    add_figures(answers, count, now_s, out);
    buf_add_text(out, "\n");
    return worst;
}

enum nagios verify_nagios_error(const struct error *error, struct buf *out)
{
    add_state(NAGIOS_UNKNOWN, out);
    add_plain(out, error->text);
    buf_add_text(out, "\n");
    return NAGIOS_UNKNOWN;
}

/* ---- prometheus ---- */

enum metric { METRIC_VERDICT, METRIC_CAUSE, METRIC_LATENCY, METRIC_SKEW, METRIC_END, METRIC_LEASE };

static const struct {
    const char *name;
    const char *help;
} metrics[] = {
    [METRIC_VERDICT] = {"verdict", "1: the API accepts the credential, 0: it refuses it, -1: "
                                   "nobody could tell."},
    [METRIC_CAUSE] = {"cause", "1 for the one cause why it is not accepted."},
    [METRIC_LATENCY] = {"latency_seconds", "How long the signed request took."},
    [METRIC_SKEW] = {"clock_skew_seconds", "The server's clock minus ours."},
    [METRIC_END] = {"certificate_end_seconds", "When the certificate that was met ends, in "
                                               "seconds since 1970."},
    [METRIC_LEASE] = {"temporary_end_seconds", "When the temporary administrator ends, in "
                                               "seconds since 1970."},
};

#define METRICS (sizeof metrics / sizeof *metrics)

/* ,name="value" with what the format wants escaped; nothing where there is no value. */
static void add_label(struct buf *out, const char *name, const char *value)
{
    struct buf escaped = BUF_EMPTY(BUF_MAX);
    char *printable = NULL;

    if (value == NULL)
        return;
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\\' || *p == '"')
            buf_add_text(&escaped, "\\");
        if (*p == '\n')
            buf_add_text(&escaped, "\\n");
        else
            buf_add(&escaped, p, 1);
    }
    printable = text_printable(buf_text(&escaped), escaped.length);
    buf_add_format(out, "%s%s=\"%s\"", out->length > 0 ? "," : "", name, printable);
    mem_free(printable);
    buf_free(&escaped);
}

static char *labels_of(const struct verify_answer *answer)
{
    struct buf out = BUF_EMPTY(BUF_MAX);

    add_label(&out, "administrator", answer->administrator);
    add_label(&out, "url", answer->url);
    add_label(&out, "host", answer->host);
    add_label(&out, "profile", answer->profile);
    return buf_take(&out);
}

static int compare_labels(const void *left, const void *right)
{
    return strcmp(**(char **const *)left, **(char **const *)right);
}

/* Two series of the same labels would have the whole text refused. */
static void tell_apart(char **labels, size_t count)
{
    char ***sorted = mem_zero(count + 1, sizeof *sorted);
    char *first = mem_text("");
    size_t nth = 1;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &labels[i];
    qsort(sorted, count, sizeof *sorted, compare_labels);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !text_equal(first, *sorted[i])) {
            mem_free(first);
            first = mem_text(*sorted[i]);
            nth = 1;
            continue;
        }
        mem_free(*sorted[i]);
        *sorted[i] = text_format("%s%snth=\"%zu\"", first, *first != '\0' ? "," : "", ++nth);
    }
    mem_free(first);
    mem_free(sorted);
}

/* The figure of one answer as text, or false where it is not known. */
static bool add_sample(enum metric metric, const struct verify_answer *answer, struct buf *out)
{
    const struct verify_result *result = &answer->result;

    switch (metric) {
    case METRIC_VERDICT:
        return buf_add_text(out, result->verdict == VERDICT_ACCEPTED  ? "1"
                                 : result->verdict == VERDICT_REFUSED ? "0"
                                                                      : "-1");
    case METRIC_CAUSE:
        return result->verdict != VERDICT_ACCEPTED && buf_add_text(out, "1");
    case METRIC_LATENCY:
        return result->latency_ms >= 0 &&
               buf_add_format(out, "%lld.%03d", (long long)(result->latency_ms / MS_PER_S),
                              (int)(result->latency_ms % MS_PER_S));
    case METRIC_SKEW:
        return result->has_clock && buf_add_format(out, "%lld", (long long)result->clock_skew_s);
    case METRIC_END:
        return answer->certificate_end_s != 0 &&
               buf_add_format(out, "%lld", (long long)answer->certificate_end_s);
    case METRIC_LEASE:
        return answer->expires_ms != 0 &&
               buf_add_format(out, "%lld", (long long)(answer->expires_ms / MS_PER_S));
    }
    return false;
}

static void add_series(enum metric metric, const struct verify_answer *answer, const char *labels,
                       struct buf *out)
{
    const char *cause = cause_name(answer->result.cause);
    struct buf all = BUF_EMPTY(BUF_MAX);
    struct buf value = BUF_EMPTY(BUF_MAX);

    buf_add_text(&all, labels);
    if (metric == METRIC_CAUSE)
        add_label(&all, "cause",
                  cause != NULL    ? cause
                  : answer->failed ? error_kind_name(answer->error.kind)
                                   : "unknown");
    if (add_sample(metric, answer, &value))
        buf_add_format(out, "pritunl_access_%s{%s} %s\n", metrics[metric].name, buf_text(&all),
                       buf_text(&value));
    buf_free(&all);
    buf_free(&value);
}

void verify_prometheus(const struct verify_answer *answers, size_t count, int64_t now_s,
                       struct buf *out)
{
    char **labels = mem_zero(count + 1, sizeof *labels);

    for (size_t i = 0; i < count; i++)
        labels[i] = labels_of(&answers[i]);
    tell_apart(labels, count);
    for (size_t metric = 0; metric < METRICS; metric++) {
        buf_add_format(out, "# HELP pritunl_access_%s %s\n# TYPE pritunl_access_%s gauge\n",
                       metrics[metric].name, metrics[metric].help, metrics[metric].name);
        for (size_t i = 0; i < count; i++)
            add_series((enum metric)metric, &answers[i], labels[i], out);
    }
    buf_add_format(out,
                   "# HELP pritunl_access_checked_seconds When this was asked, in seconds since "
                   "1970.\n# TYPE pritunl_access_checked_seconds gauge\n"
                   "pritunl_access_checked_seconds %lld\n",
                   (long long)now_s);
    for (size_t i = 0; i < count; i++)
        mem_free(labels[i]);
    mem_free(labels);
}
