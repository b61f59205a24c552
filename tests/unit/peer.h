/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a scripted server on loopback for the tests of http.
 */
#ifndef UNIT_PEER_H
#define UNIT_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "pki.h"

/* What happens on one connection. Each request read is answered with the next text, as it stands. */
struct peer_step {
    const struct identity *identity; /* NULL: no TLS */
    const char *answers[4];          /* behind the last one: close */
    bool tunnel;                     /* a proxy's CONNECT comes first, and is granted */
    bool eager;                      /* do not wait for a whole request */
    unsigned trailing_ms;            /* wait before closing */
};

/* Instead of an answer: read on and never answer; TLS's fatal alert "protocol version"; close without an answer. */
#define PEER_SILENT "(silent)"
#define PEER_ALERT "(alert)"
#define PEER_CUT "(cut)"

#define PEER_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"

struct peer;

/* peer_start(steps, count): the first connection takes the first step, …, all others the last one. steps live on. */
struct peer *peer_start(const struct peer_step *steps, size_t count);
void peer_stop(struct peer *peer);

/* peer_url(peer, scheme): "scheme://127.0.0.1:PORT", to end with free(). */
char *peer_url(const struct peer *peer, const char *scheme);
unsigned peer_port(const struct peer *peer);

/* What was received so far: connections, whole requests, and their bytes (behind TLS), to end with free(). */
unsigned peer_connections(struct peer *peer);
unsigned peer_requests(struct peer *peer);
char *peer_received(struct peer *peer);

/* peer_wait(peer, connections): until that many connections were seen to their end; fails after some seconds. */
void peer_wait(struct peer *peer, unsigned connections);

#endif
