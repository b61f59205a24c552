/* SPDX-License-Identifier: MIT */
/*
 * mem.h - the one allocator: whatever it frees, it wipes first.
 *
 * Secrets pass through strings, JSON values, BSON documents and curl's buffers. Nobody has to
 * remember which of them held one: every block is overwritten over its whole usable size before it
 * goes back to the C library. The same functions are handed to libbson, libcurl, Jansson and
 * OpenSSL (mem_lib_*), so their copies go too.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/*
 * mem_alloc, mem_zero, mem_grow, mem_copy, mem_text
 *
 * Memory for our own code, to end with mem_free(). They never return NULL: a process of one second
 * that has no memory left says so on stderr and ends with status 7. mem_zero clears; mem_grow is a
 * realloc that wipes what it leaves; mem_copy duplicates length bytes and adds a NUL behind them;
 * mem_text duplicates a string (NULL gives NULL).
 */
void *mem_alloc(size_t size);
void *mem_zero(size_t count, size_t size);
void *mem_grow(void *block, size_t size);
char *mem_copy(const void *bytes, size_t length);
char *mem_text(const char *text);

/* mem_free(block): wipe the whole usable size, then free. NULL is fine. */
void mem_free(void *block);

/* mem_wipe(block, length): overwrite in a way that the compiler does not drop. */
void mem_wipe(void *block, size_t length);

/*
 * The same for foreign libraries, with the C library's signatures. They do not return NULL either:
 * libbson would abort then, and what others make of it is a lie ("no SHA-512", "not trusted").
 */
void *mem_lib_malloc(size_t size);
void *mem_lib_calloc(size_t count, size_t size);
void *mem_lib_realloc(void *block, size_t size);
void *mem_lib_aligned_alloc(size_t alignment, size_t size);
char *mem_lib_strdup(const char *text);
void mem_lib_free(void *block);

/* mem_wipe_stack(): what calls that have returned left below this frame, of libraries too. */
void mem_wipe_stack(void);

#endif
