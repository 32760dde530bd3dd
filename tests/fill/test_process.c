// SPDX-License-Identifier: MIT
/*
 * test_process.c - execve, clone, procexit, prctl, set*id: encodings, failures, faults, limits.
 * Expected numbers are those of the schema documents and of the kernel's headers. What a real
 * kernel gives is checked by the trace programs.
 */
#include <sched.h>
#include <stdio.h>
#include "tests/fill/check.h"

/* Pointers to strings at `from`, the array at `to`; both 64 or 32 bits wide. */
static u64 user_argv(u32 to, u32 from, int count, const char *format)
{
	for (int i = 0; i < count; i++) {
		u64 at = USER_AT + from;

		from += 1 + sprintf((char *)call.user + from, format, i);
		memcpy(call.user + to + (call.compat ? 4 : 8) * i, &at, call.compat ? 4 : 8);
	}
	return USER_AT + to;
}

START_TEST(failed_execve_has_the_callers_strings)
{
	for (int compat = 0; compat < 2; compat++) {
		fresh();
		call.compat = compat;
		call.ret = -ENOENT;
		call.args[0] = user_text(0, "/none");
		call.args[1] = user_argv(100, 1000, 3, "arg%d");
		call.args[2] = user_argv(300, 2000, 2, "E%d=x");
		decode(run_execve(&call));
		ck_assert_int_eq(number("res"), -ENOENT);
		check_text("exe", "arg0");
		check_text("args", "arg1\0arg2");
		check_text("env", "E0=x\0E1=x");
		check_text("filename", "/none");
		check_text("trusted_exepath", "/usr/bin/worker");
		ck_assert_uint_eq(param("cwd")->len, 0);
	}
}
END_TEST

START_TEST(failed_execve_looks_at_sixteen_slots)
{
	call.ret = -E2BIG;
	call.args[1] = user_argv(100, 1000, 20, "%c");
	decode(run_execve(&call));
	call.args[1] = user_argv(100, 1000, 20, "a%d");
	decode(run_execve(&call));
	ck_assert_uint_eq(param("args")->len, 9 * 3 + 6 * 4); /* a1..a9, a10..a15 */
}
END_TEST

START_TEST(failed_execve_without_argv)
{
	call.ret = -EFAULT;
	decode(run_execve(&call));
	check_text("exe", "");
	ck_assert_uint_eq(param("args")->len, 0);
	call.args[1] = 8; /* unreadable slots */
	decode(run_execve(&call));
	ck_assert_uint_eq(param("exe")->len, 0);
	call.args[1] = USER_AT; /* argv[0] is NULL: slot 1 is not looked at */
	memcpy(call.user + 8, &(u64){ user_text(64, "no") }, 8);
	decode(run_execve(&call));
	ck_assert_uint_eq(param("exe")->len, 0);
	ck_assert_uint_eq(param("args")->len, 0);
}
END_TEST

START_TEST(execve_args_and_exe_share_their_limit)
{
	call.ret = -ENOENT;
	call.args[1] = user_argv(0, 200, 2, "%04000d");
	decode(run_execve(&call));
	ck_assert_uint_eq(param("exe")->len + param("args")->len, 4096);
	ck_assert_int_eq(param("args")->data[param("args")->len - 1], 0);
}
END_TEST

START_TEST(execve_that_succeeded_is_not_reported_at_the_calls_exit)
{
	ck_assert_uint_eq(run_execve(&call), 0);
}
END_TEST

START_TEST(exec_reads_the_new_image)
{
	static const char area[] = "prog\0one\0two\0HOME=/\0";

	user(16, area, sizeof(area) - 1);
	call.task[TASK_ARG_START] = USER_AT + 16;
	call.task[TASK_ARG_END] = call.task[TASK_ENV_START] = USER_AT + 16 + 13;
	call.task[TASK_ENV_END] = USER_AT + 16 + 20;
	call.task[TASK_CAP_EFF] = 0x1ffffffffff;
	call.exe = (struct fcd_exe){
		.ino = 5, .uid = 1, .gid = 2, .mode = 0100755, .is_memfd = 1, .layer = FILE_LOWER
	};
	call.maps = true;
	decode(run_exec(&call));
	check_text("exe", "prog");
	check_text("args", "one\0two");
	check_text("env", "HOME=/");
	check_text("filename", "./worker");
	check_text("comm", "worker");
	ck_assert_int_eq(number("flags"), 1 | 4 | 8);
	ck_assert_int_eq(number("exe_ino"), 5);
}
END_TEST

