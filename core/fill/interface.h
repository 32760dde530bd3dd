/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * interface.h - what a backend provides to the fillers. A backend defines
 * FCD_FN, the integer types u8...s64, struct fcd and these primitives, then
 * includes fillers.h.
 *
 * Call		s64 ret(c), u64 arg(c, i)	result and arguments; i a constant
 *		bool is_compat(c)		a 32-bit caller: pointers are 4 bytes wide
 *		u32 call_nr(c)			number, in the 64-bit table
 *		u32 caller_nr(c)		number, in the caller's table
 *		u32 turn(c)			which of the call's events, from 0
 *		u32 snaplen(c)
 *
 * Output	out_int(c, v, width)		1, 2, 4 or 8 bytes
 *		out_mem(c, p, len)		len a constant, p local
 *		out_kstr(c, p, max)		string in local memory, NUL added, <= max bytes with it
 *		u32 out_ustr(c, uptr, max)	string of the traced process: bytes with NUL; 0: NULL or fault
 *		u32 out_ubuf(c, uptr, len)	all of it or nothing
 *		u32 out_ubuf_nul(c, uptr, len)	the same, last byte made NUL
 *		out_len(c, idx, len)		length of parameter idx
 *		out_open(c), out_close(c, idx)	a parameter made of several outs
 *		u32 out_size(c)			bytes since out_open: a loop's running total
 *
 * User memory	int user_read(c, dst, uptr, len)	len a constant; on fault dst is zeroed,
 *						-EFAULT, and the fault is counted (NULL: not counted)
 *		int user_read_max(c, dst, uptr, len, max)	len variable, max a constant,
 *						dst zeroed before
 *
 * Kernel	file_get(c, fd, *f)		snapshots: zeros if there is none
 *		int sock_get(c, fd, *s)		-1: not a socket
 *		exe_get(c, *x)
 *		out_unix_path(c, s, of_peer)	the name that it, or its peer, bound
 *		u64 task(c, TASK_x)		x a constant; one number of the running thread
 *		bool task_in_group(c, gid)	among its supplementary groups
 *		bool task_maps(c, uid, gid)	both have a name in its user namespace (gid -1: uid alone)
 *		out_comm, out_cgroups, out_exe_path, out_exec_name: whole values
 *		out_file_path(c, fd)		of an open file, as that of the executable; else nothing
 *		signal_get(c, *s)		what is being delivered, at hook signal only
 *
 * Other	u64 bound(v, max)		the smaller one. Each variable that becomes an index, offset
 *						or length goes through it: a BPF verifier must see the limit
 *		u64 hash_key(c, i)		two words, secret, the same while the engine is open
 */
#ifndef FCD_FILL_INTERFACE_H
#define FCD_FILL_INTERFACE_H

/*
 * A part of a value that many fillers write, in a function that a verifier looks at once:
 *
 *	FCD_PART(out_x, FCD_ARGS(u64 uptr, u32 max), FCD_ARGS(uptr, max)) { ...; return n; }
 *
 * is u32 out_x(c, uptr, max). It knows of the event and of the running thread, but ret(c), arg(c)
 * and what the caller has opened are not there: numbers are its arguments, and if it asks
 * out_size(c) it begins with out_open(c). Only for events of variable size.
 *
 * FCD_PURE instead of FCD_FN: the same for a number that is made of numbers.
 */
#define FCD_ARGS(...) , __VA_ARGS__

#define PATH_LEN	     4096
#define UNIX_PATH_LEN	     109 /* with a NUL, which the longest one lacks in a sockaddr_un */
#define BIT_MAP(v, from, to) (((v) & (from)) ? (to) : 0)

/* Numbers of 32-bit calls: numbers.h. */
#define IA32_UMOUNT	22
#define IA32_MMAP	90
#define IA32_SOCKETCALL 102
#define IA32_SENDFILE	187
#define IA32_NONE	0xffff /* it has no 64-bit counterpart */

/* Address families. */
#define SOCK_UNIX  1
#define SOCK_INET  2
#define SOCK_INET6 10

FCD_FN u32 min_u32(u64 a, u32 b)
{
	return a < b ? a : b;
}

/* Of a call that handles several messages: as many events, but one at least. */
#define EACH_MAX 16

FCD_FN u32 each_count(s64 done)
{
	return done < 1 ? 1 : min_u32(done, EACH_MAX);
}

/* The kernel's encoding of a device's number for user space. */
FCD_FN u32 dev_encode(u32 major, u32 minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12;
}

/* Which argument of a 32-bit call points to an array of the others; -1: none. */
FCD_FN int ia32_array(u32 nr)
{
	return nr == IA32_MMAP ? 0 : nr == IA32_SOCKETCALL ? 1 : -1;
}

struct fcd_file {
	u64 ino;
	u32 dev;   /* as in st_dev of ordinary file systems */
	u32 flags; /* FILE_* */
};

#define FILE_CREATED 0x1 /* by this open */
#define FILE_UPPER   0x2 /* on the upper layer of an overlay */
#define FILE_LOWER   0x4

struct fcd_sock {
	u64 id, peer_id; /* unix: which socket; secret, see unix_id() */
	u8 local[16], remote[16];
	u16 family, local_port, remote_port, has_peer;
	u32 backlog, backlog_max; /* of a listening socket */
};

struct fcd_signal {
	u32 sig;
	s32 code, sender; /* si_code, si_pid; 0 if the kernel has no siginfo of it */
};

/* The executable of the running image. */
struct fcd_exe {
	u64 ino, ctime, mtime; /* ns since the epoch */
	u32 uid, gid, mode;
	u32 layer; /* FILE_UPPER, FILE_LOWER or 0 */
	u8 is_readonly, is_immutable, is_memfd, pad;
};

enum fcd_task {
	TASK_TID,
	TASK_PID,
	TASK_PTID,
	TASK_FDLIMIT,
	TASK_MAJ_FLT,
	TASK_MIN_FLT,
	TASK_VM_SIZE,
	TASK_VM_RSS,
	TASK_VM_SWAP,
	TASK_TTY,
	TASK_PGID,
	TASK_VPGID,
	TASK_VTID,
	TASK_VPID,
	TASK_LOGINUID,
	TASK_UID,
	TASK_GID,
	TASK_CAP_INH,
	TASK_CAP_PRM,
	TASK_CAP_EFF,
	TASK_FSUID,
	TASK_FSGID,
	TASK_ARG_START,
	TASK_ARG_END,
	TASK_ENV_START,
	TASK_ENV_END,
	TASK_IN_PIDNS,	  /* it or its next child lives in an inner pid namespace */
	TASK_PIDNS_START, /* start time of its pid namespace's first process */
	TASK_EXIT_CODE,
	TASK_REAPER,
};

enum { DIR_OUT, DIR_IN };

/* An event being written, of a backend that uses plain.h. */
struct fcd_out {
	u8 *event;   /* its header */
	u32 pos;     /* end of the event so far */
	u32 start;   /* of the parameter that is open */
	u32 limit;   /* where the event must end */
	bool is_cut; /* a part did not fit: do not publish it */
};

#endif
