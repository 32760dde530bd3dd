/* SPDX-License-Identifier: MIT */
/* memory.c - memory mapped, protected, taken away; what the process has then. */
#include "either.h"
#include "expect.h"
#include "proc.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH (5ull << 32)
#define PAGE 4096
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

enum { BRK32 = 45, OLD_MMAP32 = 90, MUNMAP32 = 91, MPROTECT32 = 125, MMAP2_32 = 192 };

static const struct bit_name prots[] = {
	{ 1, "PROT_READ" },
	{ 2, "PROT_WRITE" },
	{ 4, "PROT_EXEC" },
	{ 8, "PROT_SEM" },
	{ 0x10, "PROT_SAO" },
	{ 0x1000000, "PROT_GROWSDOWN" },
	{ 0x2000000, "PROT_GROWSUP" },
	{ 0, NULL },
};

static const struct bit_name maps[] = {
	{ 0x1, "MAP_SHARED" },	      { 0x2, "MAP_PRIVATE" },
	{ 0x10, "MAP_FIXED" },	      { 0x20, "MAP_ANONYMOUS" },
	{ 0x40, "MAP_32BIT" },	      { 0x80, "MAP_INHERIT" },
	{ 0x100, "MAP_GROWSDOWN" },   { 0x800, "MAP_DENYWRITE" },
	{ 0x1000, "MAP_EXECUTABLE" }, { 0x2000, "MAP_LOCKED" },
	{ 0x4000, "MAP_NORESERVE" },  { 0x8000, "MAP_POPULATE" },
	{ 0x10000, "MAP_NONBLOCK" },  { 0, NULL },
};

static struct proc before, after;

/* Its size is what it is after the call, and not on the way there. */
static void expect_memory(void)
{
	proc_read_self(&after);
	before.vm_size = after.vm_size;
	expect_vm(&before, &after);
}

static void expect_prot(uint64_t prot)
{
	if ((uint32_t)prot & 0x300001f)
		expect_bits("prot", prots, prot, NULL);
	else
		expect_str("prot", "PROT_NONE");
}

struct mapping {
	uint64_t at, len, prot, flags;
	int64_t fd;
	uint64_t offset;
};

static uint64_t expect_mmap(long res, const struct mapping *m)
{
	either_event("mmap");
	expect_int("res", res);
	expect_memory();
	expect_u64("addr", given(m->at));
	expect_u64("length", given(m->len));
	expect_prot(m->prot);
	expect_bits("flags", maps, m->flags, NULL);
	expect_int("fd", (int)m->fd);
	expect_u64("offset", given(m->offset));
	expect_end();
	return res;
}

/* To 32-bit callers it is mmap2, and the offset counts pages. */
static uint64_t map(uint64_t at, uint64_t len, uint64_t prot, uint64_t flags, int64_t fd,
		    uint64_t offset)
{
	const struct mapping m = { at, len, prot, flags, fd, offset };
	const uint32_t args[6] = { at, len, prot, flags, fd, offset };

	proc_read_self(&before);
	if (is_32bit)
		return expect_mmap(call32_of_six(MMAP2_32, args), &m);
	return expect_mmap(call(SYS_mmap, at, len, prot, flags, fd, offset), &m);
}

static void unmap(uint64_t at, uint64_t len)
{
	long res;

	proc_read_self(&before);
	res = either(SYS_munmap, MUNMAP32, at, len, 91, 92);
	either_event("munmap");
	expect_int("res", res);
	expect_memory();
	expect_u64("addr", given(at));
	expect_u64("length", given(len));
	expect_end();
}

static void protect(uint64_t at, uint64_t len, uint64_t prot)
{
	long res = either(SYS_mprotect, MPROTECT32, at, len, prot, 91);

	either_event("mprotect");
	expect_int("res", res);
	expect_u64("addr", given(at));
	expect_u64("length", given(len));
	expect_prot(prot);
	expect_end();
}

static uint64_t move_break(uint64_t to)
{
	const uint32_t args[6] = { to, 91, 92, 93, 94, 95 };
	long res;

	proc_read_self(&before);
	res = is_32bit ? call32_of_six(BRK32, args) : call(SYS_brk, to);
	either_event("brk");
	expect_u64("res", res);
	expect_memory();
	expect_u64("addr", given(to));
	expect_end();
	return res;
}

static int file;

static void mappings(void)
{
	uint64_t at = map(0, 5 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);

	trace_need(at < -4095ull, "mmap");
	memset((void *)at, 1, PAGE);
	protect(at, PAGE, PROT_READ);
	protect(at + PAGE, PAGE, PROT_NONE);
	protect(at + 1, PAGE, PROT_READ);
	unmap(at + 2 * PAGE, PAGE);
	map(at + 2 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0);
	map(at, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, file, is_32bit ? 1 : PAGE);
	unmap(at, 5 * PAGE);
	unmap(at, 5 * PAGE); /* nothing is there */
	unmap(at + 1, PAGE);
	unmap(at, 0);
	map(0, PAGE, PROT_EXEC | PROT_READ, MAP_SHARED, HIGH | 0x80000001, 1023);
	map(HIGH, 0, PROT_READ, ANON, -1, HIGH);
	at = move_break(0);
	move_break(at + PAGE);
	move_break(at);
	move_break(1);
}

/* Refused for their length: each bit alone. */
static void bits(void)
{
	for (int i = 0; i < 33; i++) {
		protect(1, HIGH | 8, 1ull << i);
		map(PAGE, 0, 1ull << i, 1ull << i, -1, 0);
	}
}

/* Six words in memory, the offset in bytes. */
static void old_mmap(uint32_t *args, const struct mapping *m, int is_readable)
{
	static const struct mapping unreadable;

	if (is_readable) {
		const uint32_t words[6] = { m->at, m->len, m->prot, m->flags, m->fd, m->offset };

		memcpy(args, words, sizeof(words));
	}
	proc_read_self(&before);
	expect_mmap(call32_of_six(OLD_MMAP32, (uint32_t[6]){ P32(args) }),
		    is_readable ? m : &unreadable);
}

static void old_mmaps(uint32_t *args)
{
	old_mmap(args, &(struct mapping){ 0, PAGE, PROT_READ, ANON, -1, 0 }, 1);
	old_mmap(args, &(struct mapping){ 0, PAGE, PROT_READ, MAP_SHARED, file, PAGE }, 1);
	old_mmap(args, &(struct mapping){ 1, 2, 4, MAP_SHARED, 4711, 1023 }, 1);
	old_mmap(args + 6, NULL, 0);
	old_mmap(NULL, NULL, 0);
}

/* So that numbers differ which could be taken for each other: much is mapped, little is there. */
static void set_apart(void)
{
	trace_need(mmap(NULL, 1ull << 32, PROT_NONE, ANON | MAP_NORESERVE, -1, 0) != MAP_FAILED,
		   "mmap");
	proc_take_terminal();
}

int main(int argc, char **argv)
{
	uint32_t *args = (uint32_t *)(either_edge() - 24);

	file = memfd_create("file", 0);
	trace_need(file >= 0 && !ftruncate(file, 2 * PAGE), "memfd_create");
	set_apart();
	proc_read_self(&before);
	proc_read_self(&after);
	trace_begin(argc, argv, "mmap munmap mprotect brk");
	by_both(mappings);
	by_both(bits);
	is_32bit = 1;
	old_mmaps(args);
	return trace_end();
}
