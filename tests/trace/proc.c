/* SPDX-License-Identifier: MIT */
#include "proc.h"
#include "expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel keeps resident pages in three counters whose parts lie with the CPUs: the sum that
 * one CPU can see is off by this much for each counter and CPU. KB.
 */
#define RSS_SLACK(cpus) (3 * 4 * ((cpus) > 16 ? 2 * (cpus) * (cpus) : 32 * (cpus)))

size_t proc_file(const char *path, char *out, size_t cap)
{
	long fd = call(SYS_open, path, O_RDONLY);
	size_t len = 0;
	long n;

	trace_need(fd >= 0, path);
	while (len < cap - 1 && (n = pread(fd, out + len, cap - 1 - len, len)) > 0)
		len += n;
	out[len] = '\0';
	call(SYS_close_range, fd, fd);
	return len;
}

uint64_t proc_field(const char *status, const char *key, int base)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, base) : 0;
}

/* A pid has a number in each namespace that can see it; the last one is its own. */
static pid_t innermost(const char *status, const char *key)
{
	const char *at = strstr(status, key);
	char line[128] = "";

	trace_need(at && sscanf(at + 1, "%127[^\n]", line) == 1, key);
	at = strrchr(line, '\t');
	return at ? atoi(at) : 0;
}

/* The second of the four numbers: the effective one. */
static unsigned int effective_id(const char *status, const char *key)
{
	unsigned int id = -1;
	const char *at = strstr(status, key);

	trace_need(at && sscanf(at + strlen(key), "%*u %u", &id) == 1, key);
	return id;
}

static void read_stat(struct proc *p, const char *dir)
{
	char path[128], text[1024], *at;

	snprintf(path, sizeof(path), "%s/stat", dir);
	proc_file(path, text, sizeof(text));
	at = strrchr(text, ')');
	/* Fields 3 to 47 of proc(5); the name before them may hold anything. */
	trace_need(at && sscanf(at + 2,
				"%*c %*d %d %*d %u %*d %*u %lu %*u %lu %*u %*u %*u %*d %*d %*d "
				"%*d %*d %*d %lu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u "
				"%*u %*u %*u %*d %*d %*u %*u %*u %*u %*d %*u %*u %lu",
				&p->pgid, &p->tty, &p->min_flt, &p->maj_flt, &p->start_ticks,
				&p->brk_start) == 6,
		   path);
}

static void read_status(struct proc *p, const char *dir)
{
	char path[128], text[8192];

	snprintf(path, sizeof(path), "%s/status", dir);
	proc_file(path, text, sizeof(text));
	p->pid = proc_field(text, "\nTgid:", 10);
	p->tid = proc_field(text, "\nPid:", 10);
	p->ppid = proc_field(text, "\nPPid:", 10);
	p->vpid = innermost(text, "\nNStgid:");
	p->vtid = innermost(text, "\nNSpid:");
	p->vpgid = innermost(text, "\nNSpgid:");
	if (!p->vpgid) /* its leader is outside, where /proc shows the same number */
		p->vpgid = p->pgid;
	p->euid = effective_id(text, "\nUid:");
	p->egid = effective_id(text, "\nGid:");
	p->vm_size = proc_field(text, "\nVmSize:", 10);
	p->vm_rss = proc_field(text, "\nVmRSS:", 10);
	p->vm_peak_rss = proc_field(text, "\nVmHWM:", 10);
	p->vm_swap = proc_field(text, "\nVmSwap:", 10);
	p->cap_inh = proc_field(text, "\nCapInh:", 16);
	p->cap_prm = proc_field(text, "\nCapPrm:", 16);
	p->cap_eff = proc_field(text, "\nCapEff:", 16);
}

/* Max open files, the soft limit; -1 is none. */
static uint64_t read_fd_limit(const char *dir)
{
	char path[128], text[4096];
	const char *at;

	snprintf(path, sizeof(path), "%s/limits", dir);
	proc_file(path, text, sizeof(text));
	at = strstr(text, "Max open files");
	trace_need(at != NULL, path);
	at += strlen("Max open files");
	at += strspn(at, " ");
	return strncmp(at, "unlimited", 9) ? strtoull(at, NULL, 10) : UINT64_MAX;
}

