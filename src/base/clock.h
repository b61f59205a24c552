/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the two clocks, and dates as text.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* clock_monotonic_ms(): milliseconds that only ever go forward; for durations and deadlines. */
int64_t clock_monotonic_ms(void);

/* clock_monotonic_us(): the same in microseconds, for what is over sooner. */
int64_t clock_monotonic_us(void);

/* clock_wall_ms(): milliseconds since 1970-01-01T00:00:00Z, as this machine believes. */
int64_t clock_wall_ms(void);

/*
 * clock_sleep_ms(ms): come back when so much time has passed, at once where ms is not positive. A
 * signal whose handler returns does not shorten it.
 */
void clock_sleep_ms(int64_t ms);

#define CLOCK_TEXT_SIZE sizeof("-9999-12-31T23:59:59Z")

/*
 * clock_text(wall_ms, text): ISO 8601 in UTC with seconds, "2026-11-22T17:00:00Z"; "" outside the
 * years 0 to 9999.
 */
void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);

#endif
