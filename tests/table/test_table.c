/* SPDX-License-Identifier: MIT */
/* The event table, against the kernel's own headers and against facts of the schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/err.h"
#include "core/table.h"
#include "encode.h"
#include "tests/tests.h"

/* ---- the kernel's headers: #define __NR_name number ---- */

struct define {
	char name[64];
	uint32_t nr;
};

static struct define *read_defines(const char *path, size_t *count)
{
	struct define *all = calloc(1024, sizeof(*all));
	FILE *file = fopen(path, "re");
	char line[256];

	ck_assert_ptr_nonnull(file);
	*count = 0;
	while (fgets(line, sizeof(line), file)) {
		struct define *d = &all[*count];

		if (sscanf(line, "#define __NR_%63s %u", d->name, &d->nr) == 2)
			(*count)++;
	}
	fclose(file);
	ck_assert_uint_gt(*count, 300);
	return all;
}

static bool is_listed(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

START_TEST(syscalls_have_the_kernels_numbers_and_names)
{
	static const char *const unknown_to_schema[] = {
		"uselib",	"_sysctl",    "create_module", "get_kernel_syms",
		"query_module", "nfsservctl", "getpmsg",       "putpmsg",
		"afs_syscall",	"tuxcall",    "security",      "vserver",
		NULL,
	};
	size_t count;
	struct define *all = read_defines(NR_64, &count);

	for (size_t i = 0; i < count; i++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(all[i].nr);

		if (all[i].nr > 471) /* newer than the schema */
			continue;
		if (is_listed(all[i].name, unknown_to_schema)) {
			ck_assert_ptr_null(call);
			continue;
		}
		ck_assert_msg(call != NULL, "%s", all[i].name);
		ck_assert_str_eq(call->name, all[i].name);
		ck_assert_ptr_eq(fcd_syscall_by_name(all[i].name), call);
	}
	free(all);
}
END_TEST

/* Why a 32-bit call may become a 64-bit one of another name. */
static const char *const grown[][2] = {
	{ "umount", "umount2" },	{ "_llseek", "lseek" },
	{ "ugetrlimit", "getrlimit" },	{ "mmap2", "mmap" },
	{ "stat64", "stat" },		{ "lstat64", "lstat" },
	{ "fstat64", "fstat" },		{ "getuid32", "getuid" },
	{ "getgid32", "getgid" },	{ "geteuid32", "geteuid" },
	{ "getegid32", "getegid" },	{ "setresuid32", "setresuid" },
	{ "getresuid32", "getresuid" }, { "setresgid32", "setresgid" },
	{ "getresgid32", "getresgid" }, { "setuid32", "setuid" },
	{ "setgid32", "setgid" },	{ "fcntl64", "fcntl" },
	{ "sendfile64", "sendfile" },	{ "chown32", "chown" },
	{ "lchown32", "lchown" },	{ "fchown32", "fchown" },
	{ "setreuid32", "setreuid" },	{ "setregid32", "setregid" },
	{ "getgroups32", "getgroups" }, { "setgroups32", "setgroups" },
	{ "setfsuid32", "setfsuid" },	{ "setfsgid32", "setfsgid" },
};

static const char *grown_from(const char *name)
{
	for (size_t i = 0; i < sizeof(grown) / sizeof(grown[0]); i++)
		if (!strcmp(name, grown[i][0]))
			return grown[i][1];
	return name;
}

START_TEST(ia32_calls_are_translated_by_name_or_not_at_all)
{
	size_t count;
	struct define *all = read_defines(NR_32, &count);

	for (size_t i = 0; i < count; i++) {
		int nr = fcd_ia32_to_x86_64(all[i].nr);
		const struct fcd_syscall_info *want = fcd_syscall_by_name(grown_from(all[i].name));

		if (all[i].nr > 471)
			continue;
		if (!strcmp(all[i].name, "socketcall"))
			want = NULL;
		ck_assert_msg(nr == (want ? want->nr : -1), "%s: %d", all[i].name, nr);
	}
	ck_assert_int_eq(fcd_ia32_to_x86_64(511), -1);
	ck_assert_int_eq(fcd_ia32_to_x86_64(512), -1);
	free(all);
}
END_TEST

/* ---- facts of schema 4.5.1 ---- */

START_TEST(table_has_the_schemas_size)
{
	uint32_t params = 0, named = 0, exits = 0, own = 0, calls = 0;

	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++) {
		const struct fcd_event_info *e = fcd_event_info(id);

		ck_assert_uint_eq(e->id, id);
		ck_assert_ptr_eq(fcd_event_by_code(e->code), e);
		exits += !e->is_enter;
		params += e->nparams;
		for (uint32_t i = 0; i < e->nparams; i++)
			named += e->params[i].values && e->params[i].type != FCD_T_FDLIST;
	}
	for (uint32_t nr = 0; nr < 512; nr++) {
		const struct fcd_syscall_info *call = fcd_syscall_by_nr(nr);

		if (!call)
			continue;
		calls++;
		own += call->exit_event != 1;
		ck_assert_ptr_eq(fcd_syscall_by_code(call->code), call);
		ck_assert(!fcd_event_info(call->exit_event)->is_enter);
	}
	ck_assert_uint_eq(params, 1345);
	ck_assert_uint_eq(named, 128);
	ck_assert_uint_eq(exits, 227);
	ck_assert_uint_eq(calls, 373);
	ck_assert_uint_eq(own, 373 - 219);
	ck_assert_ptr_null(fcd_event_info(FCD_EVENTS_COUNT));
	ck_assert_ptr_null(fcd_syscall_by_nr(512));
	ck_assert_ptr_null(fcd_syscall_by_name("opennat"));
}
END_TEST

