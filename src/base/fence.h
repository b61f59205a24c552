/* SPDX-License-Identifier: MIT */
/*
 * fence.h - for builds with AddressSanitizer: the room behind a buffer's content must not be
 * touched.
 *
 * A buffer grows by powers of two, and a reader that runs past its end would go unseen in what is
 * allocated but not used.
 */
#ifndef BASE_FENCE_H
#define BASE_FENCE_H

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define fence_put(at, length) __asan_poison_memory_region(at, length)
#define fence_take(at, length) __asan_unpoison_memory_region(at, length)
#else
#define fence_put(at, length) ((void)(at), (void)(length))
#define fence_take(at, length) ((void)(at), (void)(length))
#endif

#endif
