// SPDX-License-Identifier: MIT
/*
 * test_calls.c - files, data, sockets, signals, generic: encodings, failures, faults, limits.
 * Expected numbers are those of the schema documents and of the kernel's headers. What a real
 * kernel gives is checked by the trace programs.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include "tests/fill/check.h"

/* ---- files ---- */

START_TEST(openat_reports_a_created_file)
{
	call.ret = 7;
	call.args[0] = (u32)AT_FDCWD; /* the upper half of the register is not looked at */
	call.args[1] = user_text(0, "new");
	call.args[2] = O_RDWR | O_CREAT | O_CLOEXEC;
	call.args[3] = 0100640;
	call.file = (struct fcd_file){ .ino = 99, .dev = 0xfd01, .flags = FILE_CREATED };
	decode(run_openat(&call));
	ck_assert_int_eq(number("fd"), 7);
	ck_assert_int_eq(number("dirfd"), AT_FDCWD);
	check_text("name", "new");
	ck_assert_int_eq(number("flags"), 0x5007); /* RDWR, CREAT, CLOEXEC, F_CREATED */
	ck_assert_int_eq(number("mode"), 0640);
	ck_assert_int_eq(number("dev"), 0xfd01);
	ck_assert_int_eq(number("ino"), 99);
}
END_TEST

START_TEST(openat_that_failed_has_its_arguments)
{
	call.ret = -ENOENT;
	call.args[0] = 5;
	call.args[1] = USER_AT + USER_BYTES; /* not readable */
	call.args[2] = O_WRONLY | O_DIRECTORY;
	call.args[3] = 0777;
	call.file.ino = 1; /* must not be asked for */
	decode(run_openat(&call));
	ck_assert_int_eq(number("fd"), -ENOENT);
	ck_assert_uint_eq(param("name")->len, 0);
	ck_assert_int_eq(number("flags"), 0x2402); /* DIRECTORY brings TMPFILE in this schema */
	ck_assert_int_eq(number("mode"), 0777);
	ck_assert_int_eq(number("ino"), 0);
	ck_assert_uint_eq(call.faults, 1);
}
END_TEST

START_TEST(openat_of_descriptor_0_has_no_inode)
{
	call.args[1] = user_text(0, "x");
	call.file = (struct fcd_file){ .ino = 99, .dev = 1, .flags = FILE_CREATED | FILE_UPPER };
	decode(run_openat(&call));
	ck_assert_int_eq(number("flags"), 0x4001);
	ck_assert_int_eq(number("ino"), 0);
}
END_TEST

START_TEST(openat_maps_every_flag)
{
	static const struct {
		u32 native, encoded;
	} flag[] = {
		{ O_WRONLY, 2 },    { O_RDWR, 3 },	   { 3, 1 },
		{ O_CREAT, 5 },	    { O_APPEND, 9 },	   { O_DSYNC, 0x91 },
		{ O_EXCL, 0x21 },   { O_NONBLOCK, 0x41 },  { O_SYNC, 0x91 },
		{ O_TRUNC, 0x101 }, { O_DIRECT, 0x201 },   { O_DIRECTORY, 0x2401 },
		{ 0x8000, 0x801 },  { O_CLOEXEC, 0x1001 }, { O_TMPFILE, 0x2401 },
		{ O_NOFOLLOW, 1 },  { O_PATH, 1 },
	};

	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		ck_assert_uint_eq(open_flags(flag[i].native), flag[i].encoded);
}
END_TEST

START_TEST(string_is_cut_at_its_limit_with_a_nul)
{
	memset(call.user, 'a', 5000);
	call.args[1] = USER_AT;
	decode(run_openat(&call));
	ck_assert_uint_eq(param("name")->len, 4096);
	ck_assert_int_eq(param("name")->data[4095], 0);
}
END_TEST

START_TEST(close_widens_the_descriptor)
{
	call.ret = -EBADF;
	call.args[0] = 0xffffffffull;
	decode(run_close(&call));
	ck_assert_int_eq(number("res"), -EBADF);
	ck_assert_int_eq(number("fd"), -1);
}
END_TEST

/* ---- data ---- */

