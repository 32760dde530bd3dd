// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/loader.h"
#include "tests/tests.h"

static char dir[64]; /* a folder of our own, removed after each test */
static struct fcd_err err;
static struct fcd_note note;
static struct fcd_engine_ops ops;

static void make_dir(void)
{
	strcpy(dir, "/tmp/test-loader-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	unsetenv("STUB_ENGINE_RAN");
	memset(&err, 0, sizeof(err));
}

static void remove_dir(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *stub(const char *variant)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), STUBS "/falco-capture-engine-%s.so", variant);
	return path;
}

/* A copy of the good stub in our folder. */
static const char *copy(const char *name)
{
	static char path[128];
	char command[PATH_MAX + 300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(command, sizeof(command), "cp %s %s && chmod 0644 %s", stub("stub"), path, path);
	ck_assert_int_eq(system(command), 0);
	return path;
}

/* Refused with this code, with words for a person, and not a line of it ran. */
static void assert_refused(const char *path, int code, const char *words)
{
	ck_assert_int_eq(fcd_loader_load(path, &ops, &note, &err), code);
	ck_assert_msg(strstr(err.text, words) != NULL, "\"%s\" is not in \"%s\"", words, err.text);
	ck_assert_str_ne(err.hint, "");
	ck_assert_ptr_null(getenv("STUB_ENGINE_RAN"));
}

START_TEST(engine_of_this_release_is_loaded)
{
	ck_assert_int_eq(fcd_loader_load(stub("stub"), &ops, &note, &err), 0);
	ck_assert_str_eq(note.name, "stub");
	ck_assert_str_eq(note.version, "7.7");
	ck_assert_uint_eq(note.schema, 0x040501);
	ck_assert_str_eq(ops.name, "stub");
	ck_assert_ptr_nonnull(getenv("STUB_ENGINE_RAN"));
}
END_TEST

START_TEST(note_is_read_without_running_anything)
{
	ck_assert_int_eq(fcd_loader_note(stub("stub"), &note, &err), 0);
	ck_assert_str_eq(note.name, "stub");
	ck_assert_ptr_null(getenv("STUB_ENGINE_RAN"));
}
END_TEST

START_TEST(engines_loaded_one_after_the_other_are_not_mistaken)
{
	struct fcd_engine_ops first;

	ck_assert_int_eq(fcd_loader_load(stub("stub"), &first, &note, &err), 0);
	ck_assert_int_eq(
		fcd_loader_load(STUBS "/auto/falco-capture-engine-kmod.so", &ops, &note, &err), 0);
	ck_assert_str_eq(note.name, "kmod");
	ck_assert_str_eq(ops.name, "kmod");
	ck_assert(ops.open != first.open);
}
END_TEST

START_TEST(missing_file_is_refused)
{
	assert_refused(stub("no-such"), -ENOENT, "No such file");
}
END_TEST

START_TEST(folder_and_device_are_refused)
{
	ck_assert_int_eq(fcd_loader_load(dir, &ops, &note, &err), -ENOEXEC);
	ck_assert_int_eq(fcd_loader_load("/dev/null", &ops, &note, &err), -ENOEXEC);
}
END_TEST

START_TEST(file_that_is_not_elf_is_refused)
{
	const char *path = copy("text.so");
	int fd = open(path, O_WRONLY | O_TRUNC);

	ck_assert_int_eq(write(fd, "#!/bin/sh\n", 10), 10);
	close(fd);
	assert_refused(path, -ENOEXEC, "is not an ELF file");
}
END_TEST

/* Cut anywhere, it is refused, or its note is still right where nothing of it is missing yet. */
START_TEST(truncated_file_is_never_misread)
{
	const char *path = copy("cut.so");
	struct stat st;
	off_t size;

	ck_assert_int_eq(stat(path, &st), 0);
	for (size = st.st_size; size > 0; size = size * 9 / 10) {
		ck_assert_int_eq(truncate(path, size), 0);
		if (fcd_loader_note(path, &note, &err) == 0)
			ck_assert_str_eq(note.name, "stub");
	}
	assert_refused(path, -ENOEXEC, "not a");
}
END_TEST

START_TEST(shared_object_without_note_is_refused)
{
	assert_refused(stub("stranger"), -ENOEXEC, "is not an engine");
}
END_TEST

START_TEST(engine_of_another_minor_version_is_loaded)
{
	ck_assert_int_eq(fcd_loader_load(stub("other-minor"), &ops, &note, &err), 0);
	ck_assert_uint_eq(note.abi_minor, 99);
}
END_TEST

START_TEST(other_abi_and_schema_are_refused_by_the_note)
{
	assert_refused(stub("other-major"), -EPROTONOSUPPORT, "has engine ABI 9.");
	assert_refused(stub("other-schema"), -EPROTONOSUPPORT, "has event schema 3.2.1");
}
END_TEST

START_TEST(file_that_does_not_export_the_one_function_alone_is_refused)
{
	assert_refused(stub("no-symbol"), -ENOEXEC, "exports other_entry too");
	assert_refused(stub("two-symbols"), -ENOEXEC, "exports other_object too");
}
END_TEST

START_TEST(engine_that_does_not_serve_this_abi_is_refused)
{
	ck_assert_int_eq(fcd_loader_load(stub("other-abi"), &ops, &note, &err), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "does not serve engine ABI"));
}
END_TEST

