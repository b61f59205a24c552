/* SPDX-License-Identifier: MIT */
#include "base/term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ending.h"
#include "base/mem.h"
#include "base/text.h"

#define LINE_MAX_BYTES ((size_t)16 * 1024)
#define WIDTH_MIN 40 /* narrower, and there is no use in breaking lines */

static struct term_style current;

void term_set_style(const struct term_style *style)
{
    current = *style;
}

const struct term_style *term_style(void)
{
    return &current;
}

static bool write_whole(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written >= 0) {
            bytes += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};

            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool reader_is_gone;

bool term_write(int fd, const char *bytes, size_t length, struct error *error)
{
    int why = 0;

    if (write_whole(fd, bytes, length))
        return true;
    why = errno;
    error_set(error, ERROR_OUTPUT, "%s: %s",
              fd == STDOUT_FILENO   ? "standard output"
              : fd == STDERR_FILENO ? "standard error"
                                    : "output",
              strerror(why));
    reader_is_gone = fd == STDOUT_FILENO && why == EPIPE;
    return false;
}

bool term_reader_is_gone(void)
{
    return reader_is_gone;
}

/* A file on a disk with no room left, or a device that takes nothing, such as /dev/full. */
static bool is_full(int fd)
{
    struct stat info = {0};
    struct statvfs room = {0};

    if (fstat(fd, &info) != 0)
        return true;
    if (S_ISCHR(info.st_mode))
        return write(fd, "", 0) < 0 && errno == ENOSPC;
    return S_ISREG(info.st_mode) && fstatvfs(fd, &room) == 0 && room.f_blocks > 0 &&
           room.f_bfree == 0;
}

bool term_can_write(int fd)
{
    struct pollfd state = {.fd = fd, .events = POLLOUT};
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && !is_full(fd) &&
           (poll(&state, 1, 0) <= 0 || (state.revents & (POLLERR | POLLNVAL)) == 0);
}

#define ERASE "\r\033[K"

static atomic_bool progress_stands;

void term_progress_end(void)
{
    if (atomic_exchange(&progress_stands, false))
        write_whole(STDERR_FILENO, ERASE, strlen(ERASE));
}

static void say_line(const char *label, char *message)
{
    struct buf line = BUF_EMPTY(LINE_MAX_BYTES);
    char *printable = NULL;
    size_t length = strlen(message);
    size_t width = term_width(STDERR_FILENO);

    /* Room for the label, the escapes and the newline. */
    if (length > LINE_MAX_BYTES - 256)
        length = LINE_MAX_BYTES - 256;
    printable = text_printable(message, length);
    buf_add_text(&line, "pritunl-access: ");
    if (label != NULL && current.color && term_is_terminal(STDERR_FILENO))
        buf_add_format(&line, "\033[33m%s:\033[0m ", label);
    else if (label != NULL)
        buf_add_format(&line, "%s: ", label);
    text_wrap(printable, strlen("pritunl-access: ") + (label != NULL ? strlen(label) + 2 : 0),
              TERM_HANGING, width, &line);
    buf_add_text(&line, "\n");
    term_progress_end();
    /* There is nobody left to tell that standard error cannot be written. */
    write_whole(STDERR_FILENO, buf_text(&line), line.length);
    mem_free(printable);
    buf_free(&line);
    mem_free(message);
}

/* text_format with a va_list; only those below need it. */
__attribute__((format(printf, 1, 0))) static char *format_list(const char *format,
                                                               va_list arguments)
{
    char *text = mem_alloc(LINE_MAX_BYTES);

    if (vsnprintf(text, LINE_MAX_BYTES, format, arguments) < 0)
        text[0] = '\0';
    return text;
}

void term_warn(const char *format, ...)
{
    if (!current.quiet) {
        va_list arguments;

        va_start(arguments, format);
        say_line("warning", format_list(format, arguments));
        va_end(arguments);
    }
}

void term_note(const char *format, ...)
{
    if (!current.quiet) {
        va_list arguments;

        va_start(arguments, format);
        say_line(NULL, format_list(format, arguments));
        va_end(arguments);
    }
}

void term_verbose(const char *format, ...)
{
    if (!current.quiet && current.verbose) {
        va_list arguments;

        va_start(arguments, format);
        say_line(NULL, format_list(format, arguments));
        va_end(arguments);
    }
}

