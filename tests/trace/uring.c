/* SPDX-License-Identifier: MIT */
/* uring.c - io_uring set up, entered, registered with; and ioctl. */
#include "either.h"
#include "expect.h"

#include <linux/io_uring.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH (5ull << 32)

enum { IOCTL32 = 54 }; /* the others have one number for all */

static const struct bit_name setup_flags[] = {
	{ 0x1, "IORING_SETUP_IOPOLL|IORING_SQ_NEED_WAKEUP" },
	{ 0x2, "IORING_SETUP_SQPOLL" },
	{ 0x4, "IORING_SETUP_SQ_AFF" },
	{ 0x8, "IORING_SETUP_CQSIZE" },
	{ 0x10, "IORING_SETUP_CLAMP" },
	{ 0x20, "IORING_SETUP_ATTACH_RW" },
	{ 0x40, "IORING_SETUP_R_DISABLED" },
	{ 0, NULL },
};

static const struct bit_name features[] = {
	{ 0x1, "IORING_FEAT_SINGLE_MMAP" },
	{ 0x2, "IORING_FEAT_NODROP" },
	{ 0x4, "IORING_FEAT_SUBMIT_STABLE" },
	{ 0x8, "IORING_FEAT_RW_CUR_POS" },
	{ 0x10, "IORING_FEAT_CUR_PERSONALITY" },
	{ 0x20, "IORING_FEAT_FAST_POLL" },
	{ 0x40, "IORING_FEAT_POLL_32BITS" },
	{ 0x80, "IORING_FEAT_SQPOLL_NONFIXED" },
	{ 0x200, "IORING_FEAT_NATIVE_WORKERS" },
	{ 0x400, "IORING_FEAT_RSRC_TAGS" },
	{ 0, NULL },
};

static const struct bit_name enter_flags[] = {
	{ 0x1, "IORING_ENTER_GETEVENTS" },
	{ 0x2, "IORING_ENTER_SQ_WAKEUP" },
	{ 0x4, "IORING_ENTER_SQ_WAIT" },
	{ 0x8, "IORING_ENTER_EXT_ARG" },
	{ 0, NULL },
};

static const char *const opcodes[] = {
	"IORING_REGISTER_BUFFERS",	  "IORING_UNREGISTER_BUFFERS",
	"IORING_REGISTER_FILES",	  "IORING_UNREGISTER_FILES",
	"IORING_REGISTER_EVENTFD",	  "IORING_UNREGISTER_EVENTFD",
	"IORING_REGISTER_FILES_UPDATE",	  "IORING_REGISTER_EVENTFD_ASYNC",
	"IORING_REGISTER_PROBE",	  "IORING_REGISTER_PERSONALITY",
	"IORING_UNREGISTER_PERSONALITY",  "IORING_REGISTER_RESTRICTIONS",
	"IORING_REGISTER_ENABLE_RINGS",	  "IORING_REGISTER_FILES2",
	"IORING_REGISTER_FILES_UPDATE2",  "IORING_REGISTER_BUFFERS2",
	"IORING_REGISTER_BUFFERS_UPDATE", "IORING_REGISTER_IOWQ_AFF",
	"IORING_UNREGISTER_IOWQ_AFF",	  "IORING_REGISTER_IOWQ_MAX_WORKERS",
	"IORING_REGISTER_RING_FDS",	  "IORING_UNREGISTER_RING_FDS",
};

static char *edge;

/* at: where the kernel reads the parameters and writes them;
 * zeros if it cannot be read. */
static long set_up(uint64_t entries, void *at, int is_readable)
{
	static const struct io_uring_params none;
	long res = either(SYS_io_uring_setup, SYS_io_uring_setup, entries, (uintptr_t)at, 91, 92);
	const struct io_uring_params *p = is_readable ? at : &none;

	either_event("io_uring_setup");
	expect_int("res", res);
	expect_u64("entries", (uint32_t)entries);
	expect_u64("sq_entries", p->sq_entries);
	expect_u64("cq_entries", p->cq_entries);
	expect_bits("flags", setup_flags, p->flags, NULL);
	expect_u64("sq_thread_cpu", p->sq_thread_cpu);
	expect_u64("sq_thread_idle", p->sq_thread_idle);
	expect_bits("features", features, p->features, NULL);
	expect_end();
	return res;
}

