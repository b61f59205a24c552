/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <check.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/parallel.h"
#include "base/text.h"
#include "child.h"

Suite *mem_suite(void);

#define MARK 48
#define PIECE ((size_t)1024 * 1024)
#define HIDE 0xa5

/* The mark never stands in memory as it is, but in the block under test: here each byte is turned around. */
static unsigned char hidden_mark[MARK];

static void make_mark(void)
{
    for (size_t i = 0; i < MARK; i++)
        hidden_mark[i] = (unsigned char)((i * 37 + (size_t)getpid()) ^ HIDE);
}

static void put_mark(char *block)
{
    for (size_t i = 0; i < MARK; i++)
        block[i] = (char)(hidden_mark[i] ^ HIDE);
}

static unsigned count_in(const unsigned char *bytes, size_t length)
{
    unsigned found = 0;

    for (size_t i = 0; i + MARK <= length; i++) {
        size_t same = 0;

        while (same < MARK && bytes[i + same] == (hidden_mark[same] ^ HIDE))
            same++;
        found += same == MARK;
    }
    return found;
}

/* How often the mark stands in this process's writable memory. */
static unsigned count_marks(void)
{
    /* Shared, lest it become one mapping with a neighbour. */
    unsigned char *piece =
        mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512] = "";
    unsigned found = 0;

    ck_assert(piece != MAP_FAILED && maps != NULL && memory >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long from = 0;
        unsigned long to = 0;
        char access[5] = "";

        ck_assert_int_eq(sscanf(line, "%lx-%lx %4s", &from, &to, access), 3);
        /* Not our own piece, not the terabytes in which a sanitizer keeps its notes. */
        if (access[1] != 'w' || (from <= (uintptr_t)piece && (uintptr_t)piece < to) ||
            to - from > 1UL << 30)
            continue;
        for (; from < to; from += PIECE - MARK) {
            ssize_t got = pread(memory, piece, to - from < PIECE ? to - from : PIECE, (off_t)from);

            found += got > 0 ? count_in(piece, (size_t)got) : 0;
        }
    }
    fclose(maps);
    close(memory);
    munmap(piece, PIECE);
    return found;
}

START_TEST(test_free_wipes)
{
    static const size_t sizes[] = {MARK, 100, 1000, 5000, 100000};
    char *block = NULL;

    make_mark();
    ck_assert_uint_eq(count_marks(), 0);
    block = mem_alloc(sizes[_i]);
    put_mark(block + sizes[_i] - MARK);
    /* The search finds what is there. */
    ck_assert_uint_eq(count_marks(), 1);
    mem_free(block);
    ck_assert_uint_eq(count_marks(), 0);
}
END_TEST

START_TEST(test_free_wipes_usable_size)
{
    char *block = mem_lib_malloc(MARK + 1);
    size_t usable = malloc_usable_size(block);

    make_mark();
    ck_assert_uint_ge(usable, MARK + 1);
    put_mark(block + usable - MARK);
    mem_lib_free(block);
    ck_assert_uint_eq(count_marks(), 0);
}
END_TEST

START_TEST(test_grow_leaves_nothing)
{
    char *block = mem_alloc(64);

    make_mark();
    put_mark(block);
    for (size_t size = 128; size <= (size_t)1024 * 1024; size *= 2) {
        /* Something behind it, so that it has to move. */
        char *wall = mem_alloc(16);

        block = mem_grow(block, size);
        ck_assert_uint_eq(count_marks(), 1);
        mem_free(wall);
    }
    mem_free(block);
    ck_assert_uint_eq(count_marks(), 0);
}
END_TEST

START_TEST(test_lib_realloc)
{
    char *block = mem_lib_realloc(NULL, 32);
    char *kept = NULL;

    ck_assert_ptr_nonnull(block);
    memset(block, 'x', 32);
    kept = mem_lib_realloc(block, 8);
    ck_assert_ptr_nonnull(kept);
    ck_assert_mem_eq(kept, "xxxxxxxx", 8);
    kept = mem_lib_realloc(kept, 4096);
    ck_assert_ptr_nonnull(kept);
    ck_assert_mem_eq(kept, "xxxxxxxx", 8);
    /* As glibc does. */
    ck_assert_ptr_null(mem_lib_realloc(kept, 0));
}
END_TEST

START_TEST(test_lib_aligned_alloc)
{
    static const size_t alignments[] = {1, 8, 64, 4096};

    for (size_t i = 0; i < sizeof(alignments) / sizeof(alignments[0]); i++) {
        void *block = mem_lib_aligned_alloc(alignments[i], 10);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % alignments[i], 0);
        mem_lib_free(block);
    }
}
END_TEST

START_TEST(test_copies)
{
    char *copy = mem_copy("a\0b", 3);
    char *text = mem_text("text");
    unsigned char *zeros = mem_zero(100, 3);
    void *nothing = mem_alloc(0);
    char *again = mem_lib_strdup("again");

    ck_assert_mem_eq(copy, "a\0b\0", 4);
    ck_assert_str_eq(text, "text");
    ck_assert_ptr_null(mem_text(NULL));
    for (size_t i = 0; i < 300; i++)
        ck_assert_uint_eq(zeros[i], 0);
    ck_assert_ptr_nonnull(nothing);
    ck_assert_str_eq(again, "again");
    mem_free(copy);
    mem_free(text);
    mem_free(zeros);
    mem_free(nothing);
    mem_lib_free(again);
    mem_free(NULL);
    mem_lib_free(NULL);
    copy = mem_copy(NULL, 0);
    ck_assert_str_eq(copy, "");
    mem_free(copy);
}
END_TEST

