/* SPDX-License-Identifier: MIT */
#include "base/ending.h"

#include "base/signals.h"
#include "base/text.h"
#include "child.h"

Suite *ending_suite(void);

struct end {
    int number; /* of the signal; 0: a status */
    const char *name;
    bool asked; /* somebody wants us to end: nothing is said where nothing was done */
    bool held;
    const char *note;
    int output[2];
};

static void meet_end(void *context)
{
    const struct end *end = context;
    sigset_t before;

    dup2(end->output[1], STDERR_FILENO);
    ending_watch();
    ending_note(ENDING_WRITE, "%s", "an old note");
    ending_note(ENDING_WRITE, NULL);
    if (end->note != NULL)
        ending_done(end->note);
    if (end->held)
        signals_hold(&before);
    if (end->number == 0)
        ending_now(7, "no luck");
    if (end->number == SIGSEGV)
        *(volatile char *)(sysconf(_SC_PAGESIZE) - 8) = 1;
    raise(end->number);
}

static const struct end ends[] = {
    {.number = 0},
    {.number = 0, .note = "the old pair is gone"},
    {.number = SIGSEGV, .name = "SEGV", .note = "a write may have happened"},
    {.number = SIGSEGV, .name = "SEGV", .held = true, .note = "a write may have happened"},
    {.number = SIGABRT, .name = "ABRT"},
    {.number = SIGBUS, .name = "BUS"},
    {.number = SIGFPE, .name = "FPE"},
    {.number = SIGILL, .name = "ILL"},
    {.number = SIGHUP, .name = "HUP", .asked = true, .note = "the old pair is gone"},
    {.number = SIGINT, .name = "INT", .asked = true, .note = "the old pair is gone"},
    {.number = SIGQUIT, .name = "QUIT", .asked = true, .note = "the old pair is gone"},
    {.number = SIGTERM, .name = "TERM", .asked = true, .note = "the old pair is gone"},
    {.number = SIGTERM, .name = "TERM", .asked = true},
};

START_TEST(test_ending)
{
    struct end end = ends[_i];
    char said[512] = "";
    char whole[512] = "";
    int status = 0;

    ck_assert_int_eq(pipe(end.output), 0);
    status = in_child(meet_end, &end);
    close(end.output[1]);
    ck_assert_int_ge(read(end.output[0], said, sizeof(said) - 1), 0);
    if (end.number == 0)
        ck_assert(exited(status, 7));
#ifndef __SANITIZE_ADDRESS__
    else
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == end.number);
#endif
    snprintf(whole, sizeof(whole), "pritunl-access: %s%s\n%s%s%s",
             end.number == 0 ? "no luck"
             : end.asked     ? "ended by SIG"
                             : "crashed, perhaps in a library and by what a server answered: SIG",
             end.number == 0 ? "" : end.name, end.note != NULL ? "pritunl-access: " : "",
             end.note != NULL ? end.note : "", end.note != NULL ? "\n" : "");
    ck_assert_str_eq(said, end.asked && end.note == NULL ? "" : whole);
    close(end.output[0]);
}
END_TEST

Suite *ending_suite(void)
{
    Suite *suite = suite_create("ending");
    TCase *tests = tcase_create("ending");

    tcase_add_loop_test(tests, test_ending, 0, sizeof(ends) / sizeof(ends[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
