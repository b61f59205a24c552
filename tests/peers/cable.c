/* SPDX-License-Identifier: MIT */
/*
 * cable - a cable between two TUN devices on which every packet travels as long as it is told.
 *
 *   cable FD FD MICROSECONDS
 *
 * The descriptors are the devices', opened by the caller in two network namespaces. It ends when its
 * standard input does. (The kernel's own netem is not everywhere.)
 */
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX 2048
#define QUEUE 4096

/* What is under way in one direction, oldest first: all travel equally long. */
struct way {
    int from;
    int to;
    unsigned first;
    unsigned count;
    struct {
        int64_t due;
        ssize_t length;
        char bytes[PACKET_MAX];
    } packets[QUEUE];
};

static int64_t now(void)
{
    struct timespec time = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void take(struct way *way, int64_t delay)
{
    unsigned at = (way->first + way->count) % QUEUE;
    ssize_t length = 0;

    if (way->count == QUEUE)
        return;
    length = read(way->from, way->packets[at].bytes, PACKET_MAX);
    if (length <= 0)
        return;
    way->packets[at].length = length;
    way->packets[at].due = now() + delay;
    way->count++;
}

/* What is due arrives; how many nanoseconds until the next is, or a second. */
static int64_t deliver(struct way *way)
{
    while (way->count > 0) {
        int64_t left = way->packets[way->first].due - now();

        if (left > 0)
            return left;
        if (write(way->to, way->packets[way->first].bytes,
                  (size_t)way->packets[way->first].length) < 0)
            perror("cable");
        way->first = (way->first + 1) % QUEUE;
        way->count--;
    }
    return 1000000000;
}

static int number(const char *text)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < 0 || value > INT_MAX)
        exit(2);
    return (int)value;
}

int main(int argc, char **argv)
{
    static struct way there;
    static struct way back;
    struct pollfd waits[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    int64_t delay = 0;

    if (argc != 4)
        return 2;
    there.from = back.to = number(argv[1]);
    there.to = back.from = number(argv[2]);
    delay = (int64_t)number(argv[3]) * 1000;
    waits[1] = (struct pollfd){.fd = there.from, .events = POLLIN};
    waits[2] = (struct pollfd){.fd = back.from, .events = POLLIN};
    for (;;) {
        int64_t left = deliver(&there);
        int64_t other = deliver(&back);
        struct timespec wait = {0};

        left = left < other ? left : other;
        wait.tv_sec = left / 1000000000;
        wait.tv_nsec = left % 1000000000;
        if (ppoll(waits, 3, &wait, NULL) <= 0)
            continue;
        if (waits[0].revents != 0)
            return 0;
        if (waits[1].revents != 0)
            take(&there, delay);
        if (waits[2].revents != 0)
            take(&back, delay);
    }
}
