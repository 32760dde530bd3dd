// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "core/err.h"
#include "daemon/log.h"
#include "daemon/socket.h"

#ifndef SO_PASSRIGHTS /* Linux 6.16 */
#define SO_PASSRIGHTS 83
#endif

#define ROOT_FOLDER "/run/falco-capture"
#define BACKLOG	    64

/* ---- its path ---- */

static int default_folder(const char **out, struct fcd_err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0) {
		if (mkdir(ROOT_FOLDER, 0755) && errno != EEXIST)
			return fcd_err_set(err, -errno, "name another place with --socket",
					   ROOT_FOLDER ": %s", strerror(errno));
		*out = ROOT_FOLDER;
		return 0;
	}
	if (!runtime || !*runtime)
		return fcd_err_set(err, -ENOENT, "name a place with --socket",
				   "no place for the socket: XDG_RUNTIME_DIR is not set");
	*out = runtime;
	return 0;
}

static int set_path(struct fcd_socket *s, const struct fcd_config *c, struct fcd_err *err)
{
	const char *folder = "", *name = c->socket;
	int ret;

	if (!c->socket) {
		ret = default_folder(&folder, err);
		if (ret)
			return ret;
		name = geteuid() == 0 ? "/capture.sock" : "/falco-capture.sock";
	}
	ret = snprintf(s->path, sizeof(s->path), "%s%s", folder, name);
	if (ret >= (int)sizeof(s->path))
		return fcd_err_set(err, -ENAMETOOLONG, "name a shorter one with --socket",
				   "%s%s: a socket's path has at most %zu bytes", folder, name,
				   sizeof(s->path) - 1);
	return 0;
}

/* ---- the lock ---- */

static int refuse_second(int fd, const char *path, struct fcd_err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
	return fcd_err_set(err, -EADDRINUSE, "stop it, or name another place with --socket",
			   "%s is served by another falco-capture, pid %s", path,
			   *pid ? pid : "not known yet");
}

/* Is the file that we hold locked still the one of this name? Its last owner may have unlinked it.
 */
static bool is_current(int fd, const char *path)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !lstat(path, &named) && ours.st_dev == named.st_dev &&
	       ours.st_ino == named.st_ino;
}

static int write_pid(int fd)
{
	char pid[16];
	int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)len, 0) != len)
		return -errno;
	return 0;
}

static int take_lock(struct fcd_socket *s, struct fcd_err *err)
{
	int fd, ret;

	snprintf(s->lock_path, sizeof(s->lock_path), "%s.lock", s->path);
	for (;;) {
		fd = open(s->lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
			  0600);
		if (fd < 0)
			return fcd_err_set(err, -errno, "name another place with --socket",
					   "%s: %s", s->lock_path, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			ret = errno == EWOULDBLOCK ? refuse_second(fd, s->path, err)
						   : fcd_err_set(err, -errno, NULL, "%s: %s",
								 s->lock_path, strerror(errno));
			close(fd);
			return ret;
		}
		if (is_current(fd, s->lock_path))
			break;
		close(fd);
	}
	s->lock_fd = fd;
	ret = write_pid(fd);
	return ret ? fcd_err_set(err, ret, NULL, "%s: %s", s->lock_path, strerror(-ret)) : 0;
}

/* ---- the socket ---- */

static void set_address(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, path, strlen(path));
}

/* Something else than a daemon of ours may listen there. */
static bool is_answered(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a;
	bool answered;

	set_address(&a, path);
	answered = fd >= 0 && (!connect(fd, (struct sockaddr *)&a, sizeof(a)) || errno == EAGAIN);
	close(fd);
	return answered;
}

static int remove_stale(const char *path, struct fcd_err *err)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT
			       ? 0
			       : fcd_err_set(err, -errno, NULL, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fcd_err_set(err, -EEXIST, "remove it, or name another place with --socket",
				   "%s exists and is not a socket", path);
	if (is_answered(path))
		return fcd_err_set(err, -EADDRINUSE, "name another place with --socket",
				   "another program listens on %s", path);
	if (unlink(path))
		return fcd_err_set(err, -errno, NULL, "%s: %s", path, strerror(errno));
	fcd_log(FCD_LOG_INFO, "%s was left by a daemon that was killed; it is replaced", path);
	return 0;
}

