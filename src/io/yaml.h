/* SPDX-License-Identifier: MIT */
/*
 * yaml.h - YAML that comes from outside (libyaml).
 *
 * Not for writing: what we write in YAML is one flat mapping, and format/yaml.c's.
 */
#ifndef IO_YAML_H
#define IO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "io/node.h"

/*
 * yaml_parse(bytes, length, documents, line, why)
 *
 * Every document of a stream, as a list. Aliases are copies of what they stand for. A scalar is
 * NODE_TEXT only if every reader takes it for text, YAML 1.1's and 1.2's; numbers, truth values,
 * dates and what a tag changes are NODE_OTHER, with the reason in fault. At most 64 levels and
 * 100,000 values.
 *
 * On false documents is empty, *line says where (from 1) and *why what it is: a constant, never
 * content.
 */
bool yaml_parse(const char *bytes, size_t length, struct node *documents, size_t *line,
                const char **why);

#endif
