/* SPDX-License-Identifier: MIT */
/* Any bytes as a record: filtered, decoded and formatted. What is refused appends nothing. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "core/filter.h"
#include "core/format.h"
#include "core/proctable.h"
#include "fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What it says of processes. */
static void learn(const struct fcd_envelope *record)
{
	static struct fcd_proctable *t; /* one, for a new one takes its time */

	if (t || !fcd_proctable_new(&t))
		fcd_proctable_event(t, record);
}

static void format_json(const struct fcd_envelope *record, size_t size)
{
	struct fcd_text t = { 0 };
	json_t *root;

	if (fcd_format_json(&t, record, size, NULL)) {
		must(!t.len);
	} else {
		root = json_loadb(t.at, t.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		must(root);
		json_decref(root);
	}
	fcd_text_free(&t);
}

static void format_text(const struct fcd_envelope *record, size_t size)
{
	struct fcd_text t = { 0 };

	if (fcd_format_text(&t, record, size, NULL))
		must(!t.len);
	else /* one line */
		must(memchr(t.at, '\n', t.len) == t.at + t.len - 1);
	fcd_text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fcd_envelope *record;
	struct fcd_filter all;

	if (!size)
		return 0;
	record = malloc(size); /* aligned, and the sanitizer sees its end */
	memcpy(record, data, size);
	if (size >= sizeof(*record) && record->bytes >= sizeof(*record) && record->bytes <= size) {
		fcd_filter_all(&all);
		fcd_filter_pass(&all, record, NULL);
		all.is_failed = true;
		fcd_filter_pass(&all, record, NULL);
		learn(record);
	}
	format_json(record, size);
	format_text(record, size);
	free(record);
	return 0;
}
