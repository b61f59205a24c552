/* SPDX-License-Identifier: MIT */
/*
 * difference.h - in what the credential that lies somewhere is not the one that should.
 */
#ifndef STEP_DIFFERENCE_H
#define STEP_DIFFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/format.h"
#include "io/json.h"

struct difference {
    bool parts[PART_COUNT];
    bool names;       /* one of ours is not there, or one of another set is */
    bool certificate; /* the file beside it; its caller's finding */
    bool text;        /* none of these: how it is written, or it cannot be read */
};

struct difference_place {
    enum format_place place;
    const char *path;
    const char *names; /* the setting */
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/*
 * difference_find(place, variables, access, difference): read what is there and compare; variables
 * are access's. For what is known to differ: something is named in any case.
 */
void difference_find(const struct difference_place *place, const struct variables *variables,
                     const struct access *access, struct difference *difference);

/*
 * difference_text(difference): "token, secret"; a new string. difference_json: ["token", "secret"].
 * Never a value.
 */
char *difference_text(const struct difference *difference);
struct json *difference_json(const struct difference *difference);

#endif