void term_done(const char *format, ...)
{
    va_list arguments;
    char *line = NULL;
    char *printable = NULL;

    va_start(arguments, format);
    line = format_list(format, arguments);
    va_end(arguments);
    printable = text_printable(line, strlen(line));
    ending_done(printable);
    mem_free(printable);
    mem_free(line);
}

bool term_shows_progress(void)
{
    return !current.quiet && term_is_terminal(STDERR_FILENO) && !text_equal(getenv("TERM"), "dumb");
}

void term_progress(const char *format, ...)
{
    struct buf line = BUF_EMPTY(LINE_MAX_BYTES);
    va_list arguments;
    char *text = NULL;

    if (!term_shows_progress())
        return;
    va_start(arguments, format);
    text = format_list(format, arguments);
    va_end(arguments);
    buf_add_format(&line, ERASE "%s", text);
    write_whole(STDERR_FILENO, buf_text(&line), line.length);
    atomic_store(&progress_stands, true);
    buf_free(&line);
    mem_free(text);
}

void term_countdown(int64_t left_ms)
{
    term_progress("%lld s left", (long long)(left_ms > 0 ? left_ms / 1000 : 0));
}

bool term_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

int term_columns(int fd)
{
    struct winsize window = {0};

    return ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

size_t term_width(int fd)
{
    int columns = term_columns(fd);

    if (!term_is_terminal(fd))
        return SIZE_MAX;
    return columns > WIDTH_MIN ? (size_t)columns : WIDTH_MIN;
}

static bool ask_terminal(int tty, const char *question, const char *behind)
{
    char *printable = text_printable(question, strlen(question));
    bool asked =
        write_whole(tty, printable, strlen(printable)) && write_whole(tty, behind, strlen(behind));

    mem_free(printable);
    return asked;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool term_can_ask(void)
{
    int tty = open_terminal();

    if (tty >= 0)
        close(tty);
    return tty >= 0;
}

bool term_confirm(const char *question, bool *asked)
{
    int tty = open_terminal();
    char answer[8] = "";
    size_t length = 0;
    char byte = '\0';

    *asked = tty >= 0 && ask_terminal(tty, question, " [y/N] ");
    if (tty < 0)
        return false;
    /* To the end of the line, so that nothing of it is left for the shell. */
    while (*asked) {
        ssize_t got = read(tty, &byte, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got != 1 || byte == '\n')
            break;
        if (length < sizeof(answer) - 1)
            answer[length++] = byte;
    }
    close(tty);
    return byte == '\n' && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
}

enum line { LINE_WHOLE, LINE_ENDED, LINE_SIGNAL };

/* Read up to the newline; what is longer than size is read, not stored, and no line. */
static enum line read_line(int tty, int signals, char *line, size_t size)
{
    struct pollfd ready[] = {{.fd = tty, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    size_t length = 0;
    char byte = '\0';

    for (;;) {
        if (poll(ready, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return LINE_ENDED;
        }
        if (ready[1].revents != 0)
            return LINE_SIGNAL;
        if (read(tty, &byte, 1) != 1)
            return LINE_ENDED;
        if (byte == '\n')
            break;
        if (length < size)
            line[length++] = byte;
    }
    byte = '\0';
    if (length >= size)
        return LINE_ENDED;
    line[length] = '\0';
    return LINE_WHOLE;
}

bool term_password(const char *prompt, char *password, size_t size)
{
    static const int endings[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    enum line line = LINE_SIGNAL;
    int tty = open_terminal();
    int signals = -1;
    struct termios shown = {0};
    struct termios hidden = {0};
    sigset_t caught;
    sigset_t before;

    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        sigaddset(&caught, endings[i]);
    password[0] = '\0';
    if (tty < 0 || tcgetattr(tty, &shown) != 0)
        goto out;
    signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        goto out;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    /* A signal waits until the terminal shows again what is typed. After a stop, ask again. */
    while (line == LINE_SIGNAL) {
        pthread_sigmask(SIG_BLOCK, &caught, &before);
        line = LINE_ENDED;
        if (tcsetattr(tty, TCSAFLUSH, &hidden) == 0) {
            line = ask_terminal(tty, prompt, "") ? read_line(tty, signals, password, size)
                                                 : LINE_ENDED;
            tcsetattr(tty, TCSAFLUSH, &shown);
            write_whole(tty, "\n", 1);
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
out:
    if (line != LINE_WHOLE)
        mem_wipe(password, size);
    if (signals >= 0)
        close(signals);
    if (tty >= 0)
        close(tty);
    return line == LINE_WHOLE;
}
