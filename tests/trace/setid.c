/* SPDX-License-Identifier: MIT */
/* setid.c - users and groups changed, kept and refused; as root and as anybody. */
#include "expect.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEP 0xffffffffull
/* The kernel looks at the lower half of an argument, and at no argument more. */
#define HIGH (5ull << 32)
#define REST 91, 92, 93, 94

static void one(const char *type, long nr, const char *name, uint64_t id)
{
	long res = call(nr, id, 90, REST);

	expect_event(type);
	expect_int("res", res);
	expect_u64(name, (uint32_t)id);
	expect_end();
}

static void two(const char *type, long nr, const char *const *name, uint64_t real,
		uint64_t effective)
{
	long res = call(nr, real, effective, REST);

	expect_event(type);
	expect_int("res", res);
	expect_u64(name[0], (uint32_t)real);
	expect_u64(name[1], (uint32_t)effective);
	expect_end();
}

static void three(const char *type, long nr, const char *const *name, uint64_t real,
		  uint64_t effective, uint64_t saved)
{
	long res = call(nr, real, effective, saved, REST);

	expect_event(type);
	expect_int("res", res);
	expect_u64(name[0], (uint32_t)real);
	expect_u64(name[1], (uint32_t)effective);
	expect_u64(name[2], (uint32_t)saved);
	expect_end();
}

static const char *const uids[] = { "ruid", "euid", "suid" };
static const char *const gids[] = { "rgid", "egid", "sgid" };

/* What is the same anew, what is none, and what only some may. */
static void groups(void)
{
	gid_t own = getgid();

	one("setgid", SYS_setgid, "gid", HIGH | own);
	one("setgid", SYS_setgid, "gid", KEEP);
	two("setregid", SYS_setregid, gids, KEEP, KEEP);
	two("setregid", SYS_setregid, gids, own, KEEP);
	two("setregid", SYS_setregid, gids, HIGH | 0x80000001, HIGH | 4711);
	three("setresgid", SYS_setresgid, gids, KEEP, KEEP, KEEP);
	three("setresgid", SYS_setresgid, gids, KEEP, HIGH | own, KEEP);
	three("setresgid", SYS_setresgid, gids, 1, 4711, 0x80000002);
	one("setgid", SYS_setgid, "gid", 4712);
}

static void users(void)
{
	uid_t own = getuid();

	one("setuid", SYS_setuid, "uid", HIGH | own);
	one("setuid", SYS_setuid, "uid", KEEP);
	two("setreuid", SYS_setreuid, uids, KEEP, KEEP);
	two("setreuid", SYS_setreuid, uids, KEEP, own);
	three("setresuid", SYS_setresuid, uids, KEEP, KEEP, KEEP);
	three("setresuid", SYS_setresuid, uids, own, KEEP, HIGH | own);
	three("setresuid", SYS_setresuid, uids, 1, 4711, 0x80000002);
	/* No longer root: to one of these, to another one. */
	two("setreuid", SYS_setreuid, uids, KEEP, HIGH | 0x80000002);
	two("setreuid", SYS_setreuid, uids, 4712, 4713);
	three("setresuid", SYS_setresuid, uids, 0, 1, 2);
	one("setuid", SYS_setuid, "uid", 1);
	one("setuid", SYS_setuid, "uid", 0);
}

int main(int argc, char **argv)
{
	pid_t pid;

	trace_begin(argc, argv, "setuid setgid setreuid setregid setresuid setresgid");
	pid = fork();
	trace_need(pid >= 0, "fork");
	if (!pid) {
		groups();
		users();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return trace_end();
}
