/* SPDX-License-Identifier: MIT */
/*
 * tree.h - names and values wherever they stand in a document of maps and lists.
 */
#ifndef FORMAT_TREE_H
#define FORMAT_TREE_H

#include "format/pairs.h"
#include "io/node.h"

/*
 * tree_collect(root, pairs)
 *
 * Each map is a group of its own, whatever it lies in. Understood besides: a Secret of Kubernetes
 * (data in base64, stringData), {"NAME": {"value": …}} as Terraform prints its outputs, lists of
 * {"name": …, "value": …} and of "NAME=value", and text that is a JSON object itself (a secret of
 * AWS as its program prints it). pairs->foreign: there is more than one flat map of text.
 */
void tree_collect(const struct node *root, struct pairs *pairs);

#endif
