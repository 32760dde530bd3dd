// SPDX-License-Identifier: MIT
/* What the engine says of a module that it cannot use, with a device that the test makes up. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engines/kmod/engine.h"
#include "tests/tests.h"

static struct {
	struct fcd_kmod_hello hello;
	bool knows_hello;
	int opened;
} device;

/* The linker leads the engine's calls here. */
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long op, ...);

int __wrap_open(const char *path, int flags, ...)
{
	ck_assert_str_eq(path, "/dev/falco_capture");
	device.opened = dup(1);
	(void)flags;
	return device.opened;
}

int __wrap_ioctl(int fd, unsigned long op, ...)
{
	va_list args;

	ck_assert_int_eq(fd, device.opened);
	if (op != FCD_KMOD_HELLO || !device.knows_hello) {
		errno = ENOTTY;
		return -1;
	}
	va_start(args, op);
	*va_arg(args, struct fcd_kmod_hello *) = device.hello;
	va_end(args);
	return 0;
}

static void expect(int code, const char *text, const char *hint)
{
	struct fcd_err err = { 0 };

	ck_assert_int_eq(kmod_check(&err), code);
	ck_assert_msg(strstr(err.text, text), "\"%s\" is not in: %s", text, err.text);
	ck_assert_msg(strstr(err.hint, hint), "\"%s\" is not in: %s", hint, err.hint);
	/* The descriptor is not kept. */
	ck_assert_int_eq(fcntl(device.opened, F_GETFD), -1);
}

START_TEST(module_of_another_revision_is_refused_with_the_command_that_replaces_it)
{
	device.knows_hello = true;
	device.hello.revision = FCD_KMOD_REVISION + 7;
	expect(-EPROTONOSUPPORT, "of revision 10, this engine of 3", "rmmod falco_capture");
}
END_TEST

START_TEST(something_else_at_the_device_is_refused)
{
	device.knows_hello = false;
	expect(-EPROTONOSUPPORT, "does not know", "rmmod falco_capture");
}
END_TEST

START_TEST(holder_is_named)
{
	device.knows_hello = true;
	device.hello.revision = FCD_KMOD_REVISION;
	device.hello.is_held = 1;
	device.hello.holder = 4711;
	expect(-EBUSY, "process 4711 uses the module", "kill 4711");
}
END_TEST

START_TEST(holder_that_cannot_be_seen_is_not_named_0)
{
	device.knows_hello = true;
	device.hello.revision = FCD_KMOD_REVISION;
	device.hello.is_held = 1;
	device.hello.holder = 0;
	expect(-EBUSY, "another pid namespace", "fuser -k /dev/falco_capture");
}
END_TEST

START_TEST(module_that_is_free_is_taken)
{
	int fd;

	device.knows_hello = true;
	device.hello = (struct fcd_kmod_hello){ .revision = FCD_KMOD_REVISION };
	fd = kmod_check(NULL);
	ck_assert_int_eq(fd, device.opened);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("check");

	tcase_add_test(t, module_of_another_revision_is_refused_with_the_command_that_replaces_it);
	tcase_add_test(t, something_else_at_the_device_is_refused);
	tcase_add_test(t, holder_is_named);
	tcase_add_test(t, holder_that_cannot_be_seen_is_not_named_0);
	tcase_add_test(t, module_that_is_free_is_taken);
	return t;
}
