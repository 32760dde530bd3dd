// SPDX-License-Identifier: MIT
/*
 * cycles MODULE N - load the module, use it and unload it again, N times under load.
 *
 * Meanwhile a process on each CPU makes system calls and a third one begins and ends
 * processes. Each consumer records everything and is closed or, every other time, killed.
 * Exit status 0: each load, use and unload succeeded, and none was unloaded while in use.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/kmod/device.h"

#define LOADS_MAX 64

static pid_t load[LOADS_MAX + 1];

static pid_t processes_start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	for (;;) {
		pid = fork();
		if (!pid) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void load_start(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), i;

	for (i = 0; i < cpus && i < LOADS_MAX; i++)
		load[i] = caller_start(0, (int)i);
	load[i] = processes_start();
}

static void load_stop(void)
{
	for (int i = 0; load[i]; i++)
		caller_kill(load[i]);
}

static void want_everything(const struct device *d)
{
	struct fcd_kmod_interest i = { .tracepoints = FCD_KMOD_PROCEXIT };

	memset(i.syscalls, 0xff, sizeof(i.syscalls));
	if (ioctl(d->fd, FCD_KMOD_INTEREST, &i))
		err(1, "interest");
}

/* Consume until something was produced, then say so; and end, or wait to be killed. */
static void consumer(int ready, bool ends)
{
	struct device d;

	device_acquire(&d);
	want_everything(&d);
	while (!device_sums(&d).produced)
		sched_yield();
	(void)!write(ready, "", 1);
	if (ends)
		device_close(&d);
	else
		pause();
	_exit(0);
}

static void use_once(bool ends)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	if (pipe(ready) || (pid = fork()) < 0)
		err(1, "fork");
	if (!pid)
		consumer(ready[1], ends);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		errx(1, "the consumer failed");
	close(ready[0]);
	if (!ends) {
		if (!syscall(SYS_delete_module, FCD_KMOD_NAME, O_NONBLOCK) || errno != EWOULDBLOCK)
			err(1, "unloading the module while it is in use");
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || (ends && status))
		errx(1, "the consumer ended with %#x", status);
}

int main(int argc, char **argv)
{
	int module, n;

	if (argc != 3)
		errx(2, "usage: cycles MODULE N");
	module = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (module < 0)
		err(1, "%s", argv[1]);
	load_start();
	for (n = atoi(argv[2]); n; n--) {
		if (syscall(SYS_finit_module, module, "", 0))
			err(1, "loading, %d cycles before the end", n);
		use_once(n % 2);
		if (syscall(SYS_delete_module, FCD_KMOD_NAME, O_NONBLOCK))
			err(1, "unloading, %d cycles before the end", n);
	}
	load_stop();
	return 0;
}
