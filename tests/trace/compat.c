/* SPDX-License-Identifier: MIT */
/* compat.c - 32-bit system calls: told as their 64-bit counterparts, or counted as untracked. */
#include "call32.h"
#include "child.h"
#include "exec.h"
#include "expect.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers of 32-bit x86. */
enum {
	READ = 3,
	WRITE = 4,
	CLOSE = 6,
	EXECVE = 11,
	SETUID16 = 23,
	KILL = 37,
	SETGID16 = 46,
	GETPPID = 64,
	SETREUID16 = 70,
	SETREGID16 = 71,
	SIGPENDING = 73,
	FSYNC = 118,
	SETRESUID16 = 164,
	SETRESGID16 = 170,
	PRCTL = 172,
	SETREUID = 203,
	SETREGID = 204,
	GETGROUPS = 205,
	SETGROUPS = 206,
	SETRESUID = 208,
	SETRESGID = 210,
	SETUID = 213,
	SETGID = 214,
	SETFSUID = 215,
	SETFSGID = 216,
	CLOCK_GETRES = 266,
	OPENAT = 295,
	CLOCK_GETRES64 = 406,
};

/* What 32-bit pointers can reach. */
struct low {
	char path[256], data[200];
	uint32_t words[4], argv[4], envp[2];
	char text[4][16];
};

static struct low *low;

static void begin(const char *type)
{
	expect_event(type);
	expect_json("compat", "true");
}

static void close32(int fd)
{
	long res = call32(CLOSE, fd, 0, 0, 0);

	begin("close");
	expect_int("res", res);
	expect_int("fd", fd);
	expect_end();
}

static int open32(uint32_t flags, const char *bits, uint32_t mode)
{
	long fd = call32(OPENAT, AT_FDCWD, P32(low->path), flags, mode);
	struct stat st = { 0 };

	if (fd >= 0)
		trace_need(!fstat(fd, &st), "fstat");
	begin("openat");
	expect_int("fd", fd);
	expect_int("dirfd", AT_FDCWD);
	expect_str("name", low->path);
	expect_json("flags", "{\"bits\":\"%s\"}", bits);
	expect_int("mode", mode);
	expect_u64("dev", dev_number(st.st_dev));
	expect_u64("ino", st.st_ino);
	expect_end();
	return fd;
}

static void data32(uint32_t nr, int fd, uint32_t size)
{
	long res = call32(nr, fd, P32(low->data), size, 0);
	long len = res > 0 ? res : nr == WRITE ? size : 0;

	begin(nr == WRITE ? "write" : "read");
	expect_int("res", res);
	expect_bytes("data", low->data, len < SNAPLEN ? len : SNAPLEN);
	expect_int("fd", fd);
	expect_u64("size", size);
	expect_end();
}

static void files(void)
{
	int fd;

	strcpy(low->path, trace_path("file"));
	memset(low->data, 'd', sizeof(low->data));
	fd = open32(O_RDWR | O_CREAT | O_EXCL, "O_RDWR|O_CREAT|O_EXCL|O_F_CREATED", 0600);
	data32(WRITE, fd, sizeof(low->data));
	lseek(fd, 190, SEEK_SET);
	data32(READ, fd, sizeof(low->data));
	data32(READ, fd, sizeof(low->data));
	close32(fd);
	data32(READ, fd, 10);
	data32(WRITE, fd, 10);
	unlink(low->path);
	open32(O_RDONLY, "O_RDONLY", 0);
	close32(-1);
}

static void kill32(pid_t pid, int sig)
{
	long res = call32(KILL, pid, sig, 0, 0);

	begin("kill");
	expect_int("res", res);
	expect_int("arg_pid", pid);
	expect_int("sig", sig);
	expect_end();
}

/* Arrays of 32-bit pointers. */
static void exec32(void)
{
	static struct proc before, after;
	struct strings args = { .len = 0 }, env = args;
	long res;

	for (int i = 0; i < 3; i++) {
		low->text[i][0] = 'a' + i;
		low->argv[i] = P32(low->text[i]);
	}
	strcpy(low->text[3], "E=1");
	low->envp[0] = P32(low->text[3]);
	strings_put(&args, "b", PATH_CUT);
	strings_put(&args, "c", PATH_CUT);
	strings_put(&env, "E=1", PATH_CUT);
	strcpy(low->path, trace_path("none"));
	proc_read_self(&before);
	res = call32(EXECVE, P32(low->path), P32(low->argv), P32(low->envp), 0);
	proc_read_self(&after);
	begin("execve");
	expect_exec_failed(res, &before, &after, low->path, "a", &args, &env);
	expect_end();
}

static void fork32(void)
{
	static struct proc before;
	long res;

	proc_read_self(&before);
	res = child_fork32();
	trace_need(res > 0, "fork");
	child_wait(res, 0);
	expect_both("fork", res, &before, 0, 0);
}

