// SPDX-License-Identifier: MIT
/* memfd.c - descriptors of memory, of its faults, and of processes. */
#include "either.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define HIGH (5ull << 32)

/* text: what can be read at name, NULL if nothing can. */
static long memory(const void *name, const char *text, uint64_t flags)
{
	static const struct bit_name bits[] = { { MFD_CLOEXEC, "MFD_CLOEXEC" },
						{ MFD_ALLOW_SEALING, "MFD_ALLOW_SEALING" },
						{ MFD_HUGETLB, "MFD_HUGETLB" },
						{ 0, NULL } };
	long res = either(SYS_memfd_create, 356, (uintptr_t)name, flags, 92, 93);

	either_event("memfd_create");
	expect_int("fd", res);
	if (text)
		expect_str("name", text);
	expect_bits("flags", bits, flags, NULL);
	expect_end();
	return res;
}

static void memories(void)
{
	char *edge = either_edge(), *name, cut[PATH_CUT];

	trace_need(memory(memcpy(edge - 5, "name", 5), "name", 0) > 0, "memfd_create");
	trace_need(memory(edge - 1, "", HIGH | MFD_CLOEXEC | MFD_ALLOW_SEALING) > 0,
		   "memfd_create");
	memory(edge - 5, "name", MFD_HUGETLB);
	memory(edge, NULL, 0);
	memory(NULL, NULL, 0);
	edge[-1] = 'x';
	memory(edge - 2, NULL, 0);
	/* The kernel takes 249 bytes and a NUL. */
	name = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
		    0);
	trace_need(name != MAP_FAILED, "mmap");
	memset(name, 'n', 8191);
	memset(cut, 'n', sizeof(cut) - 1);
	cut[PATH_CUT - 1] = 0;
	name[249] = 0;
	memory(name, name, 0);
	name[249] = 'n';
	memory(name, cut, 0);
	name[PATH_CUT - 1] = 0;
	memory(name, cut, 0);
	for (int i = 0; i < 32; i++)
		memory(edge - 6, NULL, 1ull << i);
}

/* Whether it works depends on the kernel; flags are told as they were given. */
static void faults(uint64_t flags)
{
	long res = either(SYS_userfaultfd, 374, flags, 91, 92, 93);

	either_event("userfaultfd");
	expect_int("res", res);
	/* The kernel's O_NONBLOCK is O_LARGEFILE here, its O_CLOEXEC has no name. */
	expect_str("flags", flags == O_NONBLOCK			? "O_LARGEFILE"
			    : flags == (O_NONBLOCK | O_CLOEXEC) ? "O_LARGEFILE|0x80000"
			    : flags == (HIGH | 1ull << 31)	? "0x80000000"
								: "O_NONE");
	expect_end();
}

static long process(uint64_t pid, uint64_t flags)
{
	long res = either(SYS_pidfd_open, 434, pid, flags, 92, 93);

	either_event("pidfd_open");
	expect_int("fd", res);
	expect_int("arg_pid", (int)pid);
	expect_json("flags", "{\"bits\":\"%s\"}", flags & O_NONBLOCK ? "PIDFD_NONBLOCK" : "");
	expect_end();
	return res;
}

static long of_process(uint64_t process, uint64_t fd, uint64_t flags)
{
	long res = either(SYS_pidfd_getfd, 438, process, fd, flags, 93);

	either_event("pidfd_getfd");
	expect_int("fd", res);
	expect_int("pid_fd", (int)process);
	expect_int("target_fd", (int)fd);
	expect_u64("flags", (uint32_t)flags);
	expect_end();
	return res;
}

static void processes(void)
{
	long self = process(getpid(), 0);

	trace_need(self > 0 && process(HIGH | getpid(), HIGH) > 0, "pidfd_open");
	process(getpid(), O_NONBLOCK); /* since 5.10 */
	process(-1ull, 0);
	process(INT_MAX, 0);
	for (int i = 0; i < 32; i++)
		process(0, 1ull << i);
	trace_need(of_process(self, 1, 0) > 0 && of_process(HIGH | self, HIGH | 2, HIGH) > 0,
		   "pidfd_getfd");
	of_process(self, 390, 0);
	of_process(self, -1ull, 0);
	of_process(0, 1, 0);
	of_process(-1ull, 1, 0);
	of_process(self, 1, 1);
	of_process(self, 1, -2ull);
}

static void all(void)
{
	memories();
	faults(O_NONBLOCK);
	faults(O_NONBLOCK | O_CLOEXEC);
	faults(HIGH | 1ull << 31);
	faults(0);
	processes();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "memfd_create userfaultfd pidfd_open pidfd_getfd");
	by_both(all);
	return trace_end();
}
