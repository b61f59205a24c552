/* SPDX-License-Identifier: MIT */
#include "pritunl/field.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

const char *field_text_there(const struct db_value *value)
{
    if (value->type != DB_TEXT || memchr(value->text, '\0', value->length) != NULL ||
        !text_is_utf8(value->text, value->length))
        return NULL;
    return value->text;
}

char *field_text(const struct db_value *value)
{
    return mem_text(field_text_there(value));
}

const char *field_text_fault(const struct db_value *value)
{
    if (value->type == DB_TEXT)
        return memchr(value->text, '\0', value->length) != NULL ? "text that holds a NUL"
                                                                : "text that is not UTF-8";
    return value->type == DB_ABSENT ? "absent" : db_type_name(value);
}