START_TEST(exec_cuts_a_long_image_at_one_limit)
{
	memset(call.user + 5, 'a', 6000);
	user(0, "prog", 5);
	call.task[TASK_ARG_START] = USER_AT;
	call.task[TASK_ARG_END] = USER_AT + 6000;
	decode(run_exec(&call));
	ck_assert_uint_eq(param("exe")->len + param("args")->len, 4096);
	ck_assert_int_eq(param("args")->data[param("args")->len - 1], 0);
}
END_TEST

START_TEST(writable_executable_follows_the_kernels_order)
{
	struct fcd_exe x = { .ino = 1, .uid = 10, .gid = 20, .mode = 0100700 };

	call.task[TASK_FSUID] = 11;
	call.task[TASK_FSGID] = 21;
	ck_assert(!exe_writable(&call, &x));
	x.mode = 0100702;
	ck_assert(exe_writable(&call, &x));
	call.group = 20; /* the group's class now, not others' */
	ck_assert(!exe_writable(&call, &x));
	x.mode = 0100720;
	ck_assert(exe_writable(&call, &x));
	x.is_readonly = 1;
	ck_assert(!exe_writable(&call, &x));
	x.mode = 0020720; /* a device file on a read-only file system */
	ck_assert(exe_writable(&call, &x));
	x = (struct fcd_exe){ .ino = 1, .uid = 10, .gid = 20, .mode = 0100500 };
	call.task[TASK_FSUID] = 10; /* the owner could chmod it */
	ck_assert(exe_writable(&call, &x));
	x.is_immutable = 1;
	ck_assert(!exe_writable(&call, &x));
	x = (struct fcd_exe){ .ino = 1, .uid = 9, .gid = 20, .mode = 0100500 };
	call.task[TASK_CAP_EFF] = 1 << 1; /* CAP_DAC_OVERRIDE, useless where ids have no name */
	ck_assert(!exe_writable(&call, &x));
	call.maps = true;
	ck_assert(exe_writable(&call, &x));
	call.task[TASK_CAP_EFF] = 1 << 3; /* CAP_FOWNER */
	ck_assert(exe_writable(&call, &x));
}
END_TEST

START_TEST(clone_has_flags_of_caller_and_child)
{
	u64 flags = CLONE_NEWPID;

	call.ret = 12;
	call.nr = FCD_NR_clone;
	call.args[0] = CLONE_FILES | 17;
	decode(run_clone(&call));
	ck_assert_int_eq(number("flags"), 1);
	ck_assert_int_eq(number("pidns_init_start_ts"), 0);
	call.ret = 0;
	call.task[TASK_IN_PIDNS] = 1;
	call.task[TASK_PIDNS_START] = 77;
	call.nr = FCD_NR_clone3;
	call.args[0] = user(0, &flags, 8);
	decode(run_clone(&call));
	ck_assert_int_eq(number("flags"), 0x20000040);
	ck_assert_int_eq(number("pidns_init_start_ts"), 77);
	call.ret = -EFAULT;
	call.args[0] = 8;
	decode(run_clone(&call));
	ck_assert_int_eq(number("flags"), 0x20000000);
	ck_assert_uint_eq(param("exe")->len, 0);
}
END_TEST

START_TEST(clone_family_has_an_event_for_each_call)
{
	static const struct {
		u32 nr, type, flags;
	} family[] = { { 56, 223, 1 }, { 57, 225, 0 }, { 58, 227, 0 }, { 435, 335, 0 } };

	call.ret = 12;
	call.args[0] = CLONE_FILES; /* of clone only */
	for (size_t i = 0; i < sizeof(family) / sizeof(family[0]); i++) {
		call.nr = family[i].nr;
		decode(run_clone(&call));
		ck_assert_uint_eq(view.info->id, family[i].type);
		ck_assert_int_eq(number("flags"), family[i].flags);
	}
}
END_TEST

START_TEST(clone_maps_every_flag)
{
	static const struct {
		u32 native, encoded;
	} flag[] = {
		{ CLONE_VM, 0x8000 },
		{ CLONE_FS, 2 },
		{ CLONE_FILES, 1 },
		{ CLONE_SIGHAND, 0x800 },
		{ CLONE_PTRACE, 0x400 },
		{ CLONE_VFORK, 0x8000000 },
		{ CLONE_PARENT, 0x100 },
		{ CLONE_THREAD, 0x2000 },
		{ CLONE_NEWNS, 0x20 },
		{ CLONE_SYSVSEM, 0x1000 },
		{ CLONE_SETTLS, 0x2000000 },
		{ CLONE_PARENT_SETTID, 0x200 },
		{ CLONE_CHILD_CLEARTID, 0x800000 },
		{ CLONE_UNTRACED, 0x4000 },
		{ CLONE_CHILD_SETTID, 0x1000000 },
		{ CLONE_NEWCGROUP, 0x10000000 },
		{ CLONE_NEWUTS, 0x80 },
		{ CLONE_NEWIPC, 8 },
		{ CLONE_NEWUSER, 0x100000 },
		{ CLONE_NEWPID, 0x40 },
		{ CLONE_NEWNET, 0x10 },
		{ CLONE_IO, 4 },
		{ CLONE_PIDFD, 0 },
		{ CLONE_DETACHED, 0 },
		{ 0xff, 0 },
	};

	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		ck_assert_uint_eq(clone_flags(flag[i].native), flag[i].encoded);
}
END_TEST

