/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - the file that snapshot writes and restore reads: one JSON object, each
 * administrator's fields as Extended JSON in it.
 */
#ifndef CMD_SNAPSHOT_H
#define CMD_SNAPSHOT_H

#define SNAPSHOT_KEY "pritunl_access_snapshot"
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_MAX ((size_t)64 * 1024 * 1024)

#endif
