// SPDX-License-Identifier: MIT
#include <string.h>
#include "core/nearest.h"

#define NAME_MAX_LEN 48 /* longer names have no neighbours */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Characters to insert, delete or replace to get from a to b, both at most NAME_MAX_LEN long. */
static unsigned int distance(const char *a, const char *b)
{
	size_t cols = strlen(b), i, j;
	unsigned int row[NAME_MAX_LEN + 1];

	for (j = 0; j <= cols; j++)
		row[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i + 1;
		for (j = 1; j <= cols; j++) {
			unsigned int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[cols];
}

void fcd_nearest_try(struct fcd_nearest *n, const char *candidate)
{
	size_t len = strlen(n->name);
	unsigned int d;

	if (len > NAME_MAX_LEN || strlen(candidate) > NAME_MAX_LEN)
		return;
	d = distance(n->name, candidate);
	if (d > 1 + len / 3 || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
