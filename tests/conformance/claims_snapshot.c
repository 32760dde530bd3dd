// SPDX-License-Identifier: MIT
/* claims_snapshot.c - what an engine says of what there is now. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "abi/snapshot.h"
#include "tests/conformance/host.h"
#include "tests/conformance/suite.h"

#define READ_BYTES 65536

static struct host host;
static char buf[READ_BYTES];

static int open_snapshot(uint32_t kind)
{
	int fd;

	host.err = (struct fcd_err){ 0 };
	fd = host.ops.snapshot(host.e, kind, &host.err);
	if (fd == -ENOTSUP || (fd < 0 && host.err.text[0]))
		skip(host.err.text[0] ? host.err.text : "it cannot here");
	require(fd >= 0, "snapshot returned %d without a text", fd);
	return fd;
}

/* Every record, sizes checked: how many are what `is_wanted` looks for. */
static unsigned int count(int fd, size_t least, bool (*is_wanted)(const void *record))
{
	unsigned int found = 0;
	ssize_t n, at;
	uint32_t size;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EAGAIN))
		for (at = 0; at < n; at += size) {
			require((size_t)(n - at) >= least, "half a record was read");
			memcpy(&size, buf + at, sizeof(size));
			require(size >= least && size % 8 == 0 && size <= (size_t)(n - at),
				"a record says that it has %u bytes", size);
			found += is_wanted(buf + at);
		}
	require(!n, "the descriptor cannot be read: %s", strerror(errno));
	return found;
}

static bool is_this_thread(const void *record)
{
	const struct fcd_snapshot_task *t = record;

	return t->tid == (uint32_t)gettid() && t->pid == (uint32_t)getpid() &&
	       t->ppid == (uint32_t)getppid() && t->uid == geteuid() && t->gid == getegid();
}

static struct stat null_stat;
static int null_fd;

static bool is_the_file(const void *record)
{
	const struct fcd_snapshot_file *f = record;

	return f->pid == (uint32_t)getpid() && f->fd == null_fd && f->ino == null_stat.st_ino &&
	       (f->mode & S_IFMT) == S_IFCHR && (f->flags & O_ACCMODE) == O_WRONLY &&
	       f->name_bytes == 9 && f->name_bytes <= f->size - sizeof(*f) &&
	       !memcmp(f + 1, "/dev/null", 9);
}

static void open_host(void)
{
	host_load(&host);
	if (!host.ops.snapshot)
		skip("it has no snapshots");
	host_open(&host);
}

static void threads_are_in_it_once(void)
{
	int fd, again;

	open_host();
	fd = open_snapshot(FCD_SNAPSHOT_TASKS);
	require(fcntl(fd, F_GETFD) & FD_CLOEXEC, "the descriptor would be inherited");
	require(count(fd, sizeof(struct fcd_snapshot_task), is_this_thread) == 1,
		"this thread is not in it once, as it is");
	again = open_snapshot(FCD_SNAPSHOT_TASKS);
	require(count(again, sizeof(struct fcd_snapshot_task), is_this_thread) == 1,
		"the second time this thread is not in it");
	close(again);
	close(fd);
	host_close(&host);
}

static void files_are_in_it_once(void)
{
	int fd;

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	require(null_fd >= 0 && !fstat(null_fd, &null_stat), "no /dev/null");
	open_host();
	fd = open_snapshot(FCD_SNAPSHOT_FILES);
	require(count(fd, sizeof(struct fcd_snapshot_file), is_the_file) == 1,
		"an open file is not in it once, as it is");
	close(fd);
	host_close(&host);
	close(null_fd);
}

static void it_outlives_the_instance(void)
{
	int fd;

	open_host();
	fd = open_snapshot(FCD_SNAPSHOT_TASKS);
	host_close(&host);
	require(count(fd, sizeof(struct fcd_snapshot_task), is_this_thread) == 1,
		"after close this thread is not in it");
	close(fd);
}

static void unknown_kinds_are_refused(void)
{
	static const uint32_t kinds[] = { FCD_SNAPSHOT_FILES + 1, UINT32_MAX };
	int ret;
	size_t i;

	open_host();
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ret = host.ops.snapshot(host.e, kinds[i], &host.err);
		require(ret == -ENOTSUP, "kind %u gave %d, not -ENOTSUP", kinds[i], ret);
	}
	host_close(&host);
}

const struct claim snapshot_claims[] = {
	{ "snapshot-threads", "a snapshot has every thread once, and again when asked again",
	  threads_are_in_it_once },
	{ "snapshot-files", "a snapshot has every open file once, with its path",
	  files_are_in_it_once },
	{ "snapshot-after", "a snapshot's descriptor reads on after close",
	  it_outlives_the_instance },
	{ "snapshot-kind", "a kind of snapshot that it does not know is -ENOTSUP",
	  unknown_kinds_are_refused },
	{ 0 },
};