/* Of a call that changes ids; names: of as many as it takes. */
static void id32(uint32_t nr, const char *type, const char *const *names, uint32_t a, uint32_t b,
		 uint32_t c)
{
	const uint32_t id[] = { a, b, c };
	long res = call32(nr, a, b, c, 93);

	begin(type);
	expect_int("res", res);
	for (int i = 0; i < 3 && names[i]; i++)
		expect_u64(names[i], id[i]);
	expect_end();
}

/* To what they are; to what nobody can be: -1, of the older calls 65535, is to be kept. */
static void ids32(void)
{
	static const char *const uid[3] = { "uid" }, *const gid[3] = { "gid" };
	static const char *const uids[3] = { "ruid", "euid", "suid" };
	static const char *const gids[3] = { "rgid", "egid", "sgid" };
	static const char *const two_uids[3] = { "ruid", "euid" };
	static const char *const two_gids[3] = { "rgid", "egid" };
	uint32_t u = getuid(), g = getgid();

	id32(SETUID, "setuid", uid, u, 91, 92);
	id32(SETUID, "setuid", uid, -1, 91, 92);
	id32(SETUID16, "setuid", uid, 0x10000 | u, 91, 92);
	id32(SETUID16, "setuid", uid, 65535, 91, 92);
	id32(SETGID, "setgid", gid, g, 91, 92);
	id32(SETGID16, "setgid", gid, 65535, 91, 92);
	id32(SETREUID, "setreuid", two_uids, -1, u, 92);
	id32(SETREGID, "setregid", two_gids, g, -1, 92);
	id32(SETREUID16, "setreuid", two_uids, 65535, u, 92);
	id32(SETREGID16, "setregid", two_gids, g, 65535, 92);
	id32(SETRESUID, "setresuid", uids, u, -1, u);
	id32(SETRESGID, "setresgid", gids, -1, g, -1);
	id32(SETRESUID16, "setresuid", uids, 65535, u, 65535);
	id32(SETRESGID16, "setresgid", gids, g, 65535, 65535);
}

static void prctl32(uint32_t option, const char *name, uint32_t arg, const char *text,
		    const int *stored)
{
	long res = call32(PRCTL, option, arg, 0, 0);

	begin("prctl");
	expect_int("res", res);
	expect_str("option", name);
	if (text)
		expect_str("arg2_str", text);
	expect_int("arg2_int", text ? 0 : stored ? *stored : (int64_t)arg);
	expect_end();
}

static void prctls32(void)
{
	prctl32(PR_SET_NAME, "PR_SET_NAME", P32(strcpy(low->path, "thirty-two")), "thirty-two",
		NULL);
	prctl32(PR_GET_CHILD_SUBREAPER, "PR_GET_CHILD_SUBREAPER", P32(low->words), NULL,
		(int *)low->words);
	prctl32(PR_SET_DUMPABLE, "PR_SET_DUMPABLE", -3, NULL, NULL);
}

/* code: the schema's own number. */
static void generic(uint32_t nr, const char *name, int native, int code)
{
	call32(nr, -1, 0, 0, 0);
	begin("syscall");
	expect_str("syscall", name);
	expect_int("nr", native);
	expect_int("ID", code);
	expect_end();
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv,
		    "openat read write close kill execve getppid fsync "
		    "clock_getres rt_sigpending fork setuid setgid setreuid setregid setresuid "
		    "setresgid prctl getgroups setgroups setfsuid setfsgid");
	proc_need_init_namespaces();
	trace_need_plain_files();
	call32_need();
	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	trace_need(low != MAP_FAILED, "mmap");
	files();
	signal(SIGUSR1, SIG_IGN);
	kill32(getpid(), SIGUSR1);
	kill32(INT_MAX, SIGTERM);
	kill32(-INT_MAX, 0);
	exec32();
	child_init();
	fork32();
	ids32();
	prctls32();
	generic(GETPPID, "getppid", SYS_getppid, 41);
	generic(FSYNC, "fsync", SYS_fsync, 72);
	generic(CLOCK_GETRES, "clock_getres", SYS_clock_getres, 177);
	generic(GETGROUPS, "getgroups", SYS_getgroups, 125);
	generic(SETGROUPS, "setgroups", SYS_setgroups, 126);
	generic(SETFSUID, "setfsuid", SYS_setfsuid, 135);
	generic(SETFSGID, "setfsgid", SYS_setfsgid, 136);
	/* Much like a 64-bit call, but not the same: nothing is told of these. */
	call32(SIGPENDING, 0, 0, 0, 0);
	call32(CLOCK_GETRES64, -1, 0, 0, 0);
	return trace_end();
}
