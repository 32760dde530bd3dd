/* SPDX-License-Identifier: MIT */
/* make_corpus.c - seeds for fuzz_decode: make_corpus DIR, a record per file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/table/encode.h"

/* Between them they have every type of parameter. */
static const char *const codes[] = {
	"SYSCALL_OPENAT_2_X",
	"SYSCALL_READ_X",
	"SYSCALL_EXECVE_19_X",
	"SYSCALL_CLONE3_X",
	"SOCKET_CONNECT_X",
	"SOCKET_ACCEPT4_6_X",
	"SYSCALL_KILL_X",
	"PROCEXIT_1_E",
	"GENERIC_X",
	"SYSCALL_MMAP_X",
	"SYSCALL_POLL_X",
	"SYSCALL_PPOLL_X",
	"SOCKET_SETSOCKOPT_X",
	"SYSCALL_PTRACE_X",
	"SYSCALL_KEYCTL_X",
	"SYSCALL_MKNODAT_X",
	"SYSCALL_SEMOP_X",
	"PLUGINEVENT_E",
	"TRACER_E",
	"ITER_TASK_E",
	"ITER_TASK_FILE_SOCKET_INET_E",
	"ITER_TASK_FILE_SOCKET_INET6_E",
};

/* Events whose last parameter lacks its last byte. */
static const char *const cut_codes[] = {
	"SYSCALL_CHDIR_X", "SOCKET_CONNECT_X", "SYSCALL_POLL_E", "SYSCALL_KEYCTL_X", "TRACER_E",
};

static int save(const char *dir, const char *name, const void *record, size_t len)
{
	char path[4096];
	FILE *file;
	size_t done;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		return -1;
	}
	done = fwrite(record, 1, len, file);
	return fclose(file) || done != len ? -1 : 0;
}

static int save_event(const char *dir, const char *code, bool cut)
{
	static struct sample params[FCD_PARAMS_MAX];
	const struct fcd_event_info *info = fcd_event_by_code(code);
	struct fcd_envelope *e;
	char name[64];
	size_t len;
	int err;

	samples_make(params, info, 6);
	if (cut)
		params[info->nparams - 1].len--;
	e = encode_record(info, params, &len);
	snprintf(name, sizeof(name), "%s%s", code, cut ? "-cut" : "");
	err = save(dir, name, e, len);
	free(e);
	return err;
}

static int save_others(const char *dir)
{
	struct {
		struct fcd_envelope e;
		struct fcd_gap gap;
	} gap = { { .bytes = 56, .kind = FCD_GAP, .seq = 9 }, { .lost = 1234, .total = 5000 } };
	struct {
		struct fcd_envelope e;
		struct fcd_mark mark;
	} mark = { { .bytes = 40, .kind = FCD_MARK, .seq = 9 }, { 1, -1 } };

	return save(dir, "gap", &gap, sizeof(gap)) || save(dir, "mark", &mark, sizeof(mark));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_corpus DIR\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (save_event(argv[1], codes[i], false))
			return EXIT_FAILURE;
	for (size_t i = 0; i < sizeof(cut_codes) / sizeof(cut_codes[0]); i++)
		if (save_event(argv[1], cut_codes[i], true))
			return EXIT_FAILURE;
	return save_others(argv[1]) ? EXIT_FAILURE : EXIT_SUCCESS;
}
