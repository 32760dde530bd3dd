/* SPDX-License-Identifier: MIT */
/* security.c - what a process may do is changed; code is given to the kernel. */
#include "either.h"
#include "expect.h"
#include "proc.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH	   (5ull << 32)
#define KNOWN_CAPS ((1ULL << 41) - 1) /* up to CAP_CHECKPOINT_RESTORE */

/* Numbers of 32-bit x86. */
enum {
	INIT_MODULE32 = 128,
	DELETE_MODULE32 = 129,
	CAPSET32 = 185,
	UNSHARE32 = 310,
	SETNS32 = 346,
	FINIT_MODULE32 = 350,
	SECCOMP32 = 354,
	BPF32 = 357,
};

static const struct bit_name clone_bits[] = {
	{ 0x100, "CLONE_VM" },
	{ 0x200, "CLONE_FS" },
	{ 0x400, "CLONE_FILES" },
	{ 0x800, "CLONE_SIGHAND" },
	{ 0x2000, "CLONE_PTRACE" },
	{ 0x4000, "CLONE_VFORK" },
	{ 0x8000, "CLONE_PARENT" },
	{ 0x10000, "CLONE_THREAD" },
	{ 0x20000, "CLONE_NEWNS" },
	{ 0x40000, "CLONE_SYSVSEM" },
	{ 0x80000, "CLONE_SETTLS" },
	{ 0x100000, "CLONE_PARENT_SETTID" },
	{ 0x200000, "CLONE_CHILD_CLEARTID" },
	{ 0x800000, "CLONE_UNTRACED" },
	{ 0x1000000, "CLONE_CHILD_SETTID" },
	{ 0x2000000, "CLONE_NEWCGROUP" },
	{ 0x4000000, "CLONE_NEWUTS" },
	{ 0x8000000, "CLONE_NEWIPC" },
	{ 0x10000000, "CLONE_NEWUSER" },
	{ 0x20000000, "CLONE_NEWPID" },
	{ 0x40000000, "CLONE_NEWNET" },
	{ 0x80000000, "CLONE_IO" },
	{ 0, NULL },
};

static char *edge; /* of memory that 32-bit pointers reach */
static char *big;  /* such memory, too */
#define BIG_BYTES 70000
#define IMAGE_CUT 60000

/* Text there, its NUL the last byte that can be read. */
static char *at_edge(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(edge - len, text, len);
}

static void in_child(void (*f)(void))
{
	pid_t pid = fork();
	int status;

	trace_need(pid >= 0, "fork");
	if (!pid) {
		f();
		_exit(0);
	}
	trace_need(waitpid(pid, &status, 0) == pid && !status, "a child");
}

/* ---- rights ---- */

/* inh, prm, eff: sets to ask for, of which the first 32 numbers are enough. */
static void capset_to(const struct __user_cap_header_struct *head, const void *data)
{
	long res = either(SYS_capset, CAPSET32, (uintptr_t)head, (uintptr_t)data, 91, 92);
	struct proc p;

	proc_read_self(&p);
	either_event("capset");
	expect_int("res", res);
	expect_u64("cap_inheritable", p.cap_inh & KNOWN_CAPS);
	expect_u64("cap_permitted", p.cap_prm & KNOWN_CAPS);
	expect_u64("cap_effective", p.cap_eff & KNOWN_CAPS);
	expect_end();
}

static void capabilities(void)
{
	struct __user_cap_header_struct *head = (void *)(edge - 64);
	struct __user_cap_data_struct *data = (void *)(edge - 32);
	struct proc p;

	proc_read_self(&p);
	*head = (struct __user_cap_header_struct){ _LINUX_CAPABILITY_VERSION_3, 0 };
	data[0] = (struct __user_cap_data_struct){ 0, p.cap_prm & ~0x20u, p.cap_prm & 0x0f };
	data[1] = (struct __user_cap_data_struct){ p.cap_prm >> 32 & 1, p.cap_prm >> 32, 0 };
	capset_to(head, data); /* other sets each */
	data[0].permitted |= 0x20;
	capset_to(head, data); /* it is gone */
	capset_to(head, NULL);
	capset_to((void *)edge, data);
	head->version = 4711;
	capset_to(head, data);
}

