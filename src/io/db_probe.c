/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/db_internal.h"

#define PROBE_MS 1000

/* An errno of connecting, 0 where it was accepted. */
static int try_address(const struct addrinfo *address, int64_t deadline_ms)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int64_t left = deadline_ms - clock_monotonic_ms();
    socklen_t size = sizeof(int);
    int why = 0;

    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0)
        why = errno;
    if (why == EINPROGRESS) {
        why = ETIMEDOUT;
        if (poll(&ready, 1, left > 0 ? (int)left : 0) == 1)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
    }
    close(fd);
    return why;
}

int db_probe(const mongoc_uri_t *uri)
{
    const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri);
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    int64_t deadline_ms = clock_monotonic_ms() + PROBE_MS;
    struct addrinfo *addresses = NULL;
    char port[16] = "";
    int why = 0;

    if (host == NULL || host->host[0] == '/')
        return 0;
    snprintf(port, sizeof port, "%u", (unsigned)host->port);
    if (getaddrinfo(host->host, port, &wanted, &addresses) != 0)
        return 0;
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next) {
        why = try_address(at, deadline_ms);
        if (why == 0)
            break;
    }
    freeaddrinfo(addresses);
    return why;
}