START_TEST(read_has_what_arrived_up_to_snaplen)
{
	call.args[1] = user(0, "0123456789", 10);
	call.args[2] = 4096;
	call.ret = 10;
	decode(run_read(&call));
	check_bytes("data", "0123456789", 10);
	ck_assert_int_eq(number("size"), 4096);
	call.ret = 500;
	decode(run_read(&call));
	ck_assert_uint_eq(param("data")->len, 80);
	call.ret = -EAGAIN;
	decode(run_read(&call));
	ck_assert_uint_eq(param("data")->len, 0);
}
END_TEST

START_TEST(write_that_failed_has_what_would_have_gone)
{
	call.ret = -EPIPE;
	call.args[1] = user(0, "0123456789", 10);
	call.args[2] = 5;
	decode(run_write(&call));
	check_bytes("data", "01234", 5);
	ck_assert_int_eq(number("size"), 5);
	call.args[1] = 0; /* NULL is not a fault, and nothing */
	decode(run_write(&call));
	ck_assert_uint_eq(param("data")->len, 0);
	ck_assert_uint_eq(call.faults, 0);
}
END_TEST

START_TEST(write_that_was_cut_short_has_what_went)
{
	call.ret = 3;
	call.args[1] = user(0, "0123456789", 10);
	call.args[2] = 10;
	decode(run_write(&call));
	check_bytes("data", "012", 3);
	ck_assert_int_eq(number("size"), 10);
}
END_TEST

/* ---- sockets ---- */

static const u8 client[] = { 127, 0, 21, 34 }, server[] = { 127, 59, 21, 35 };

static void inet_socket(struct fcd_sock *s)
{
	*s = (struct fcd_sock){ .family = AF_INET, .local_port = 51789, .remote_port = 52889 };
	memcpy(s->local, client, 4);
	memcpy(s->remote, server, 4);
}

START_TEST(connect_has_client_and_server)
{
	static const u8 addr[] = { AF_INET, 0, 0xce, 0x99, 127, 59, 21, 35 };

	inet_socket(&call.sock[0]);
	call.args[0] = 100;
	call.args[1] = user(0, addr, sizeof(addr));
	call.args[2] = 16;
	decode(run_connect(&call));
	check_bytes("tuple", "\x02\x7f\x00\x15\x22\x4d\xca\x7f\x3b\x15\x23\x99\xce", 13);
	check_bytes("addr", "\x02\x7f\x3b\x15\x23\x99\xce", 7);
	call.ret = -EINPROGRESS;
	decode(run_connect(&call));
	ck_assert_uint_eq(param("tuple")->len, 13);
	call.ret = -ECONNREFUSED;
	decode(run_connect(&call));
	ck_assert_uint_eq(param("tuple")->len, 0);
	ck_assert_uint_eq(param("addr")->len, 7);
}
END_TEST

START_TEST(connect_without_an_address_has_none)
{
	call.ret = -EFAULT;
	decode(run_connect(&call));
	ck_assert_uint_eq(param("addr")->len, 0);
	ck_assert_uint_eq(param("tuple")->len, 0);
}
END_TEST

START_TEST(connect_takes_the_remote_end_from_the_call_if_the_socket_has_none)
{
	static const u8 addr[] = {
		AF_INET, 0, 0xce, 0x99, 127, 59, 21, 35, 0, 0, 0, 0, 0, 0, 0, 0
	};

	inet_socket(&call.sock[0]);
	call.sock[0].remote_port = 0;
	memset(call.sock[0].remote, 0, 4);
	call.args[0] = 100;
	call.args[1] = user(0, addr, sizeof(addr));
	decode(run_connect(&call));
	check_bytes("tuple", "\x02\x7f\x00\x15\x22\x4d\xca\x7f\x3b\x15\x23\x99\xce", 13);
}
END_TEST

START_TEST(unix_connect_names_the_peer_and_hides_addresses)
{
	static const u8 addr[] = { AF_UNIX, 0, 0, 'a', 'b', 's' };
	u64 a, b;

	call.sock[0] = (struct fcd_sock){ .family = AF_UNIX,
					  .id = 0xffff888812345600,
					  .peer_id = 0xffff888812345680,
					  .has_peer = 1 };
	call.args[0] = 100;
	call.args[1] = user(0, addr, sizeof(addr));
	call.args[2] = sizeof(addr);
	decode(run_connect(&call));
	ck_assert_uint_eq(param("tuple")->len, 17 + sizeof("/run/peer"));
	memcpy(&a, param("tuple")->data + 1, 8);
	memcpy(&b, param("tuple")->data + 9, 8);
	ck_assert_uint_eq(a, unix_id(&call, call.sock[0].peer_id));
	ck_assert_uint_eq(b, unix_id(&call, call.sock[0].id));
	ck_assert_uint_ne(a, call.sock[0].peer_id);
	ck_assert_str_eq((const char *)param("tuple")->data + 17, "/run/peer");
	check_bytes("addr",
		    "\x01"
		    "abs",
		    5); /* abstract: without its first NUL */
}
END_TEST

