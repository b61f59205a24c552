/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fence.h"

void mem_wipe(void *block, size_t length)
{
    if (length == 0)
        return;
    /* More than was asked for may be usable: FORTIFY must not see where block comes from. */
    __asm__ volatile("" : "+r"(block) : : "memory");
    explicit_bzero(block, length);
}

void *mem_lib_malloc(size_t size)
{
    return malloc(size > 0 ? size : 1);
}

void *mem_lib_calloc(size_t count, size_t size)
{
    return count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);
}

void *mem_lib_aligned_alloc(size_t alignment, size_t size)
{
    void *block = NULL;
    int failed = posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment,
                                size > 0 ? size : 1);

    if (failed != 0) {
        errno = failed;
        return NULL;
    }
    return block;
}

void mem_lib_free(void *block)
{
    if (block != NULL) {
        fence_take(block, malloc_usable_size(block));
        mem_wipe(block, malloc_usable_size(block));
        free(block);
    }
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
    grown = malloc(size);
    if (grown != NULL) {
        memcpy(grown, block, usable);
        mem_lib_free(block);
    }
    return grown;
}

char *mem_lib_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_lib_malloc(size);

    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static void *or_end(void *block)
{
    static const char message[] = "pritunl-access: out of memory\n";

    if (block == NULL) {
        /* Nothing can be done about a stderr that does not take it. */
        ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);

        (void)ignored;
        _exit(7);
    }
    return block;
}

void *mem_alloc(size_t size)
{
    return or_end(mem_lib_malloc(size));
}

void *mem_zero(size_t count, size_t size)
{
    return or_end(mem_lib_calloc(count, size));
}

void *mem_grow(void *block, size_t size)
{
    return or_end(mem_lib_realloc(block, size > 0 ? size : 1));
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