START_TEST(procexit_takes_the_wait_status_apart)
{
	static const struct {
		u64 code;
		s64 ret, sig, core;
	} end[] = { { 0x500, 5, 0, 0 }, { 9, 0, 9, 0 }, { 0x8b, 0, 11, 1 }, { 0x7f, 0, 0, 0 } };

	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		call.task[TASK_EXIT_CODE] = end[i].code;
		call.task[TASK_REAPER] = (u64)-1;
		decode(run_procexit(&call));
		ck_assert_int_eq(number("status"), end[i].code);
		ck_assert_int_eq(number("ret"), end[i].ret);
		ck_assert_int_eq(number("sig"), end[i].sig);
		ck_assert_int_eq(number("core"), end[i].core);
		ck_assert_int_eq(number("reaper_tid"), -1);
	}
}
END_TEST

START_TEST(prctl_has_a_name_what_is_stored_or_a_number)
{
	const s32 stored = -3;

	call.args[0] = 0x500000000 | 15;
	call.args[1] = user_text(0, "a name of more than sixteen bytes");
	decode(run_prctl(&call));
	ck_assert_int_eq(number("option"), 15);
	check_text("arg2_str", "a name of more than sixteen bytes");
	ck_assert_int_eq(number("arg2_int"), 0);
	call.args[0] = 37;
	call.args[1] = user(0, &stored, sizeof(stored));
	decode(run_prctl(&call));
	ck_assert_uint_eq(param("arg2_str")->len, 0);
	ck_assert_int_eq(number("arg2_int"), -3);
	call.args[1] = 8;
	decode(run_prctl(&call));
	ck_assert_int_eq(number("arg2_int"), 0);
	ck_assert_uint_eq(call.faults, 1);
	call.ret = -EINVAL; /* the vector of the schema documents */
	call.args[0] = call.args[1] = -3;
	decode(run_prctl(&call));
	ck_assert_int_eq(number("res"), -EINVAL);
	ck_assert_int_eq(number("option"), 0xfffffffd);
	ck_assert_uint_eq(param("arg2_str")->len, 0);
	ck_assert_int_eq(number("arg2_int"), -3);
}
END_TEST

START_TEST(ids_are_the_lower_halves_of_arguments)
{
	call.ret = -EPERM;
	for (int i = 0; i < 6; i++)
		call.args[i] = 0x500000000 | (0x80000000u + i);
	decode(run_setuid(&call));
	ck_assert_int_eq(number("uid"), 0x80000000);
	decode(run_setgid(&call));
	ck_assert_int_eq(number("gid"), 0x80000000);
	decode(run_setreuid(&call));
	ck_assert_int_eq(number("ruid"), 0x80000000);
	ck_assert_int_eq(number("euid"), 0x80000001);
	decode(run_setregid(&call));
	ck_assert_int_eq(number("rgid"), 0x80000000);
	ck_assert_int_eq(number("egid"), 0x80000001);
	decode(run_setresuid(&call));
	ck_assert_int_eq(number("res"), -EPERM);
	ck_assert_int_eq(number("euid"), 0x80000001);
	ck_assert_int_eq(number("suid"), 0x80000002);
	decode(run_setresgid(&call));
	ck_assert_int_eq(number("rgid"), 0x80000000);
	ck_assert_int_eq(number("sgid"), 0x80000002);
}
END_TEST

TCase *tests(void)
{
	const TTest *const all[] = {
		failed_execve_has_the_callers_strings,
		failed_execve_looks_at_sixteen_slots,
		failed_execve_without_argv,
		execve_args_and_exe_share_their_limit,
		execve_that_succeeded_is_not_reported_at_the_calls_exit,
		exec_reads_the_new_image,
		exec_cuts_a_long_image_at_one_limit,
		writable_executable_follows_the_kernels_order,
		clone_has_flags_of_caller_and_child,
		clone_family_has_an_event_for_each_call,
		clone_maps_every_flag,
		procexit_takes_the_wait_status_apart,
		prctl_has_a_name_what_is_stored_or_a_number,
		ids_are_the_lower_halves_of_arguments,
	};

	return tests_of(all, sizeof(all) / sizeof(all[0]));
}
