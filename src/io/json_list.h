/* SPDX-License-Identifier: MIT */
/*
 * json_list.h - a JSON list that comes piece by piece, of which one element at a time is held.
 */
#ifndef IO_JSON_LIST_H
#define IO_JSON_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "io/json.h"

struct json_list {
    /* Takes an element, which stays the caller's; false: no more of them. */
    bool (*take)(void *context, const struct json *element);
    void *context;
    struct buf element; /* its max: how long one may be */
    int stage;          /* the rest is this module's */
    size_t depth;
    bool in_text;
    bool escaped;
};

/*
 * json_list_begin(list, element_max, take, context); to end with json_list_free(). A list that was
 * begun may be begun anew after that.
 */
void json_list_begin(struct json_list *list, size_t element_max,
                     bool (*take)(void *context, const struct json *element), void *context);
void json_list_free(struct json_list *list);

/*
 * json_list_add(list, bytes, length): the next bytes; false where they are not a list's, an element
 * is too long, or take() wanted no more.
 */
bool json_list_add(struct json_list *list, const char *bytes, size_t length);

/* json_list_is_whole(list): did it come to its end? */
bool json_list_is_whole(const struct json_list *list);

#endif