START_TEST(test_wipe)
{
    char bytes[] = "abcdef";

    mem_wipe(bytes + 1, 3);
    ck_assert_mem_eq(bytes, "a\0\0\0ef", sizeof(bytes));
    mem_wipe(NULL, 0);
}
END_TEST

#define BELOW ((size_t)240 * 1024)

/* At the far end of the frame: what is called in between does not reach it. */
static __attribute__((noinline)) void leave_on_stack(void)
{
    char frame[BELOW];

    put_mark(frame);
    __asm__ volatile("" : : "r"(frame) : "memory");
}

/* Of the stack below, so many pages are in memory. */
static size_t count_pages_below(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t top = ((uintptr_t)__builtin_frame_address(0) - 32768) / page * page;
    unsigned char pages[BELOW / 4096] = {0};
    size_t length = BELOW - 65536;
    size_t found = 0;

    ck_assert_int_eq(mincore((void *)(top - length), length, pages), 0);
    for (size_t i = 0; i < length / page; i++)
        found += pages[i] & 1;
    return found;
}

static void *wipe_in_thread(void *fresh)
{
    if (fresh == NULL) {
        leave_on_stack();
        ck_assert_uint_eq(count_marks(), 1);
    }
    mem_wipe_stack();
    /* Nothing is brought in, but by whoever looks for marks. */
    ck_assert_uint_eq(count_pages_below(), 0);
    ck_assert_uint_eq(count_marks(), 0);
    return NULL;
}

START_TEST(test_wipe_stack)
{
    pthread_t thread;

    make_mark();
    leave_on_stack();
    ck_assert_uint_eq(count_marks(), 1);
    mem_wipe_stack();
    ck_assert_uint_eq(count_marks(), 0);
    for (int fresh = 0; fresh < 2; fresh++) {
        ck_assert(thread_begin(&thread, wipe_in_thread, fresh ? &thread : NULL));
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
    }
}
END_TEST

/* The sanitizer's allocator ends the process before ours could answer. */
#ifndef __SANITIZE_ADDRESS__
static void run_out(void *context)
{
    struct rlimit limit = {.rlim_cur = (rlim_t)256 << 20, .rlim_max = (rlim_t)256 << 20};

    (void)context;
    setrlimit(RLIMIT_AS, &limit);
    for (;;)
        mem_alloc((size_t)16 << 20);
}

/* Out of the compiler's sight, which would refuse such sizes itself. */
static volatile size_t half = SIZE_MAX / 2;

static void overflow(void *context)
{
    (void)context;
    mem_lib_calloc(half, 3);
}

static void ask_too_much(void *context)
{
    (void)context;
    mem_lib_malloc(half + 1);
}

static void grow_too_much(void *context)
{
    (void)context;
    mem_lib_realloc(mem_alloc(1), half + 1);
}

static void align_badly(void *context)
{
    (void)context;
    mem_lib_aligned_alloc(24, 10);
}

static void (*const exhausting[])(void *context) = {run_out, overflow, ask_too_much, grow_too_much,
                                                    align_badly};

struct exhausted {
    void (*body)(void *context);
    int output[2];
};

static void exhaust(void *context)
{
    const struct exhausted *exhausted = context;

    dup2(exhausted->output[1], STDERR_FILENO);
    exhausted->body(NULL);
}

/* A foreign library is never told that there is no memory: libbson would abort. */
START_TEST(test_out_of_memory_ends)
{
    struct exhausted exhausted = {.body = exhausting[_i]};
    int *output = exhausted.output;
    char said[128] = "";

    ck_assert_int_eq(pipe(output), 0);
    ck_assert(exited(in_child(exhaust, &exhausted), 7));
    ck_assert_int_gt(read(output[0], said, sizeof(said) - 1), 0);
    ck_assert_msg(text_starts(said, "pritunl-access: out of memory\n"), "%s", said);
    close(output[0]);
    close(output[1]);
}
END_TEST
#endif

Suite *mem_suite(void)
{
    Suite *suite = suite_create("mem");
    TCase *tests = tcase_create("mem");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_free_wipes, 0, 5);
    tcase_add_test(tests, test_free_wipes_usable_size);
    tcase_add_test(tests, test_grow_leaves_nothing);
    tcase_add_test(tests, test_lib_realloc);
    tcase_add_test(tests, test_lib_aligned_alloc);
    tcase_add_test(tests, test_copies);
    tcase_add_test(tests, test_wipe);
    tcase_add_test(tests, test_wipe_stack);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_loop_test(tests, test_out_of_memory_ends, 0,
                        sizeof(exhausting) / sizeof(exhausting[0]));
#endif
    suite_add_tcase(suite, tests);
    return suite;
}