static void enter(uint64_t fd, uint64_t submit, uint64_t complete, uint64_t flags, uint64_t sig)
{
	const uint32_t args[6] = { fd, submit, complete, flags, sig, 8 };
	long res;

	if (is_32bit)
		res = call32_of_six(SYS_io_uring_enter, args);
	else
		res = call(SYS_io_uring_enter, fd, submit, complete, flags, sig, 8);
	either_event("io_uring_enter");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_u64("to_submit", (uint32_t)submit);
	expect_u64("min_complete", (uint32_t)complete);
	expect_bits("flags", enter_flags, flags, NULL);
	expect_u64("sig", (uint32_t)sig);
	expect_end();
}

static void enroll(uint64_t fd, uint64_t opcode, uint64_t arg, uint64_t count)
{
	long res = either(SYS_io_uring_register, SYS_io_uring_register, fd, opcode, arg, count);
	uint16_t code = opcode;

	either_event("io_uring_register");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	if (code < sizeof(opcodes) / sizeof(opcodes[0]))
		expect_str("opcode", opcodes[code]);
	else
		expect_u64("opcode", code);
	expect_u64("arg", given(arg));
	expect_u64("nr_args", (uint32_t)count);
	expect_end();
}

static struct io_uring_params *params(uint32_t flags, uint32_t feature_bits)
{
	struct io_uring_params *p = (void *)(edge - sizeof(*p));

	memset(p, 0, sizeof(*p));
	p->sq_entries = 5;
	p->cq_entries = 0x80000006;
	p->flags = flags;
	p->sq_thread_cpu = 7;
	p->sq_thread_idle = 8;
	p->features = feature_bits;
	return p;
}

/* One that works, where that is allowed; then all that is refused. */
static void rings(void)
{
	long fd = set_up(4, memset(params(0, 0), 0, sizeof(struct io_uring_params)), 1);

	enter(fd, 0, 0, 0, 0);
	enter(fd, HIGH | 1, HIGH | 1, 0, HIGH | 0x80000001);
	enroll(fd, IORING_UNREGISTER_BUFFERS, 0, 0);
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < 32; i++)
		set_up(0, params(1u << i, 1u << i), 1);
	set_up(HIGH, params(0, 0), 1);
	set_up(UINT64_MAX, params(0, 0), 1);
	set_up(4, NULL, 0);
	set_up(4, edge - sizeof(struct io_uring_params) + 1, 0);
	for (int i = 0; i < 32; i++)
		enter(-1, 10, 20, 1u << i, 0);
	enter(HIGH | 0x7fffffff, 0x80000000, 0x80000001, HIGH, (uintptr_t)edge);
	for (int i = 0; i < 24; i++)
		enroll(-1, i, HIGH | 0x80000007, HIGH | 0x80000008);
	enroll(HIGH | 0x7fffffff, 0x10000, 1, 2);
	enroll(-1, 0xffff, (uintptr_t)edge, 3);
}

static long control(uint64_t fd, uint64_t request, uint64_t argument)
{
	long res = either(SYS_ioctl, IOCTL32, fd, request, argument, 91);

	either_event("ioctl");
	expect_int("res", res);
	expect_int("fd", (int)fd);
	expect_u64("request", given(request));
	expect_u64("argument", given(argument));
	expect_end();
	return res;
}

static int ends[2];

static void controls(void)
{
	int *count = (int *)(edge - 4);

	trace_need(!control(HIGH | ends[0], FIONREAD, (uintptr_t)count) && *count == 3, "FIONREAD");
	control(ends[0], FIONREAD, (uintptr_t)edge);
	control(ends[0], FIONREAD, 0);
	control(-1, HIGH | 0x80001234, HIGH | 0x80004321);
	control(0x7fffffff, 0, -1);
}

int main(int argc, char **argv)
{
	trace_begin(argc, argv, "io_uring_setup io_uring_enter io_uring_register ioctl");
	edge = either_edge();
	trace_need(!pipe(ends) && call(SYS_write, ends[1], "abc", 3) == 3, "pipe");
	by_both(rings);
	by_both(controls);
	return trace_end();
}
