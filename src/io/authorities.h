/* SPDX-License-Identifier: MIT */
/*
 * authorities.h - where this system keeps the certificates of the authorities that it trusts.
 *
 * A directory that is looked up by hash is preferred to a bundle, which OpenSSL parses whole (24 to
 * 31 ms). Beside the places that OpenSSL was built with, those of Debian, Alpine, RHEL and SUSE are
 * looked at, since one static file serves all of them.
 */
#ifndef IO_AUTHORITIES_H
#define IO_AUTHORITIES_H

struct authorities {
    const char *file; /* a bundle; NULL: none is needed */
    const char *dir;  /* looked up by hash; NULL: there is none */
};

/*
 * authorities_find(): by SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL takes them, or else what lies
 * here. Both are NULL where nothing does. What is returned is the environment's or static.
 */
struct authorities authorities_find(void);

#endif
