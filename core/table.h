/* SPDX-License-Identifier: MIT */
/*
 * table.h - the event table: Falco's schema 4.5.1 as C data.
 *
 * Generated at build time from core/table/ (events.txt, values.txt,
 * syscalls.txt, ia32.txt). Everything is constant and lives as long as the
 * program.
 */
#ifndef FCD_TABLE_H
#define FCD_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define FCD_EVENTS_COUNT 454

/* Numbers of the schema. */
enum fcd_type {
	FCD_T_NONE,
	FCD_T_INT8,
	FCD_T_INT16,
	FCD_T_INT32,
	FCD_T_INT64,
	FCD_T_UINT8,
	FCD_T_UINT16,
	FCD_T_UINT32,
	FCD_T_UINT64,
	FCD_T_CHARBUF,
	FCD_T_BYTEBUF,
	FCD_T_ERRNO,
	FCD_T_SOCKADDR,
	FCD_T_SOCKTUPLE,
	FCD_T_FD,
	FCD_T_PID,
	FCD_T_FDLIST,
	FCD_T_FSPATH,
	FCD_T_SYSCALLID,
	FCD_T_SIGTYPE,
	FCD_T_RELTIME,
	FCD_T_ABSTIME,
	FCD_T_PORT,
	FCD_T_L4PROTO,
	FCD_T_SOCKFAMILY,
	FCD_T_BOOL,
	FCD_T_IPV4ADDR,
	FCD_T_DYN,
	FCD_T_FLAGS8,
	FCD_T_FLAGS16,
	FCD_T_FLAGS32,
	FCD_T_UID,
	FCD_T_GID,
	FCD_T_DOUBLE,
	FCD_T_SIGSET,
	FCD_T_CHARBUFARRAY,
	FCD_T_CHARBUF_PAIR_ARRAY,
	FCD_T_IPV4NET,
	FCD_T_IPV6ADDR,
	FCD_T_IPV6NET,
	FCD_T_IPADDR,
	FCD_T_IPNET,
	FCD_T_MODE,
	FCD_T_FSRELPATH,
	FCD_T_ENUMFLAGS8,
	FCD_T_ENUMFLAGS16,
	FCD_T_ENUMFLAGS32,
	FCD_T_FD32,
	FCD_T_PID32,
	FCD_T_COUNT
};

/* STRINGS: bytes that are strings, each with its NUL. */
enum fcd_format { FCD_F_NONE, FCD_F_DEC, FCD_F_HEX, FCD_F_OCT, FCD_F_STRINGS };

/* Bits of fcd_event_info.flags, from the schema. */
#define FCD_EF_CREATES_FD	0x0001
#define FCD_EF_DESTROYS_FD	0x0002
#define FCD_EF_USES_FD		0x0004
#define FCD_EF_READS_FD		0x0008
#define FCD_EF_WRITES_FD	0x0010
#define FCD_EF_MODIFIES_STATE	0x0020
#define FCD_EF_WAITS		0x0040
#define FCD_EF_SKIP_PARSE_RESET 0x0080
#define FCD_EF_LARGE_PAYLOAD	0x0100 /* lengths are 32 bits wide; never live */
#define FCD_EF_OLD_VERSION	0x0200
#define FCD_EF_CONVERTER	0x0400
#define FCD_EF_UNUSED		0x0800

struct fcd_value_name {
	const char *name;
	uint32_t value;
};

struct fcd_values {
	const char *name; /* of the table: file_flags */
	uint32_t count;
	const struct fcd_value_name *at;
};

struct fcd_param_info {
	const char *name;
	uint8_t type;		/* enum fcd_type */
	uint8_t format;		/* enum fcd_format */
	int8_t dirfd;		/* FSRELPATH: index of the directory's parameter, else -1 */
	uint8_t variants_count; /* DYN */
	const struct fcd_values *values;       /* names of bits or numbers, or NULL */
	const struct fcd_param_info *variants; /* DYN: by index byte */
};

struct fcd_event_info {
	uint16_t id;
	uint16_t flags; /* FCD_EF_* */
	uint8_t nparams;
	bool is_enter;
	const char *code;     /* SYSCALL_OPENAT_2_X */
	const char *name;     /* openat */
	const char *category; /* file */
	const char *source;   /* syscall, tracepoint, metaevent, iter, plugin, none */
	const struct fcd_param_info *params;
};

struct fcd_syscall_info {
	const char *name;    /* openat */
	uint16_t nr;	     /* x86_64 */
	uint16_t code;	     /* the schema's own number: SYSCALLID */
	uint16_t exit_event; /* event id; GENERIC_X if it has none of its own */
};

/* NULL if there is no such event or system call. */
const struct fcd_event_info *fcd_event_info(uint32_t id);
const struct fcd_event_info *fcd_event_by_code(const char *code);
/* Is its first parameter what a system call returned? */
bool fcd_event_has_result(const struct fcd_event_info *info);
const struct fcd_syscall_info *fcd_syscall_by_nr(uint32_t nr);
const struct fcd_syscall_info *fcd_syscall_by_name(const char *name);
const struct fcd_syscall_info *fcd_syscall_by_code(uint32_t code);

/* x86_64 number of a 32-bit call, -1: it has none. socketcall is not translated here. */
int fcd_ia32_to_x86_64(uint32_t nr);

/* Bytes of a type of fixed width, 0 if it varies. */
unsigned int fcd_type_width(uint32_t type);
const char *fcd_type_name(uint32_t type);

#endif
