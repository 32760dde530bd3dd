/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PAGE	      4096
#define LINE_BYTES    65536
#define OVERLAY_MAGIC 0x794c7630

long raw_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* ---- a line ---- */

static char line[LINE_BYTES];
static size_t used;

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	used += vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
	if (used >= sizeof(line))
		_exit(1);
}

/* ---- the frame ---- */

/* No process has this number, and no program has another reason to ask for it. */
static void mark(void)
{
	call(SYS_kill, INT_MIN, 0);
}

static void say(const char *text, size_t len)
{
	struct iovec io = { (void *)text, len };

	/* A file or a pipe with a reader takes a line whole. */
	if (pwritev2(STDOUT_FILENO, &io, 1, -1, 0) != (ssize_t)len)
		_exit(1);
}

static char dir[64];

void trace_begin(int argc, char **argv, const char *calls)
{
	if (argc == 2 && !strcmp(argv[1], "--calls")) {
		puts(calls);
		exit(0);
	}
	trace_dir(); /* by calls that a program may trace */
	used = 0;
	add("{\"program\":%d", getpid());
	expect_end();
	mark();
}

int trace_end(void)
{
	mark();
	if (rmdir(dir))
		trace_need(0, "the folder is not empty");
	return 0;
}

void trace_skip(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(77);
}

void trace_need(int is_ok, const char *what)
{
	if (is_ok)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

const char *trace_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!dir[0]) {
		snprintf(dir, sizeof(dir), "%s/trace.XXXXXX", tmp ? tmp : "/tmp");
		trace_need(mkdtemp(dir) && !chmod(dir, 0755), dir);
	}
	return dir;
}

const char *trace_path(const char *name)
{
	static char path[4][256];
	static unsigned int turn;
	char *p = path[turn++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", trace_dir(), name);
	return p;
}

void trace_need_plain_files(void)
{
	struct statfs folder, own;

	trace_need(!statfs(trace_dir(), &folder), trace_dir());
	trace_need(!statfs("/proc/self/exe", &own), "/proc/self/exe");
	if (folder.f_type == OVERLAY_MAGIC || own.f_type == OVERLAY_MAGIC) {
		rmdir(dir);
		trace_skip("no folder for files that is not on an overlay");
	}
}

static char *pages(int touch)
{
	char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	trace_need(at != MAP_FAILED, "mmap");
	trace_need(!mprotect(at + PAGE, PAGE, PROT_NONE), "mprotect");
	if (touch)
		memset(at, 'e', PAGE);
	return at;
}

char *trace_edge(void)
{
	return pages(1) + PAGE;
}

char *trace_untouched(void)
{
	return pages(0);
}

/* ---- one event ---- */

/* Every byte that is not ASCII stands for itself, as those of no UTF-8 sequence do. */
static void add_quoted(const char *s, size_t len)
{
	add("\"");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			add("\\u%04x", c);
		else
			add("%c", c);
	}
	add("\"");
}

void expect_event_of(const char *type, pid_t pid, pid_t tid)
{
	used = 0;
	add("{\"type\":\"%s\",\"pid\":%d,\"tid\":%d", type, pid, tid);
}

void expect_event(const char *type)
{
	expect_event_of(type, getpid(), gettid());
}

void expect_int(const char *name, int64_t value)
{
	add(",\"%s\":%lld", name, (long long)value);
}

void expect_u64(const char *name, uint64_t value)
{
	add(",\"%s\":%llu", name, (unsigned long long)value);
}

void expect_range(const char *name, uint64_t from, uint64_t to, const char *why)
{
	add(",\"%s\":{\"range\":[%llu,%llu],\"why\":\"%s\"}", name, (unsigned long long)from,
	    (unsigned long long)to, why);
}

void expect_str(const char *name, const char *s)
{
	add(",\"%s\":", name);
	add_quoted(s, strlen(s));
}

void expect_bytes(const char *name, const void *data, size_t len)
{
	if (!len)
		return;
	add(",\"%s\":", name);
	add_quoted(data, len);
}

void expect_strings(const char *name, const char *data, size_t len)
{
	if (!len)
		return;
	add(",\"%s\":[", name);
	for (size_t at = 0; at < len;) {
		size_t n = strnlen(data + at, len - at);

		add("%s", at ? "," : "");
		add_quoted(data + at, n);
		at += n + 1;
	}
	add("]");
}

void expect_json(const char *name, const char *format, ...)
{
	va_list ap;

	add(",\"%s\":", name);
	va_start(ap, format);
	used += vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
}

void expect_bits(const char *name, const struct bit_name *table, uint32_t native, const char *more)
{
	const char *sep = "";

	add(",\"%s\":{\"bits\":\"", name);
	for (; table->name; table++) {
		if (!(native & table->bit))
			continue;
		add("%s%s", sep, table->name);
		sep = "|";
	}
	if (more)
		add("%s%s", sep, more);
	add("\"}");
}

void expect_end(void)
{
	add("}\n");
	say(line, used);
}

void expect_untracked(unsigned int count)
{
	used = 0;
	add("{\"untracked\":%u", count);
	expect_end();
}

uint32_t dev_number(dev_t dev)
{
	uint32_t minor_nr = minor(dev);

	return (minor_nr & 0xff) | major(dev) << 8 | (minor_nr & ~0xffu) << 12;
}
