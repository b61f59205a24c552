/* SPDX-License-Identifier: MIT */
#include "base/ending.h"

#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define NOTE_SIZE 1024
#define DONE_SIZE ((size_t)16 * 1024)
#define STACK_SIZE ((size_t)64 * 1024)

/* Two rooms a place: a signal finds one note or the other, never half of one. */
static char rooms[ENDING_PLACES][2][NOTE_SIZE];
static _Atomic(const char *) notes[ENDING_PLACES];

/* Whole lines, up to done_length. */
static char done[DONE_SIZE];
static atomic_size_t done_length;
static const char done_more[] = "pritunl-access: more was done than is said here\n";

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

static size_t add_bytes(size_t used, const char *bytes, size_t length)
{
    memcpy(done + used, bytes, length);
    return used + length;
}

void ending_done(const char *line)
{
    static const char label[] = "pritunl-access: ";
    static bool cut;
    size_t used = done_length;
    size_t length = strlen(line);

    if (used + sizeof label + length + sizeof done_more <= sizeof done) {
        used = add_bytes(used, label, sizeof label - 1);
        used = add_bytes(used, line, length);
        done_length = add_bytes(used, "\n", 1);
    } else if (!cut) {
        done_length = add_bytes(used, done_more, sizeof done_more - 1);
        cut = true;
    }
    notes[ENDING_WRITE] = NULL;
}

/* Nothing can be done about a standard error that does not take it. */
static void say_bytes(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, length);

        if (written <= 0)
            return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void say_text(const char *text)
{
    say_bytes(text, strlen(text));
}

static void say_note(enum ending_place place)
{
    const char *note = notes[place];

    if (note == NULL)
        return;
    say_text("pritunl-access: ");
    say_text(note);
    say_text("\n");
}

void ending_tell(void)
{
    say_bytes(done, done_length);
    say_note(ENDING_STANDS);
}

void ending_told(void)
{
    done_length = 0;
}

static void say_all(const char *why, const char *behind)
{
    say_text("pritunl-access: ");
    say_text(why);
    say_text(behind);
    say_text("\n");
    ending_tell();
    say_note(ENDING_WRITE);
    say_note(ENDING_ERROR);
}

_Noreturn void ending_now(int status, const char *why)
{
    say_all(why, "");
    _exit(status);
}

static const struct {
    int number;
    const char *name;
    bool is_request; /* somebody wants us to end; else a crash */
} signals[] = {
    {SIGSEGV, "SIGSEGV", false}, {SIGABRT, "SIGABRT", false}, {SIGBUS, "SIGBUS", false},
    {SIGFPE, "SIGFPE", false},   {SIGILL, "SIGILL", false},   {SIGHUP, "SIGHUP", true},
    {SIGINT, "SIGINT", true},    {SIGQUIT, "SIGQUIT", true},  {SIGTERM, "SIGTERM", true},
};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static const char *signal_name(int number)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return "a signal";
}

/* The disposition is the default again (SA_RESETHAND): raised once more, it ends us. */
static void say_crash(int number)
{
    say_all("crashed, perhaps in a library and by what a server answered: ", signal_name(number));
    raise(number);
}

/* Nothing is said where nothing was done. */
static void say_request(int number)
{
    struct termios terminal;

    if (done_length > 0 || notes[ENDING_STANDS] != NULL || notes[ENDING_WRITE] != NULL) {
        if (tcgetattr(STDERR_FILENO, &terminal) == 0) /* where ^C stands, or what is waited for */
            say_text("\n");
        say_all("ended by ", signal_name(number));
    }
    raise(number);
    _exit(128 + number); /* the first process of a container, whom its own signals do not end */
}

void ending_watch(void)
{
    static char stack[STACK_SIZE]; /* the other one may be what has run out */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};

    sigaltstack(&other, NULL);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        struct sigaction action = {.sa_handler = signals[i].is_request ? say_request : say_crash,
                                   .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
        struct sigaction met = {0};

        /* nohup's, say */
        if (signals[i].is_request &&
            (sigaction(signals[i].number, NULL, &met) != 0 || met.sa_handler != SIG_DFL))
            continue;
        sigaction(signals[i].number, &action, NULL);
    }
}

/* Before any library's constructor, too: that of libmongoc aborts where Cyrus has no memory. */
__attribute__((section(".preinit_array"),
               used)) static void (*const before_constructors)(void) = ending_watch;
