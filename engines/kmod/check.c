// SPDX-License-Identifier: MIT
/* check.c - is there a module that can be used? If not, what is missing and how to get it. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "engines/kmod/engine.h"

int kmod_busy(struct fcd_err *err, uint32_t pid)
{
	char hint[128];

	if (!pid)
		return kmod_fail(err, -EBUSY, "stop it: fuser -k " KMOD_DEVICE,
				 "a process of another pid namespace uses the module");
	snprintf(hint, sizeof(hint), "subscribe to that daemon, or stop it: kill %u", pid);
	return kmod_fail(err, -EBUSY, hint, "process %u uses the module", pid);
}

/* ---- the module is not loaded ---- */

static bool file_has(const char *path, const char *word)
{
	char text[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, word);
}

/* Is there a file for this kernel, maybe compressed, wherever it was put? */
static bool is_installed(const char *release)
{
	static const char name[] = FCD_KMOD_NAME ".ko";
	char root[128];
	char *roots[] = { root, NULL };
	bool found = false;
	FTSENT *at;
	FTS *tree;

	snprintf(root, sizeof(root), "/lib/modules/%s", release);
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL);
	while (!found && tree && (at = fts_read(tree)))
		found = !strncmp(at->fts_name, name, strlen(name));
	if (tree)
		fts_close(tree);
	return found;
}

static int not_loaded(struct fcd_err *err)
{
	char hint[384];
	struct utsname u;

	uname(&u);
	if (access("/proc/modules", F_OK))
		return kmod_fail(err, -ENOENT,
				 "use a kernel that was built with CONFIG_MODULES=y, "
				 "or another engine: --engine=bpf",
				 "this kernel loads no modules");
	if (!is_installed(u.release)) {
		snprintf(hint, sizeof(hint),
			 "apt install linux-headers-%s; scripts/build-kmod OUT; "
			 "insmod OUT/" FCD_KMOD_NAME ".ko",
			 u.release);
		return kmod_fail(err, -ENOENT, hint,
				 "the module " FCD_KMOD_NAME
				 " is not loaded, and not built for this kernel, %s",
				 u.release);
	}
	if (file_has("/sys/kernel/security/lockdown", "[integrity]") ||
	    file_has("/sys/kernel/security/lockdown", "[confidentiality]"))
		return kmod_fail(err, -EPERM,
				 "modprobe " FCD_KMOD_NAME
				 " with a module signed by a key that the kernel trusts (mokutil "
				 "--import), or boot with lockdown=none",
				 "the module " FCD_KMOD_NAME
				 " is not loaded, and kernel lockdown takes signed ones only");
	return kmod_fail(err, -ENOENT, "modprobe " FCD_KMOD_NAME,
			 "the module " FCD_KMOD_NAME " is not loaded");
}

/* ---- it is ---- */

static int not_opened(struct fcd_err *err, int code)
{
	if (code == -EACCES || code == -EPERM)
		return kmod_fail(err, code,
				 "run the daemon as root; in a container, give it the device: "
				 "--device " KMOD_DEVICE,
				 "cannot open " KMOD_DEVICE ": %s", strerror(-code));
	if (code != -ENOENT && code != -ENXIO && code != -ENODEV)
		return kmod_fail(err, code, NULL, "cannot open " KMOD_DEVICE ": %s",
				 strerror(-code));
	if (access("/sys/module/" FCD_KMOD_NAME, F_OK))
		return not_loaded(err);
	return kmod_fail(err, code,
			 "mount -t devtmpfs devtmpfs /dev; in a container, give it the device: "
			 "--device " KMOD_DEVICE,
			 "the module is loaded, but there is no " KMOD_DEVICE);
}

#define OTHER_MODULE                                                                               \
	"rmmod " FCD_KMOD_NAME "; modprobe " FCD_KMOD_NAME " of this version (scripts/build-kmod " \
	"makes it)"

/* fd is the device's. */
static int hello(int fd, struct fcd_err *err)
{
	struct fcd_kmod_hello h;

	if (ioctl(fd, FCD_KMOD_HELLO, &h))
		return kmod_fail(err, -EPROTONOSUPPORT, OTHER_MODULE,
				 "the module that is loaded does not know this engine");
	if (h.revision != FCD_KMOD_REVISION)
		return kmod_fail(err, -EPROTONOSUPPORT, OTHER_MODULE,
				 "the module that is loaded is of revision %u, this engine of %d",
				 h.revision, FCD_KMOD_REVISION);
	return h.is_held ? kmod_busy(err, h.holder) : 0;
}

int kmod_check(struct fcd_err *err)
{
	int fd = open(KMOD_DEVICE, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return not_opened(err, -errno);
	ret = hello(fd, err);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}
