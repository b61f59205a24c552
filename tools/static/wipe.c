/* SPDX-License-Identifier: MIT */
/*
 * wipe.c - free() and realloc() of the whole static file, musl's own too (ld --wrap): whatever is given back was wiped first.
 *
 * Not every library takes the allocator of base/mem.h (utf8proc, musl itself), and a realloc() of musl may move what it shrinks.
 */
#include "base/mem.h"

void __wrap_free(void *block);
void *__wrap_realloc(void *block, size_t size);

void __wrap_free(void *block)
{
    mem_lib_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    return mem_lib_realloc(block, size);
}
