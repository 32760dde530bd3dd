// SPDX-License-Identifier: MIT
#include "engines/udig/trace/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "engines/udig/trace/tracer.h"

/* What the tracer says of its beginning. */
struct report {
	int code;
	struct trace_err err;
};

/* ---- the tracer's process ---- */

/* Whoever waits for the end of a pipe or a terminal of ours must not wait for the tracer. */
static int let_go_of_files(int report)
{
	int null = open("/dev/null", O_RDWR);

	/* report becomes 3; whatever it was, it is none of the first three. */
	report = fcntl(report, F_DUPFD, 3);
	if (report < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return -errno;
	if (report != 3 && dup2(report, 3) < 0)
		return -errno;
	return syscall(SYS_close_range, 4, ~0U, 0) ? -errno : 0;
}

/* /proc must be that of our pid namespace: all facts are found by number. */
static int check_proc(struct trace_err *err)
{
	char self[16] = "";

	if (readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid())
		return 0;
	return trace_fail(err, -ENOENT,
			  "/proc is not mounted, or is that of another pid namespace");
}

static _Noreturn void be_tracer(pid_t command, const char *socket, int pipe)
{
	static struct trace_producer producer;
	struct report report = { 0 };

	setsid();
	trace_producer_init(&producer, socket);
	report.code = let_go_of_files(pipe);
	if (report.code)
		trace_fail(&report.err, report.code, "cannot start: %s", strerror(-report.code));
	if (!report.code)
		report.code = check_proc(&report.err);
	if (!report.code)
		report.code = trace_producer_open(&producer, &report.err);
	if (!report.code)
		report.code = trace_begin(&producer, command, &report.err);
	if (write(3, &report, sizeof(report)) != sizeof(report) || report.code)
		_exit(1);
	close(3);
	/* A folder is busy while it is somebody's, but a relative path begins there. */
	if (!trace_producer_is_relative(&producer))
		(void)!chdir("/");
	trace_run(&producer);
	trace_producer_close(&producer);
	exit(0);
}

/* ---- ours ---- */

/* A child of a child: it is then not the command's, which may wait for any that it has. */
static int start_orphan(const char *socket, int pipe)
{
	pid_t command = getpid(), child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child) {
		child = fork();
		if (!child)
			be_tracer(command, socket, pipe);
		_exit(child < 0 ? errno : 0);
	}
	/* Who ignores SIGCHLD gets no status; the report will say all. */
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return -WEXITSTATUS(status);
	return 0;
}

int trace_launch(const char *socket, struct trace_err *err)
{
	struct report report = { .code = -ECHILD };
	int pipe[2], ret;
	ssize_t n;

	trace_fail(&report.err, report.code, "the tracer did not start");
	if (pipe2(pipe, O_CLOEXEC))
		return trace_fail(err, -errno, "no pipe: %s", strerror(errno));
	/* Yama lets only ancestors trace, and whom one names. An error: there is no Yama. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	ret = start_orphan(socket, pipe[1]);
	close(pipe[1]);
	if (ret)
		trace_fail(&report.err, ret, "no process for the tracer: %s", strerror(-ret));
	do
		n = read(pipe[0], &report, sizeof(report));
	while (n < 0 && errno == EINTR);
	close(pipe[0]);
	prctl(PR_SET_PTRACER, 0);
	*err = report.err;
	return report.code;
}
