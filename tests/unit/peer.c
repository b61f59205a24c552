/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVED_MAX 65536

struct peer {
    const struct peer_step *steps;
    size_t count;
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_bool ending;
    atomic_uint connections;
    atomic_uint ended;
    atomic_uint requests;
    pthread_mutex_t lock;
    char received[RECEIVED_MAX]; /* under lock, always a string */
};

/* One connection, with TLS where ssl is there. */
struct wire {
    int socket;
    SSL *ssl;
};

static int wire_read(const struct wire *wire, void *bytes, int size)
{
    return wire->ssl != NULL ? SSL_read(wire->ssl, bytes, size)
                             : (int)recv(wire->socket, bytes, (size_t)size, 0);
}

static void wire_write(const struct wire *wire, const char *text)
{
    if (wire->ssl != NULL)
        SSL_write(wire->ssl, text, (int)strlen(text));
    else
        (void)!send(wire->socket, text, strlen(text), MSG_NOSIGNAL);
}

/* False once the peer is to end, so that a silent server can be stopped. */
static bool wait_readable(struct peer *peer, const struct wire *wire)
{
    struct pollfd poller = {.fd = wire->socket, .events = POLLIN};

    if (wire->ssl != NULL && SSL_pending(wire->ssl) > 0)
        return true;
    while (!atomic_load(&peer->ending))
        if (poll(&poller, 1, 10) != 0)
            return true;
    return false;
}

static void note(struct peer *peer, const char *bytes, size_t length)
{
    pthread_mutex_lock(&peer->lock);
    size_t used = strlen(peer->received);
    if (used + length < RECEIVED_MAX) {
        memcpy(peer->received + used, bytes, length);
        peer->received[used + length] = '\0';
    }
    pthread_mutex_unlock(&peer->lock);
}

/* One request with the body that its Content-Length says; false at the end of the connection. */
static bool read_request(struct peer *peer, const struct wire *wire, bool eager)
{
    char bytes[16384] = "";
    size_t used = 0;
    size_t whole = 0;

    do {
        if (!wait_readable(peer, wire))
            return false;
        int got = wire_read(wire, bytes + used, (int)(sizeof(bytes) - 1 - used));
        if (got <= 0)
            return false;
        note(peer, bytes + used, (size_t)got);
        used += (size_t)got;
        bytes[used] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n");
        const char *length = strcasestr(bytes, "\r\nContent-Length:");
        if (end != NULL)
            whole =
                (size_t)(end + 4 - bytes) + (length != NULL ? strtoul(length + 17, NULL, 10) : 0);
    } while (!eager && (whole == 0 || used < whole));
    atomic_fetch_add(&peer->requests, 1);
    return true;
}

static void converse(struct peer *peer, const struct peer_step *step, const struct wire *wire)
{
    for (size_t i = 0; i < 4 && step->answers[i] != NULL; i++) {
        if (!read_request(peer, wire, step->eager) || strcmp(step->answers[i], PEER_CUT) == 0)
            return;
        if (strcmp(step->answers[i], PEER_SILENT) == 0) {
            char byte = 0;
            while (wait_readable(peer, wire) && wire_read(wire, &byte, 1) > 0)
                ;
            return;
        }
        if (strcmp(step->answers[i], PEER_ALERT) == 0)
            (void)!send(wire->socket, "\x15\x03\x03\x00\x02\x02\x46", 7, MSG_NOSIGNAL);
        else
            wire_write(wire, step->answers[i]);
    }
    usleep(step->trailing_ms * 1000);
}

static void serve(struct peer *peer, const struct peer_step *step, int socket)
{
    struct wire wire = {.socket = socket};
    SSL_CTX *context = NULL;
    bool ready = true;

    if (step->tunnel) {
        ready = read_request(peer, &wire, false);
        wire_write(&wire, "HTTP/1.1 200 go\r\nDate: Thu, 01 Jan 1970 00:00:05 GMT\r\n\r\n");
    }
    if (step->identity != NULL) {
        context = identity_server(step->identity);
        wire.ssl = SSL_new(context);
        SSL_set_fd(wire.ssl, socket);
        ready = ready && wait_readable(peer, &wire) && SSL_accept(wire.ssl) == 1;
    }
    if (ready)
        converse(peer, step, &wire);
    if (wire.ssl != NULL && ready)
        SSL_shutdown(wire.ssl);
    SSL_free(wire.ssl);
    SSL_CTX_free(context);
    /* Closing over unread bytes would send a reset, which may overtake the answer. */
    shutdown(socket, SHUT_WR);
    char rest[512];
    struct pollfd poller = {.fd = socket, .events = POLLIN};
    while (poll(&poller, 1, 50) > 0 && recv(socket, rest, sizeof(rest), MSG_DONTWAIT) > 0)
        ;
    close(socket);
}

static void *run(void *context)
{
    struct peer *peer = context;
    struct pollfd poller = {.fd = peer->listener, .events = POLLIN};

    while (!atomic_load(&peer->ending)) {
        if (poll(&poller, 1, 10) <= 0)
            continue;
        int socket = accept(peer->listener, NULL, NULL);
        if (socket < 0)
            continue;
        size_t at = atomic_fetch_add(&peer->connections, 1);
        serve(peer, &peer->steps[at < peer->count ? at : peer->count - 1], socket);
        atomic_fetch_add(&peer->ended, 1);
    }
    return NULL;
}

struct peer *peer_start(const struct peer_step *steps, size_t count)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    ck_assert_ptr_nonnull(peer);
    signal(SIGPIPE, SIG_IGN);
    peer->steps = steps;
    peer->count = count;
    pthread_mutex_init(&peer->lock, NULL);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(peer->listener, 0);
    ck_assert_int_eq(bind(peer->listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(peer->listener, 8), 0);
    ck_assert_int_eq(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    peer->port = ntohs(address.sin_port);
    ck_assert_int_eq(pthread_create(&peer->thread, NULL, run, peer), 0);
    return peer;
}

void peer_stop(struct peer *peer)
{
    atomic_store(&peer->ending, true);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

char *peer_url(const struct peer *peer, const char *scheme)
{
    char *url = NULL;

    ck_assert_int_gt(asprintf(&url, "%s://127.0.0.1:%u", scheme, peer->port), 0);
    return url;
}

unsigned peer_port(const struct peer *peer)
{
    return peer->port;
}

unsigned peer_connections(struct peer *peer)
{
    return atomic_load(&peer->connections);
}

unsigned peer_requests(struct peer *peer)
{
    return atomic_load(&peer->requests);
}

char *peer_received(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    char *copy = strdup(peer->received);
    pthread_mutex_unlock(&peer->lock);
    return copy;
}

void peer_wait(struct peer *peer, unsigned connections)
{
    for (int i = 0; i < 500 && atomic_load(&peer->ended) < connections; i++)
        usleep(10000);
    ck_assert_uint_ge(atomic_load(&peer->ended), connections);
}