static void read_dir(struct proc *p, const char *dir)
{
	char path[128], text[64];

	memset(p, 0, sizeof(*p));
	read_stat(p, dir);
	read_status(p, dir);
	p->fd_limit = read_fd_limit(dir);
	snprintf(path, sizeof(path), "%s/comm", dir);
	p->comm[proc_file(path, p->comm, sizeof(p->comm)) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/cmdline", dir);
	p->args_len = proc_file(path, p->args, sizeof(p->args));
	snprintf(path, sizeof(path), "%s/loginuid", dir);
	p->loginuid = -1;
	if (!access(path, R_OK)) { /* else the kernel has no such thing */
		proc_file(path, text, sizeof(text));
		p->loginuid = strtoul(text, NULL, 10);
	}
}

void proc_read_self(struct proc *p)
{
	read_dir(p, "/proc/thread-self");
}

void proc_read(struct proc *p, pid_t pid, pid_t tid)
{
	char dir[64];

	snprintf(dir, sizeof(dir), "/proc/%d/task/%d", pid, tid);
	read_dir(p, dir);
}

/* The kernel gives its own namespaces these numbers. */
static int is_init_namespace(const char *name, const char *number)
{
	char path[64], link[64] = "";

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	return readlink(path, link, sizeof(link) - 1) > 0 && strstr(link, number);
}

void proc_need_init_namespaces(void)
{
	if (!is_init_namespace("pid", "[4026531836]") || !is_init_namespace("user", "[4026531837]"))
		trace_skip("in a pid or user namespace: /proc has not the kernel's numbers");
	if (!is_init_namespace("cgroup", "[4026531835]"))
		trace_skip("in a cgroup namespace: /proc has not the kernel's paths");
}

void expect_image(const char *args, size_t len)
{
	static char cut[PATH_CUT];
	size_t exe = strnlen(args, len);

	trace_need(len > 0, "no arguments at all");
	if (len > PATH_CUT)
		len = PATH_CUT;
	memcpy(cut, args, len);
	cut[len - 1] = '\0';
	expect_str("exe", cut);
	if (exe < len)
		expect_strings("args", cut + exe + 1, len - exe - 1);
}

/* sysconf() would read the same file by calls that may be traced. */
static long possible_cpus(void)
{
	char text[64], *last;

	proc_file("/sys/devices/system/cpu/possible", text, sizeof(text)); /* 0-3 */
	last = strrchr(text, '-');
	return last ? strtol(last + 1, NULL, 10) + 1 : 1;
}

void proc_take_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	trace_need(master >= 0 && !grantpt(master) && !unlockpt(master), "a terminal");
	setsid();
	trace_need(open(ptsname(master), O_RDWR) >= 0, "a terminal");
}

/* Memory is counted in pages. */
static void expect_pages(const char *name, uint64_t from, uint64_t to, const char *why)
{
	expect_json(name, "{\"range\":[%llu,%llu],\"multiple\":4,\"why\":\"%s\"}",
		    (unsigned long long)from, (unsigned long long)to, why);
}

void expect_vm(const struct proc *before, const struct proc *after)
{
	long slack = RSS_SLACK(possible_cpus());
	uint64_t rss = before->vm_rss < after->vm_rss ? before->vm_rss : after->vm_rss;

	if (before->vm_size && before->vm_size != after->vm_size)
		expect_pages("vm_size", before->vm_size, after->vm_size, "it grew");
	else
		expect_u64("vm_size", after->vm_size);
	expect_pages("vm_rss", (long)rss > slack ? rss - slack : 0, after->vm_peak_rss + slack,
		     "the counters lie with the CPUs");
	expect_pages("vm_swap", 0,
		     after->vm_swap > before->vm_swap ? after->vm_swap : before->vm_swap,
		     "pages may be swapped meanwhile");
}

void expect_process(const struct proc *before, const struct proc *after)
{
	static struct proc none;
	const char *faults = "faults go on between event and reading";

	none.vm_rss = after->vm_rss;
	if (!before)
		before = &none;
	expect_int("arg_tid", after->tid);
	expect_int("arg_pid", after->pid);
	expect_int("ptid", after->ppid);
	expect_u64("fdlimit", after->fd_limit);
	expect_range("pgft_maj", before->maj_flt, after->maj_flt, faults);
	expect_range("pgft_min", before->min_flt, after->min_flt, faults);
	expect_vm(before, after);
	expect_str("comm", after->comm);
}
