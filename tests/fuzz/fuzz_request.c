// SPDX-License-Identifier: MIT
/* Any bytes as a client's request. A refusal has a code and words; an answer has a filter. */
#include <stdlib.h>
#include <string.h>
#include "daemon/request.h"
#include "fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size ? size : 1); /* the sanitizer sees its end */
	struct fcd_request request;
	struct fcd_err err = { 0 };
	const char *code = NULL;

	memcpy(line, data, size);
	if (fcd_request_parse(line, size, &request, &code, &err)) {
		must(code && *code);
		must(err.text[0] && err.hint[0]);
		must(strlen(err.text) < sizeof(err.text));
	} else if (request.op == FCD_OP_SUBSCRIBE) {
		must(!fcd_interest_is_empty(&request.filter.interest));
		fcd_request_fini(&request);
	}
	free(line);
	return 0;
}
