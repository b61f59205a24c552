/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/ending.h"
#include "base/fence.h"

/* As ERROR_OUTPUT's: error.c lies above this file. */
#define NO_MEMORY_STATUS 7

#define STACK_WIPED ((size_t)256 * 1024)
#define STACK_NEAR ((size_t)16 * 1024) /* its pages are in use, or will be at the next call */

void mem_wipe(void *block, size_t length)
{
    if (length == 0)
        return;
    /* More than was asked for may be usable: FORTIFY must not see where block comes from. */
    __asm__ volatile("" : "+r"(block) : : "memory");
    memset(block, 0, length);
    /* As explicit_bzero does it, whose two calls more are felt at a login's 200,000 blocks. */
    __asm__ volatile("" : : "r"(block) : "memory");
}

#define LARGE ((size_t)1024 * 1024)

static void *or_end(void *block)
{
    if (block == NULL)
        ending_now(NO_MEMORY_STATUS, "out of memory");
    return block;
}

void *mem_lib_malloc(size_t size)
{
    return or_end(malloc(size > 0 ? size : 1));
}

void *mem_lib_calloc(size_t count, size_t size)
{
    return or_end(count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1));
}

void *mem_lib_aligned_alloc(size_t alignment, size_t size)
{
    void *block = NULL;

    if (posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment,
                       size > 0 ? size : 1) != 0)
        block = NULL;
    return or_end(block);
}

/*
 * Pages that are given back are zero when they are met again. Of a large block most may never have
 * been touched (a message that claims 48 MB), and writing to it would only bring it in.
 */
static bool give_back(char *block, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t head = (page - (uintptr_t)block % page) % page;
    size_t whole = (size - head) / page * page;

    if (madvise(block + head, whole, MADV_DONTNEED) != 0)
        return false;
    mem_wipe(block, head);
    mem_wipe(block + head + whole, size - head - whole);
    return true;
}

void mem_lib_free(void *block)
{
    size_t size = malloc_usable_size(block);

    fence_take(block, size);
    if (size < LARGE || !give_back(block, size))
        mem_wipe(block, size);
    free(block);
}

void *mem_lib_realloc(void *block, size_t size)
{
    void *grown = NULL;
    size_t usable = 0;

    if (block == NULL)
        return mem_lib_malloc(size);
    if (size == 0) {
        mem_lib_free(block);
        return NULL;
    }
    usable = malloc_usable_size(block);
    fence_take(block, usable);
    if (size <= usable)
        return block;
    grown = mem_lib_malloc(size);
    memcpy(grown, block, usable);
    mem_lib_free(block);
    return grown;
}

char *mem_lib_strdup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(mem_lib_malloc(size), text, size);
}

void *mem_alloc(size_t size)
{
    return mem_lib_malloc(size);
}

void *mem_zero(size_t count, size_t size)
{
    return mem_lib_calloc(count, size);
}

void *mem_grow(void *block, size_t size)
{
    return mem_lib_realloc(block, size > 0 ? size : 1);
}

char *mem_copy(const void *bytes, size_t length)
{
    /* A length of SIZE_MAX would wrap to an empty block. */
    char *copy = or_end(length < SIZE_MAX ? mem_lib_malloc(length + 1) : NULL);

    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *mem_text(const char *text)
{
    return text != NULL ? mem_copy(text, strlen(text)) : NULL;
}

void mem_free(void *block)
{
    mem_lib_free(block);
}

__attribute__((noinline)) static void wipe_near(void)
{
    char near[STACK_NEAR];

    mem_wipe(near, sizeof near);
}

__attribute__((noinline)) static void wipe_far(void)
{
    char far[STACK_WIPED];

    mem_wipe(far, sizeof far);
}

/*
 * Most of it was never touched, and writing to it would bring it in: with hundreds of threads that
 * was half of all memory. The call that gives pages back has its own frame within what is near.
 */
__attribute__((noinline)) void mem_wipe_stack(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *here = __builtin_frame_address(0);
    char *near_end = here - (uintptr_t)here % page - page;

    /* ENOMEM: the first thread's stack has not grown that far. */
    if (2 * page > STACK_NEAR ||
        (madvise(near_end - STACK_WIPED, STACK_WIPED, MADV_DONTNEED) != 0 && errno != ENOMEM))
        wipe_far();
    wipe_near();
}
