/* SPDX-License-Identifier: MIT */
#include "base/ending.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_SIZE 1024
#define STACK_SIZE ((size_t)64 * 1024)

/* Two rooms a place: a signal finds one note or the other, never half of one. */
static char rooms[ENDING_PLACES][2][NOTE_SIZE];
static _Atomic(const char *) notes[ENDING_PLACES];

void ending_note(enum ending_place place, const char *format, ...)
{
    char *room = notes[place] == rooms[place][0] ? rooms[place][1] : rooms[place][0];
    va_list arguments;

    if (format == NULL) {
        notes[place] = NULL;
        return;
    }
    va_start(arguments, format);
    vsnprintf(room, NOTE_SIZE, format, arguments);
    va_end(arguments);
    notes[place] = room;
}

/* Nothing can be done about a standard error that does not take it. */
static void say_text(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

    (void)ignored;
}

static void say_all(const char *why, const char *behind)
{
    say_text("pritunl-access: ");
    say_text(why);
    say_text(behind);
    say_text("\n");
    for (size_t i = 0; i < ENDING_PLACES; i++) {
        const char *note = notes[i];

        if (note != NULL) {
            say_text("pritunl-access: ");
            say_text(note);
            say_text("\n");
        }
    }
}

_Noreturn void ending_now(int status, const char *why)
{
    say_all(why, "");
    _exit(status);
}

static const struct {
    int number;
    const char *name;
} crashes[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},
    {SIGFPE, "SIGFPE"},   {SIGILL, "SIGILL"},
};
#define CRASH_COUNT (sizeof(crashes) / sizeof(crashes[0]))

/* The disposition is the default again (SA_RESETHAND): raised once more, it ends us. */
static void say_crash(int number)
{
    const char *name = "a signal";

    for (size_t i = 0; i < CRASH_COUNT; i++)
        if (crashes[i].number == number)
            name = crashes[i].name;
    say_all("crashed, perhaps in a library and by what a server answered: ", name);
    raise(number);
}

void ending_watch(void)
{
    static char stack[STACK_SIZE]; /* the other one may be what has run out */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = say_crash,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};

    sigaltstack(&other, NULL);
    for (size_t i = 0; i < CRASH_COUNT; i++)
        sigaction(crashes[i].number, &action, NULL);
}
