// SPDX-License-Identifier: MIT
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi/ring_io.h"
#include "tests/kmod/device.h"

int device_open(void)
{
	int fd = open(KMOD_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", KMOD_DEVICE);
	return fd;
}

struct fcd_kmod_acquire device_request(void)
{
	return (struct fcd_kmod_acquire){
		.revision = FCD_KMOD_REVISION,
		.ring_bytes = FCD_KMOD_RING_LEAST,
		.snaplen = 80,
	};
}

void device_map(struct device *d)
{
	struct fcd_kmod_status s = device_status(d);
	void *page;
	char *at;

	for (; d->blocks < s.blocks; d->blocks++) {
		at = mmap(NULL, d->shape.map_bytes, PROT_READ, MAP_SHARED, d->fd,
			  (off_t)FCD_KMOD_BLOCK(d->blocks));
		if (at == MAP_FAILED)
			err(1, "mmap of block %u", d->blocks);
		page = mmap(at + FCD_PAGE, FCD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			    d->fd, (off_t)FCD_KMOD_CONSUMER(d->blocks));
		if (page == MAP_FAILED)
			err(1, "mmap of the consumer page of block %u", d->blocks);
		d->block[d->blocks] = (void *)at;
	}
}

void device_acquire(struct device *d)
{
	*d = (struct device){ .fd = device_open(), .shape = device_request() };
	if (ioctl(d->fd, FCD_KMOD_ACQUIRE, &d->shape))
		err(1, "acquire");
	device_map(d);
}

void device_close(struct device *d)
{
	uint32_t i;

	for (i = 0; i < d->blocks; i++)
		munmap(d->block[i], d->shape.map_bytes);
	close(d->fd);
}

struct fcd_kmod_status device_status(const struct device *d)
{
	struct fcd_kmod_status s;

	if (ioctl(d->fd, FCD_KMOD_STATUS, &s))
		err(1, "status");
	return s;
}

void device_want(const struct device *d, int nr)
{
	struct fcd_kmod_interest i = { 0 };

	if (nr >= 0)
		i.syscalls[nr / 64] = 1ull << (nr % 64);
	if (ioctl(d->fd, FCD_KMOD_INTEREST, &i))
		err(1, "interest");
}

struct device_sums device_sums(const struct device *d)
{
	struct device_sums sums = { 0 };
	uint32_t i, ring;

	for (i = 0; i < d->blocks; i++) {
		const struct fcd_block *b = d->block[i];

		sums.produced += FCD_LOAD(&b->produced);
		sums.dropped += FCD_LOAD(&b->drop_nested);
		sums.wakes += FCD_LOAD(&b->wakes);
		for (ring = 0; ring < FCD_KMOD_RINGS; ring++) {
			sums.published += FCD_LOAD(&b->prod[ring].published);
			sums.dropped += FCD_LOAD(&b->prod[ring].drop_full) +
					FCD_LOAD(&b->prod[ring].drop_too_big);
		}
	}
	return sums;
}

static void caller(unsigned long n, int cpu)
{
	bool is_endless = !n;
	cpu_set_t set;

	if (cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			err(1, "CPU %d", cpu);
	}
	while (is_endless || n--)
		syscall(SYS_getppid);
}

pid_t caller_start(unsigned long n, int cpu)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		caller(n, cpu);
		_exit(0);
	}
	return pid;
}

void caller_wait(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the caller ended with %#x", status);
}

void caller_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
