/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec now = {0};

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
    /* Before 1970, division rounds toward zero and would name the second after. */
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
    struct tm date = {0};
    int year = 0;

    text[0] = '\0';
    if (gmtime_r(&seconds, &date) == NULL)
        return;
    year = date.tm_year + 1900;
    if (year >= 0 && year <= 9999) {
        snprintf(text, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year,
                 (unsigned)(date.tm_mon + 1) % 100, (unsigned)date.tm_mday % 100,
                 (unsigned)date.tm_hour % 100, (unsigned)date.tm_min % 100,
                 (unsigned)date.tm_sec % 100);
    }
}
