/* SPDX-License-Identifier: MIT */
/*
 * allocations.so - preloaded: the allocation whose number is in $ALLOCATION_FAILS gets nothing, and
 * every one after it where $ALLOCATION_STAYS is set; how many there were is written to the
 * descriptor in $ALLOCATION_COUNT at the end. Counted from the first getrandom or prctl of main on
 * would miss what constructors do: all are counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long count;
static long fails = -1;
static int stays;
static int told = -1;

static void *(*next_malloc)(size_t size);
static void *(*next_calloc)(size_t count, size_t size);
static void *(*next_realloc)(void *block, size_t size);
static int (*next_memalign)(void **block, size_t alignment, size_t size);
static void (*next_exit)(int status) __attribute__((noreturn));

/* dlsym may ask for a little before it has found calloc. */
static char early[4096];
static size_t early_used;

static void find(void)
{
    const char *text = getenv("ALLOCATION_FAILS");

    next_malloc = dlsym(RTLD_NEXT, "malloc");
    next_realloc = dlsym(RTLD_NEXT, "realloc");
    next_memalign = dlsym(RTLD_NEXT, "posix_memalign");
    next_exit = dlsym(RTLD_NEXT, "_exit");
    next_calloc = dlsym(RTLD_NEXT, "calloc");
    fails = text != NULL ? strtol(text, NULL, 10) : -1;
    stays = getenv("ALLOCATION_STAYS") != NULL;
    text = getenv("ALLOCATION_COUNT");
    told = text != NULL ? (int)strtol(text, NULL, 10) : -1;
}

static int fail(void)
{
    long number = atomic_fetch_add(&count, 1) + 1;

    if (fails < 0 || (stays ? number < fails : number != fails))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    if (next_malloc == NULL)
        find();
    return fail() ? NULL : next_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    if (next_calloc == NULL) {
        if (next_malloc != NULL || early_used > 0) {
            void *at = early + early_used;

            early_used += (number * size + 15) / 16 * 16;
            return early_used <= sizeof early ? at : NULL;
        }
        early_used = 16;
        find();
    }
    return fail() ? NULL : next_calloc(number, size);
}

void *realloc(void *block, size_t size)
{
    if (next_realloc == NULL)
        find();
    return fail() ? NULL : next_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (next_memalign == NULL)
        find();
    return fail() ? ENOMEM : next_memalign(block, alignment, size);
}

void _exit(int status)
{
    if (next_exit == NULL)
        find();
    if (told >= 0)
        dprintf(told, "%ld\n", atomic_load(&count));
    next_exit(status);
}
