/* SPDX-License-Identifier: MIT */
/*
 * allocations.so - preloaded: the allocation whose number is in $ALLOCATION_FAILS gets nothing, and
 * every one after it where $ALLOCATION_STAYS is set; all are counted, those of constructors too.
 * To the descriptor in $ALLOCATION_TELLS goes at the end, a line each: the number of the first one
 * that each place of the code made and the place's name, which is the same in every run, and last
 * of all how many there were. A place is the few calls that led to it: $ALLOCATION_CALLS of them,
 * this file's own two included.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS_MAX 16
#define PLACES 65536 /* far more than there are */

static atomic_long count;
static long fails = -1;
static int stays;
static int told = -1;
static int calls_told_apart;
static _Atomic(uintptr_t) places[PLACES];
static atomic_long firsts[PLACES];
static uintptr_t names[PLACES];
static _Thread_local int looking;

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
    text = getenv("ALLOCATION_TELLS");
    told = text != NULL ? (int)strtol(text, NULL, 10) : -1;
    text = getenv("ALLOCATION_CALLS");
    calls_told_apart = text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

static uintptr_t mix(uintptr_t sum, uintptr_t more)
{
    return (sum ^ more) * 1099511628211u;
}

/* Of the same calls wherever the loader put the objects: by the objects' names, and where in them. */
static uintptr_t name_place(void *const *calls)
{
    uintptr_t name = 1;

    for (int i = 0; i < calls_told_apart; i++) {
        Dl_info object = {.dli_fname = ""};

        dladdr(calls[i], &object);
        for (const char *c = object.dli_fname; *c != '\0'; c++)
            name = mix(name, (unsigned char)*c);
        name = mix(name, (uintptr_t)calls[i] - (uintptr_t)object.dli_fbase);
    }
    return name;
}

/* The first time that it comes from here? Looking allocates, too. */
static void note_place(long number)
{
    void *calls[CALLS_MAX] = {NULL};
    uintptr_t place = 1;
    size_t at = 0;

    if (looking)
        return;
    looking = 1;
    backtrace(calls, calls_told_apart);
    looking = 0;
    for (int i = 0; i < calls_told_apart; i++)
        place = mix(place, (uintptr_t)calls[i]);
    for (at = place % PLACES; firsts[at] != 0; at = (at + 1) % PLACES)
        if (places[at] == place)
            return;
    places[at] = place;
    names[at] = name_place(calls);
    firsts[at] = number;
}

static int fail(void)
{
    long number = 0;

    if (looking)
        return 0;
    number = atomic_fetch_add(&count, 1) + 1;
    if (told >= 0)
        note_place(number);
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
    for (size_t at = 0; told >= 0 && at < PLACES; at++)
        if (firsts[at] != 0)
            dprintf(told, "%ld %lx\n", firsts[at], (unsigned long)names[at]);
    if (told >= 0)
        dprintf(told, "%ld all\n", atomic_load(&count));
    next_exit(status);
}