static void all_capabilities(void)
{
	by_both(capabilities);
}

/* ---- namespaces ---- */

static void leave(uint64_t flags)
{
	long res = either(SYS_unshare, UNSHARE32, flags, 91, 92, 93);

	either_event("unshare");
	expect_int("res", res);
	expect_bits("flags", clone_bits, flags, NULL);
	expect_end();
}

static void enter(uint64_t fd, uint64_t type)
{
	long res = either(SYS_setns, SETNS32, fd, type, 91, 92);

	either_event("setns");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_bits("nstype", clone_bits, type, NULL);
	expect_end();
}

static void namespaces(void)
{
	long fd = call(SYS_open, "/proc/self/ns/uts", O_RDONLY);

	trace_need(fd >= 0, "/proc/self/ns/uts");
	leave(0);
	leave(CLONE_FS | CLONE_FILES);
	leave(CLONE_NEWUTS);
	enter(fd, 0);
	enter(HIGH | fd, HIGH | CLONE_NEWUTS);
	enter(fd, CLONE_NEWNET);
	for (int i = 0; i < 32; i++) {
		leave(1ull << i | 1); /* the lowest bit is refused */
		enter(-1, 1ull << i);
	}
	leave(HIGH);
	enter(0x7fffffff, -1);
	call(SYS_close_range, fd, fd);
}

static void all_namespaces(void)
{
	by_both(namespaces);
}

/* ---- seccomp ---- */

static void restrict_to(uint64_t op, uint64_t flags, const void *data)
{
	long res = either(SYS_seccomp, SECCOMP32, op, flags, (uintptr_t)data, 91);

	either_event("seccomp");
	expect_int("res", res);
	expect_u64("op", given(op));
	expect_u64("flags", (uint32_t)flags);
	expect_end();
}

/* A filter that allows all; 32-bit callers have a shorter struct, of which the pointer fits. */
static void filters(void)
{
	struct sock_filter *code = (void *)(edge - 64);
	struct sock_fprog *program = (void *)(edge - 32);
	uint32_t *action = (uint32_t *)(edge - 4);

	*code = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program->len = 1;
	if (is_32bit)
		((uint32_t *)program)[1] = P32(code);
	else
		program->filter = code;
	*action = SECCOMP_RET_ERRNO;
	restrict_to(SECCOMP_GET_ACTION_AVAIL, 0, action);
	restrict_to(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, program);
	restrict_to(SECCOMP_SET_MODE_STRICT, 1, NULL);
	restrict_to(HIGH | 0x80000000, HIGH | 0x80000001, NULL);
	restrict_to(SECCOMP_SET_MODE_FILTER, -1, edge);
}