START_TEST(openat_is_as_in_the_schema)
{
	static const struct {
		const char *name;
		uint8_t type, format;
		int8_t dirfd;
	} want[] = {
		{ "fd", FCD_T_FD, FCD_F_DEC, -1 },
		{ "dirfd", FCD_T_FD, FCD_F_DEC, -1 },
		{ "name", FCD_T_FSRELPATH, FCD_F_NONE, 1 },
		{ "flags", FCD_T_FLAGS32, FCD_F_HEX, -1 },
		{ "mode", FCD_T_UINT32, FCD_F_OCT, -1 },
		{ "dev", FCD_T_UINT32, FCD_F_HEX, -1 },
		{ "ino", FCD_T_UINT64, FCD_F_DEC, -1 },
	};
	const struct fcd_event_info *e = fcd_event_info(307);

	ck_assert_str_eq(e->code, "SYSCALL_OPENAT_2_X");
	ck_assert_str_eq(e->name, "openat");
	ck_assert_str_eq(e->category, "file");
	ck_assert_str_eq(e->source, "syscall");
	ck_assert(!e->is_enter);
	ck_assert_uint_eq(e->flags, FCD_EF_CREATES_FD | FCD_EF_MODIFIES_STATE | FCD_EF_CONVERTER);
	ck_assert_uint_eq(e->nparams, 7);
	for (int i = 0; i < 7; i++) {
		ck_assert_str_eq(e->params[i].name, want[i].name);
		ck_assert_uint_eq(e->params[i].type, want[i].type);
		ck_assert_uint_eq(e->params[i].format, want[i].format);
		ck_assert_int_eq(e->params[i].dirfd, want[i].dirfd);
	}
	ck_assert_str_eq(e->params[3].values->name, "file_flags");
	ck_assert_uint_eq(fcd_syscall_by_name("openat")->exit_event, 307);
	ck_assert_uint_eq(fcd_syscall_by_name("openat")->nr, 257);
	ck_assert_uint_eq(fcd_syscall_by_nr(257)->code, 197);
}
END_TEST

START_TEST(dyn_and_large_payload_are_as_in_the_schema)
{
	const struct fcd_event_info *bpf = fcd_event_by_code("SYSCALL_BPF_2_X");
	const struct fcd_event_info *keyctl = fcd_event_by_code("SYSCALL_KEYCTL_X");
	uint32_t large = 0;

	ck_assert_ptr_nonnull(bpf);
	ck_assert_uint_eq(keyctl->params[2].variants_count, 2);
	ck_assert_uint_eq(keyctl->params[2].variants[0].type, FCD_T_INT64);
	ck_assert_uint_eq(keyctl->params[2].variants[1].type, FCD_T_CHARBUF);
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		large += !!(fcd_event_info(id)->flags & FCD_EF_LARGE_PAYLOAD);
	ck_assert_uint_eq(large, 3);
	ck_assert(fcd_event_by_code("PLUGINEVENT_E")->flags & FCD_EF_LARGE_PAYLOAD);
}
END_TEST

START_TEST(widths_are_those_of_the_document)
{
	for (uint32_t type = 0; type < FCD_T_COUNT; type++)
		ck_assert_msg(fcd_type_width(type) == sample_width(type), "%s",
			      fcd_type_name(type));
	ck_assert_uint_eq(fcd_type_width(FCD_T_COUNT), 0);
	ck_assert_str_eq(fcd_type_name(FCD_T_PID32), "PID32");
	ck_assert_str_eq(fcd_type_name(FCD_T_COUNT), "?");
}
END_TEST

/* Formatting takes the first value whose bits are all there. */
START_TEST(values_of_more_bits_come_first)
{
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		for (uint32_t i = 0; i < fcd_event_info(id)->nparams; i++) {
			const struct fcd_values *v = fcd_event_info(id)->params[i].values;

			for (uint32_t k = 1; v && k < v->count; k++)
				ck_assert_int_ge(__builtin_popcount(v->at[k - 1].value),
						 __builtin_popcount(v->at[k].value));
		}
}
END_TEST

START_TEST(err_set_returns_the_code_and_cuts_long_text)
{
	struct fcd_err err = { "old", "old" };
	char word[1000];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = 0;
	ck_assert_int_eq(fcd_err_set(&err, -5, "a hint", "%s: %d", "code", 7), -5);
	ck_assert_str_eq(err.text, "code: 7");
	ck_assert_str_eq(err.hint, "a hint");
	ck_assert_int_eq(fcd_err_set(&err, -6, NULL, "%s", word), -6);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_str_eq(err.hint, "");
	ck_assert_int_eq(fcd_err_set(NULL, -7, NULL, "%s", word), -7);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("table");

	tcase_add_test(t, syscalls_have_the_kernels_numbers_and_names);
	tcase_add_test(t, ia32_calls_are_translated_by_name_or_not_at_all);
	tcase_add_test(t, table_has_the_schemas_size);
	tcase_add_test(t, openat_is_as_in_the_schema);
	tcase_add_test(t, dyn_and_large_payload_are_as_in_the_schema);
	tcase_add_test(t, widths_are_those_of_the_document);
	tcase_add_test(t, values_of_more_bits_come_first);
	tcase_add_test(t, err_set_returns_the_code_and_cuts_long_text);
	return t;
}
