/* SPDX-License-Identifier: MIT */
#include "io/json_list.h"

#include <string.h>

enum stage {
    STAGE_BEFORE, /* the bracket that opens it has not come */
    STAGE_FIRST,  /* nothing but the bracket has */
    STAGE_ELEMENTS,
    STAGE_WHOLE
};

void json_list_begin(struct json_list *list, size_t element_max,
                     bool (*take)(void *context, const struct json *element), void *context)
{
    *list = (struct json_list){
        .take = take, .context = context, .element = BUF_EMPTY(element_max), .stage = STAGE_BEFORE};
}

void json_list_free(struct json_list *list)
{
    buf_free(&list->element);
}

/* The bytes up to a comma or the last bracket: one value, or none at all. */
static bool take_element(struct json_list *list)
{
    struct error ignored;
    struct json *value =
        json_parse(buf_text(&list->element), list->element.length, "element", &ignored);
    bool taken = value != NULL && list->take(list->context, value);

    json_free(value);
    list->element.length = 0;
    return taken;
}

/* Does the element end in front of this byte? Whether brackets are pairs is the parser's to see. */
static bool is_behind(struct json_list *list, char byte)
{
    if (list->in_text) {
        list->in_text = list->escaped || byte != '"';
        list->escaped = !list->escaped && byte == '\\';
        return false;
    }
    if (list->depth == 0 && (byte == ',' || byte == ']'))
        return true;
    list->in_text = byte == '"';
    if (byte == '[' || byte == '{')
        list->depth++;
    else if ((byte == ']' || byte == '}') && list->depth > 0)
        list->depth--;
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Of the bytes those up to the end of the element; *used: how many. */
static bool add_to_element(struct json_list *list, const char *bytes, size_t length, size_t *used)
{
    size_t at = 0;
    bool ends = false;

    while (at < length && !(ends = is_behind(list, bytes[at])))
        at++;
    *used = at + ends;
    if (!buf_add(&list->element, bytes, at))
        return false;
    if (!ends)
        return true;
    if (bytes[at] == ']' && list->stage == STAGE_FIRST && list->element.length == 0) {
        list->stage = STAGE_WHOLE;
        return true;
    }
    list->stage = bytes[at] == ']' ? STAGE_WHOLE : STAGE_ELEMENTS;
    return take_element(list);
}

bool json_list_add(struct json_list *list, const char *bytes, size_t length)
{
    for (size_t used = 1; length > 0; bytes += used, length -= used) {
        used = 1;
        if (list->element.length == 0 && is_blank(*bytes))
            continue;
        if (list->stage == STAGE_WHOLE || (list->stage == STAGE_BEFORE && *bytes != '['))
            return false;
        if (list->stage == STAGE_BEFORE)
            list->stage = STAGE_FIRST;
        else if (!add_to_element(list, bytes, length, &used))
            return false;
    }
    return true;
}

bool json_list_is_whole(const struct json_list *list)
{
    return list->stage == STAGE_WHOLE;
}