static void all_filters(void)
{
	trace_need(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
	by_both(filters);
}

/* ---- code for the kernel ---- */

static const char *const commands[] = {
	"BPF_MAP_CREATE",      "BPF_MAP_LOOKUP_ELEM",  "BPF_MAP_UPDATE_ELEM",
	"BPF_MAP_DELETE_ELEM", "BPF_MAP_GET_NEXT_KEY", "BPF_PROG_LOAD",
	"BPF_OBJ_PIN",	       "BPF_OBJ_GET",	       "BPF_PROG_ATTACH",
	"BPF_PROG_DETACH",     "BPF_PROG_RUN",	       "BPF_PROG_GET_NEXT_ID",
};

static long load(uint64_t command, const void *attr, uint64_t size)
{
	long res = either(SYS_bpf, BPF32, command, (uintptr_t)attr, size, 91);

	either_event("bpf");
	expect_int("fd", res);
	if ((uint32_t)command < sizeof(commands) / sizeof(commands[0]))
		expect_str("cmd", commands[(uint32_t)command]);
	else
		expect_u64("cmd", (uint32_t)command);
	expect_end();
	return res;
}

/* A map, where that is allowed; each command with more bytes than the kernel takes. */
static void programs(void)
{
	union bpf_attr *attr = (void *)(edge - 512);
	long fd;

	memset(attr, 0, 512);
	attr->map_type = BPF_MAP_TYPE_ARRAY;
	attr->key_size = attr->value_size = attr->max_entries = 4;
	fd = load(HIGH | BPF_MAP_CREATE, attr, 128);
	if (fd >= 0)
		call(SYS_close_range, fd, fd);
	for (int i = 0; i < 12; i++)
		load(i, attr, 1 << 20);
	load(0x80000000, attr, 1 << 20);
	load(UINT64_MAX, NULL, 0);
}

/* uargs: NULL if it cannot be read. */
static void insert(const void *image, uint64_t len, size_t seen, const char *at, const char *uargs)
{
	long res = either(SYS_init_module, INIT_MODULE32, (uintptr_t)image, len, (uintptr_t)at, 91);

	either_event("init_module");
	expect_int("res", res);
	expect_bytes("img", image, seen);
	expect_u64("length", given(len));
	if (uargs)
		expect_str("uargs", uargs);
	expect_end();
}

static void insert_file(uint64_t fd, const char *at, const char *uargs, uint64_t flags)
{
	static const struct bit_name bits[] = {
		{ 1, "MODULE_INIT_IGNORE_MODVERSIONS" },
		{ 2, "MODULE_INIT_IGNORE_VERMAGIC" },
		{ 4, "MODULE_INIT_COMPRESSED_FILE" },
		{ 0, NULL },
	};
	long res = either(SYS_finit_module, FINIT_MODULE32, fd, (uintptr_t)at, flags, 91);

	either_event("finit_module");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	if (uargs)
		expect_str("uargs", uargs);
	expect_bits("flags", bits, flags, NULL);
	expect_end();
}

static void remove_module(const char *at, const char *name, uint64_t flags)
{
	static const struct bit_name bits[] = { { 0x200, "O_TRUNC" },
						{ 0x800, "O_NONBLOCK" },
						{ 0, NULL } };
	long res = either(SYS_delete_module, DELETE_MODULE32, (uintptr_t)at, flags, 91, 92);

	either_event("delete_module");
	expect_int("res", res);
	if (name)
		expect_str("name", name);
	expect_bits("flags", bits, flags, NULL);
	expect_end();
}

/* No image is one; a length that no memory has fails at once. */
static void modules(void)
{
	static char cut[PATH_CUT];

	memset(big, 'm', BIG_BYTES);
	memset(edge - 7, 'i', 7);
	insert(edge - 7, 7, 7, strcpy(edge - 100, "x=1"), "x=1");
	memset(cut, 'm', sizeof(cut) - 1);
	insert(big, 4000, 4000, big, cut);
	insert(big, 0, 0, at_edge("a=1"), "a=1");
	insert(big, IMAGE_CUT, IMAGE_CUT, big, cut);
	insert(big, IMAGE_CUT + 1, IMAGE_CUT, big, cut);
	insert(edge - 7, 8, 0, edge, NULL);
	insert(NULL, 100, 0, NULL, NULL);
	if (!is_32bit)
		insert(big, UINT64_MAX, IMAGE_CUT, at_edge(""), "");
	for (int i = 0; i < 32; i++) {
		insert_file(-1, at_edge("b=2 c"), "b=2 c", 1ull << i);
		remove_module(at_edge("no such module"), "no such module", 1ull << i);
	}
	insert_file(HIGH | 0x7fffffff, big, cut, HIGH);
	insert_file(-1, edge, NULL, 7);
	remove_module(big, cut, -1);
	remove_module(edge, NULL, 0);
	remove_module(NULL, NULL, HIGH);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv,
		    "capset unshare setns seccomp bpf init_module finit_module delete_module");
	edge = either_edge();
	big = mmap(NULL, BIG_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		   -1, 0);
	trace_need(big != MAP_FAILED, "mmap");
	in_child(all_capabilities);
	in_child(all_namespaces);
	in_child(all_filters);
	by_both(programs);
	by_both(modules);
	return trace_end();
}