START_TEST(engine_that_lacks_an_operation_is_refused)
{
	ck_assert_int_eq(fcd_loader_load(stub("no-stop"), &ops, &note, &err), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "lacks an operation"));
}
END_TEST

START_TEST(operations_younger_than_the_engine_are_absent)
{
	ck_assert_int_eq(fcd_loader_load(stub("older"), &ops, &note, &err), 0);
	ck_assert_ptr_nonnull(ops.close);
	ck_assert(ops.retire == NULL);
	ck_assert_uint_eq(ops.size, sizeof(ops));
}
END_TEST

START_TEST(table_that_ends_too_early_or_within_a_slot_is_refused)
{
	ck_assert_int_eq(fcd_loader_load(stub("too-old"), &ops, &note, &err), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "a table of operations of"));
	ck_assert_int_eq(fcd_loader_load(stub("half-slot"), &ops, &note, &err), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "a table of operations of"));
}
END_TEST

START_TEST(engine_that_is_not_what_its_note_says_is_refused)
{
	ck_assert_int_eq(fcd_loader_load(stub("liar"), &ops, &note, &err), -EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "does not do what its note says"));
}
END_TEST

START_TEST(file_that_others_may_write_is_refused)
{
	const char *path = copy("open.so");

	chmod(path, 0646);
	assert_refused(path, -EPERM, "has mode 0646");
	chmod(path, 0664);
	assert_refused(path, -EPERM, "has mode 0664");
	chmod(path, 0644);
	ck_assert_int_eq(fcd_loader_load(path, &ops, &note, &err), 0);
}
END_TEST

START_TEST(folder_that_others_may_write_is_refused)
{
	const char *path = copy("a.so");

	chmod(dir, 0777);
	assert_refused(path, -EPERM, "has mode 0777");
	ck_assert_ptr_nonnull(strstr(err.text, dir));
	chmod(dir, 0775);
	assert_refused(path, -EPERM, "has mode 0775");
}
END_TEST

START_TEST(folder_above_that_others_may_write_is_refused)
{
	char inner[96];

	snprintf(inner, sizeof(inner), "%s/inner", dir);
	mkdir(inner, 0755);
	chmod(dir, 0777);
	assert_refused(copy("inner/a.so"), -EPERM, "has mode 0777");
}
END_TEST

START_TEST(sticky_folder_is_allowed)
{
	chmod(dir, 01777);
	ck_assert_int_eq(fcd_loader_load(copy("a.so"), &ops, &note, &err), 0);
}
END_TEST

START_TEST(symlink_is_judged_by_where_it_leads)
{
	char link[96];

	snprintf(link, sizeof(link), "%s/link.so", dir);
	ck_assert_int_eq(symlink(stub("stub"), link), 0);
	ck_assert_int_eq(fcd_loader_load(link, &ops, &note, &err), 0);

	unlink(link);
	ck_assert_int_eq(symlink(copy("open.so"), link), 0);
	chmod(copy("open.so"), 0666);
	ck_assert_int_eq(fcd_loader_load(link, &ops, &note, &err), -EPERM);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("loader");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, engine_of_this_release_is_loaded);
	tcase_add_test(t, note_is_read_without_running_anything);
	tcase_add_test(t, engines_loaded_one_after_the_other_are_not_mistaken);
	tcase_add_test(t, missing_file_is_refused);
	tcase_add_test(t, folder_and_device_are_refused);
	tcase_add_test(t, file_that_is_not_elf_is_refused);
	tcase_add_test(t, truncated_file_is_never_misread);
	tcase_add_test(t, shared_object_without_note_is_refused);
	tcase_add_test(t, engine_of_another_minor_version_is_loaded);
	tcase_add_test(t, other_abi_and_schema_are_refused_by_the_note);
	tcase_add_test(t, file_that_does_not_export_the_one_function_alone_is_refused);
	tcase_add_test(t, engine_that_does_not_serve_this_abi_is_refused);
	tcase_add_test(t, engine_that_lacks_an_operation_is_refused);
	tcase_add_test(t, operations_younger_than_the_engine_are_absent);
	tcase_add_test(t, table_that_ends_too_early_or_within_a_slot_is_refused);
	tcase_add_test(t, engine_that_is_not_what_its_note_says_is_refused);
	tcase_add_test(t, file_that_others_may_write_is_refused);
	tcase_add_test(t, folder_that_others_may_write_is_refused);
	tcase_add_test(t, folder_above_that_others_may_write_is_refused);
	tcase_add_test(t, sticky_folder_is_allowed);
	tcase_add_test(t, symlink_is_judged_by_where_it_leads);
	return t;
}
