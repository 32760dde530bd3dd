/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * snapshot.h - what an engine says of the threads and files there are now.
 *
 * The descriptor that fcd_engine_ops.snapshot returns reads as records of one kind, to its
 * end; no read returns half of one. A record begins with its size, a multiple of 8, and
 * grows only at its end. Numbers are the kernel's own, as in the initial namespaces.
 */
#ifndef FCD_SNAPSHOT_H
#define FCD_SNAPSHOT_H

#include "ring.h"

enum fcd_snapshot_kind {
	FCD_SNAPSHOT_TASKS, /* every thread: struct fcd_snapshot_task */
	FCD_SNAPSHOT_FILES, /* what every process has open: struct fcd_snapshot_file */
};

struct fcd_snapshot_task {
	__u32 size;
	__u32 tid, pid;	  /* the thread, its process */
	__u32 vtid, vpid; /* as its own pid namespace numbers it */
	__u32 ppid, pgid, sid;
	__u32 uid, gid; /* effective */
	__u32 loginuid;
	__u32 reserved;
	__u64 started_ns;   /* since boot, suspend included */
	__u64 capabilities; /* effective */
	char comm[16];	    /* NUL-terminated */
};

#define FCD_SNAPSHOT_NAME_MAX 4096

struct fcd_snapshot_file {
	__u32 size; /* with its name */
	__u32 pid;
	__s32 fd;
	__u32 mode;  /* S_IFREG, ...; 0: the kernel keeps an anonymous inode's type to itself */
	__u32 dev;   /* as the kernel encodes it for user space */
	__u32 flags; /* O_* */
	__u64 ino;
	/* Of a socket, else 0. Ports are in host order, addresses as in memory. */
	__u16 family, type, protocol, state; /* AF_*, SOCK_*, IPPROTO_*, TCP_* */
	__u16 local_port, remote_port;
	__u8 local[16], remote[16];
	/* The path, as /proc/PID/fd shows it; of a unix socket its address. Not terminated. */
	__u32 name_bytes;
};

FCD_CHECK(sizeof(struct fcd_snapshot_task) == 80, "no holes");
FCD_CHECK(sizeof(struct fcd_snapshot_file) == 80, "no holes");

#endif