/* Give files that we create this group from now on. */
static bool take_group(const char *name)
{
	const struct group *g = getgrnam(name);

	if (g && !setegid(g->gr_gid))
		return true;
	fcd_log(FCD_LOG_INFO, "only this user may connect: %s group %s",
		g ? "no right to use" : "there is no", name);
	return false;
}

/* Nobody hands us descriptors: what is behind one can block whoever closes it. */
static void refuse_descriptors(int fd)
{
	(void)setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int));
}

static int bind_file(struct fcd_socket *s, const char *group, struct fcd_err *err)
{
	gid_t gid = getegid();
	struct sockaddr_un a;
	mode_t mask;
	int ret;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return fcd_err_set(err, -errno, NULL, "socket: %s", strerror(errno));
	refuse_descriptors(s->fd);
	set_address(&a, s->path);
	mask = umask(take_group(group) ? 0117 : 0177);
	ret = bind(s->fd, (struct sockaddr *)&a, sizeof(a)) ? -errno : 0;
	umask(mask);
	if (setegid(gid) && !ret)
		ret = -errno;
	if (!ret)
		return 0;
	return fcd_err_set(err, ret, "name another place with --socket", "%s: %s", s->path,
			   strerror(-ret));
}

/* ---- from systemd ---- */

static int read_path(struct fcd_socket *s, struct fcd_err *err)
{
	struct sockaddr_un a = { 0 };
	socklen_t len = sizeof(a);
	const char *end;

	if (getsockname(s->fd, (struct sockaddr *)&a, &len))
		return fcd_err_set(err, -errno, NULL, "the socket from systemd: %s",
				   strerror(errno));
	end = memchr(a.sun_path, '\0', sizeof(a.sun_path));
	if (sd_is_socket_unix(s->fd, SOCK_STREAM, 1, NULL, 0) <= 0 || a.sun_path[0] != '/' || !end)
		return fcd_err_set(err, -EINVAL, "ListenStream=" ROOT_FOLDER "/capture.sock",
				   "the socket from systemd is no stream socket with a path");
	memcpy(s->path, a.sun_path, (size_t)(end - a.sun_path) + 1);
	return 0;
}

/* The socket that systemd listens on for us, if it does. Its file stays systemd's. */
static int take_passed(struct fcd_socket *s, const struct fcd_config *c, struct fcd_err *err)
{
	int ret, count = sd_listen_fds(1);

	if (count <= 0)
		return 0;
	if (count > 1)
		return fcd_err_set(err, -EINVAL, "one ListenStream= in the socket unit",
				   "systemd gave %d sockets", count);
	s->fd = SD_LISTEN_FDS_START;
	s->is_passed = true;
	ret = read_path(s, err);
	if (ret)
		return ret;
	if (c->socket && strcmp(c->socket, s->path))
		fcd_log(FCD_LOG_WARNING, "the socket is %s, from systemd, and not %s", s->path,
			c->socket);
	if (fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK))
		return fcd_err_set(err, -errno, NULL, "%s: %s", s->path, strerror(errno));
	refuse_descriptors(s->fd);
	return 0;
}

int fcd_socket_open(struct fcd_socket *out, const struct fcd_config *c, struct fcd_err *err)
{
	struct fcd_socket s = { .fd = -1, .lock_fd = -1 };
	int ret = take_passed(&s, c, err);

	if (!ret && !s.is_passed)
		ret = set_path(&s, c, err);
	if (!ret)
		ret = take_lock(&s, err);
	if (!ret && !s.is_passed)
		ret = remove_stale(s.path, err);
	if (!ret && !s.is_passed)
		ret = bind_file(&s, c->socket_group, err);
	if (ret) {
		if (s.fd >= 0)
			close(s.fd);
		s.fd = -1;
		fcd_socket_close(&s);
		return ret;
	}
	*out = s;
	return 0;
}

int fcd_socket_listen(struct fcd_socket *s)
{
	return !s->is_passed && listen(s->fd, BACKLOG) ? -errno : 0;
}

void fcd_socket_close(struct fcd_socket *s)
{
	/* Names before descriptors: afterwards a new daemon may own the names. */
	if (s->fd >= 0) {
		if (!s->is_passed)
			unlink(s->path);
		close(s->fd);
	}
	if (s->lock_fd >= 0) {
		unlink(s->lock_path);
		close(s->lock_fd);
	}
	s->fd = s->lock_fd = -1;
}
