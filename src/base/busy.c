/* SPDX-License-Identifier: MIT */
#include "base/busy.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/term.h"
#include "base/text.h"

#define PATIENCE_MS 500
#define PAUSE_MS 100   /* shorter, and it is the same work that goes on */
#define GLIMPSE_MS 100 /* what takes no longer is not named, whatever went before */
#define WORD_SIZE 200

static struct {
    pthread_mutex_t lock;
    pthread_cond_t begun;
    bool watched; /* the thread that shows it is there */
    bool shown;
    size_t depth;     /* how many stand in each other; the main thread's alone */
    int64_t since_ms; /* when the first began of what goes on */
    int64_t begun_ms;
    int64_t ended_ms;
    char word[WORD_SIZE]; /* "": nothing to show */
} busy = {.lock = PTHREAD_MUTEX_INITIALIZER, .begun = PTHREAD_COND_INITIALIZER};

static void *watch(void *nothing)
{
    (void)nothing;
    pthread_mutex_lock(&busy.lock);
    for (;;) {
        int64_t now_ms = clock_monotonic_ms();
        int64_t whole_ms = busy.since_ms + PATIENCE_MS - now_ms;
        int64_t own_ms = busy.begun_ms + GLIMPSE_MS - now_ms;
        int64_t left_ms = whole_ms > own_ms ? whole_ms : own_ms;

        if (busy.word[0] == '\0' || busy.shown) {
            pthread_cond_wait(&busy.begun, &busy.lock);
        } else if (left_ms > 0) {
            pthread_mutex_unlock(&busy.lock);
            clock_sleep_ms(left_ms);
            pthread_mutex_lock(&busy.lock);
        } else {
            busy.shown = true;
            term_progress("%s …", busy.word);
        }
    }
    return NULL;
}

static bool has_a_say(void)
{
    return gettid() == getpid() && term_shows_progress();
}

void busy_begin(const char *format, ...)
{
    int64_t now_ms = clock_monotonic_ms();
    char word[WORD_SIZE];
    char *printable = NULL;
    pthread_t thread;
    va_list arguments;

    if (!has_a_say() || busy.depth++ > 0)
        return;
    va_start(arguments, format);
    vsnprintf(word, sizeof word, format, arguments);
    va_end(arguments);
    printable = text_printable(word, strlen(word));
    pthread_mutex_lock(&busy.lock);
    if (now_ms > busy.ended_ms + PAUSE_MS)
        busy.since_ms = now_ms;
    busy.begun_ms = now_ms;
    snprintf(busy.word, sizeof busy.word, "%s", printable);
    if (!busy.watched)
        busy.watched = thread_begin(&thread, watch, NULL) && pthread_detach(thread) == 0;
    pthread_cond_signal(&busy.begun);
    pthread_mutex_unlock(&busy.lock);
    mem_free(printable);
}

void busy_end(void)
{
    if (!has_a_say() || busy.depth == 0)
        return;
    busy.depth--;
    if (busy.depth > 0)
        return;
    pthread_mutex_lock(&busy.lock);
    busy.ended_ms = clock_monotonic_ms();
    busy.word[0] = '\0';
    if (busy.shown)
        term_progress_end();
    busy.shown = false;
    pthread_mutex_unlock(&busy.lock);
}