START_TEST(unix_id_is_siphash)
{
	/* The vector of the algorithm's authors: key 00..0f, message 00..07. */
	ck_assert_uint_eq(unix_id(&call, 0x0706050403020100ull), 0x93f5f5799a932462ull);
	ck_assert_uint_eq(unix_id(&call, 0), 0);
}
END_TEST

START_TEST(accept4_has_the_queue_of_the_listener)
{
	inet_socket(&call.sock[1]);
	call.sock[0] = (struct fcd_sock){ .family = AF_INET, .backlog = 3, .backlog_max = 12 };
	call.ret = 101;
	call.args[0] = 100;
	call.args[3] = SOCK_NONBLOCK | SOCK_CLOEXEC;
	decode(run_accept4(&call));
	check_bytes("tuple", "\x02\x7f\x3b\x15\x23\x99\xce\x7f\x00\x15\x22\x4d\xca", 13);
	ck_assert_int_eq(number("queuepct"), 25);
	ck_assert_int_eq(number("queuelen"), 3);
	ck_assert_int_eq(number("queuemax"), 12);
	ck_assert_int_eq(number("flags"), 0x1040);
	call.ret = -EAGAIN;
	decode(run_accept4(&call));
	ck_assert_uint_eq(param("tuple")->len, 0);
	ck_assert_int_eq(number("queuemax"), 0);
}
END_TEST

/* ---- the rest ---- */

START_TEST(kill_keeps_group_targets)
{
	call.ret = -EPERM;
	call.args[0] = (u32)-1;
	call.args[1] = 0x10f;
	decode(run_kill(&call));
	ck_assert_int_eq(number("pid"), -1);
	ck_assert_int_eq(number("sig"), 15);
}
END_TEST

START_TEST(signaldeliver_has_the_sender_where_the_schema_has_it)
{
	static const struct {
		u32 sig;
		s32 code, spid;
	} given[] = {
		{ 9, 0, 77 },  { 9, 128, 77 }, { 15, 0, 77 }, { 15, -6, 77 }, { 15, 1, 0 },
		{ 20, 0, 77 }, { 20, 128, 0 }, { 10, 0, 0 },  { 17, 1, 77 },  { 17, 0, 77 },
		{ 31, -1, 0 }, { 32, -1, 77 }, { 64, 1, 77 }, { 11, 1, 0 },   { 14, 128, 0 },
	};

	call.task[TASK_TID] = 4242;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		call.signal = (struct fcd_signal){ given[i].sig, given[i].code, 77 };
		decode(run_signaldeliver(&call));
		ck_assert_int_eq(number("spid"), given[i].spid);
		ck_assert_int_eq(number("dpid"), 4242);
		ck_assert_int_eq(number("sig"), given[i].sig);
	}
}
END_TEST

START_TEST(generic_has_code_and_number)
{
	call.nr = 74; /* fsync */
	decode(run_generic(&call));
	ck_assert_int_eq(number("ID"), 72);
	ck_assert_int_eq(number("nativeID"), 74);
}
END_TEST

TCase *tests(void)
{
	const TTest *const all[] = {
		openat_reports_a_created_file,
		openat_that_failed_has_its_arguments,
		openat_of_descriptor_0_has_no_inode,
		openat_maps_every_flag,
		string_is_cut_at_its_limit_with_a_nul,
		close_widens_the_descriptor,
		read_has_what_arrived_up_to_snaplen,
		write_that_failed_has_what_would_have_gone,
		write_that_was_cut_short_has_what_went,
		connect_has_client_and_server,
		connect_without_an_address_has_none,
		connect_takes_the_remote_end_from_the_call_if_the_socket_has_none,
		unix_connect_names_the_peer_and_hides_addresses,
		unix_id_is_siphash,
		accept4_has_the_queue_of_the_listener,
		kill_keeps_group_targets,
		signaldeliver_has_the_sender_where_the_schema_has_it,
		generic_has_code_and_number,
	};

	return tests_of(all, sizeof(all) / sizeof(all[0]));
}
