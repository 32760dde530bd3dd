/* SPDX-License-Identifier: MIT */
/* prctl.c - a thread changes and asks for what it is, by name, number and pointer. */
#include "expect.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define HIGH (5ull << 32) /* the kernel looks at the lower half of an option */
#define REST 92, 93, 94	  /* where these must be 0 it refuses */

/* name: of the option; NULL if it has none. text: NULL if it has none. */
static void expect_prctl(long res, const char *name, uint32_t option, const char *text,
			 int64_t number)
{
	expect_event("prctl");
	expect_int("res", res);
	if (name)
		expect_str("option", name);
	else
		expect_u64("option", option);
	if (text)
		expect_str("arg2_str", text);
	expect_int("arg2_int", number);
	expect_end();
}

static void by_name(const char *name, uint64_t option, const char *at, const char *text)
{
	expect_prctl(call(SYS_prctl, option, at, REST), name, option, text, 0);
}

static void by_number(const char *name, uint64_t option, uint64_t number)
{
	expect_prctl(call(SYS_prctl, option, number, REST), name, option, NULL, number);
}

#define BY_NAME(option, at, text) by_name(#option, option, at, text)
#define BY_NUMBER(option, number) by_number(#option, option, number)

static void names(void)
{
	static char text[PATH_CUT + 10], cut[PATH_CUT], got[16] = "?";
	char *edge = trace_edge();

	BY_NAME(PR_SET_NAME, "worker", "worker");
	BY_NAME(PR_GET_NAME, got, "worker");
	trace_need(!strcmp(got, "worker"), "PR_GET_NAME");
	by_name("PR_SET_NAME", HIGH | PR_SET_NAME, "", "");
	/* The kernel takes 15 bytes of it. */
	BY_NAME(PR_SET_NAME, "a name of more than sixteen bytes",
		"a name of more than sixteen bytes");
	memset(text, 'n', sizeof(text) - 1);
	memset(cut, 'n', sizeof(cut) - 1);
	BY_NAME(PR_SET_NAME, text, cut);
	BY_NAME(PR_SET_NAME, strcpy(edge - 3, "ab"), "ab");
	BY_NAME(PR_SET_NAME, memset(edge - 2, 'x', 2), NULL);
	BY_NAME(PR_SET_NAME, NULL, NULL);
	BY_NAME(PR_SET_NAME, edge, NULL);
	BY_NAME(PR_GET_NAME, NULL, NULL);
	BY_NAME(PR_GET_NAME, edge, NULL);
}

/* What is stored at a pointer: also where the kernel could not store it. */
static void subreaper(void)
{
	int *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *edge = trace_edge();
	int *at = (int *)(edge - 4);
	long res;

	trace_need(page != MAP_FAILED, "mmap");
	*page = -3;
	trace_need(!mprotect(page, 4096, PROT_READ), "mprotect");
	BY_NUMBER(PR_SET_CHILD_SUBREAPER, 1);
	for (int i = 0; i < 2; i++) {
		*at = -1;
		res = call(SYS_prctl, PR_GET_CHILD_SUBREAPER, at, 0, 0, 0);
		trace_need(*at == !i, "PR_GET_CHILD_SUBREAPER");
		expect_prctl(res, "PR_GET_CHILD_SUBREAPER", 0, NULL, *at);
		BY_NUMBER(PR_SET_CHILD_SUBREAPER, 0);
	}
	res = call(SYS_prctl, PR_GET_CHILD_SUBREAPER, page);
	expect_prctl(res, "PR_GET_CHILD_SUBREAPER", 0, NULL, -3);
	res = call(SYS_prctl, PR_GET_CHILD_SUBREAPER, edge - 2);
	expect_prctl(res, "PR_GET_CHILD_SUBREAPER", 0, NULL, 0);
	res = call(SYS_prctl, PR_GET_CHILD_SUBREAPER, NULL);
	expect_prctl(res, "PR_GET_CHILD_SUBREAPER", 0, NULL, 0);
}

static void numbers(void)
{
	uint64_t stored;

	BY_NUMBER(PR_SET_DUMPABLE, 1);
	BY_NUMBER(PR_GET_DUMPABLE, 91);
	BY_NUMBER(PR_SET_DUMPABLE, 7);
	BY_NUMBER(PR_CAPBSET_READ, 21);
	BY_NUMBER(PR_CAPBSET_DROP, HIGH | 63);
	BY_NUMBER(PR_GET_TID_ADDRESS, (uintptr_t)&stored);
	BY_NUMBER(PR_SET_NO_NEW_PRIVS, UINT64_MAX);
	by_number(NULL, PR_SET_PDEATHSIG, SIGUSR1);
	/* Beside those that take a name or a pointer. */
	by_number(NULL, PR_SET_NAME - 1, (uintptr_t) "text");
	by_number(NULL, PR_GET_NAME + 1, (uintptr_t) "text");
	by_number(NULL, (uint32_t)-3, -3);
	by_number(NULL, HIGH | 1000, -(1ull << 40));
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "prctl");
	names();
	subreaper();
	numbers();
	return trace_end();
}
