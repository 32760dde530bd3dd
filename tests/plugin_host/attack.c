// SPDX-License-Identifier: MIT
/*
 * attack - a web server is broken into, in a network and a mount namespace of its own: it spawns a
 * shell, which reads /etc/shadow, downloads something, connects out, writes below /etc, tries to
 * load a module and goes back into the first process's namespace. At the end it opens MARK.
 * The shell's steps are this program, with the name of the step.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK	   "/attack-is-over"
#define WEB	   8080
#define OUT	   4444
#define ETC_FOLDER "/etc/cron.d"

/* No library of ours: what is called is what is written here. */
static int at(int port, struct sockaddr_in *addr)
{
	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int listen_at(int port)
{
	struct sockaddr_in addr;
	int fd = at(port, &addr);

	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 4))
		err(1, "port %d", port);
	return fd;
}

static int connect_to(int port)
{
	struct sockaddr_in addr;
	int fd = at(port, &addr);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "port %d", port);
	return fd;
}

/* ---- steps of the shell ---- */

/* What the web server sends, it serves itself. */
static void step_get(void)
{
	char text[64];
	int fd = connect_to(WEB);

	if (send(fd, "GET /tool", 9, 0) != 9 || recv(fd, text, sizeof(text), 0) <= 0)
		err(1, "download");
	close(fd);
}

static void step_out(void)
{
	int fd = connect_to(OUT);

	if (dup2(fd, 0) || write(fd, "$ ", 2) != 2)
		err(1, "back");
}

static void step_etc(void)
{
	int fd = open(ETC_FOLDER "/attack", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, "* * * * * root sh\n", 18) != 18)
		err(1, ETC_FOLDER);
	close(fd);
}

/* Both fail; that they were tried is what is seen. */
static void step_module(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	syscall(SYS_init_module, "attack", 6, "");
	syscall(SYS_finit_module, fd, "", 0);
	close(fd);
}

static void step_escape(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	setns(fd, CLONE_NEWNS);
	close(fd);
}

static const struct {
	const char *name;
	void (*run)(void);
} steps[] = {
	{ "get", step_get },	   { "out", step_out },	      { "etc", step_etc },
	{ "module", step_module }, { "escape", step_escape },
};

/* ---- the server ---- */

static void namespaces_init(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("attack", ETC_FOLDER, "tmpfs", 0, NULL) ||
	    ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &lo))
		err(77, "skipped: no namespaces here");
}

static void shell(const char *self)
{
	static char script[] = "cat /etc/shadow >/dev/null; for s in get out etc module escape; do "
			       "\"$0\" $s || exit; done";

	execl("/bin/sh", "sh", "-c", script, self, NULL);
	err(1, "/bin/sh");
}

static int serve(int web, int out, const char *self)
{
	static const char *const name = "nginx";
	char request[64];
	int fd, status;

	prctl(PR_SET_NAME, name);
	fd = accept4(web, NULL, NULL, SOCK_CLOEXEC);
	if (recv(fd, request, sizeof(request), 0) <= 0)
		err(1, "request");
	if (!fork())
		shell(self);
	close(fd);
	fd = accept4(web, NULL, NULL, SOCK_CLOEXEC);
	if (recv(fd, request, sizeof(request), 0) <= 0 || send(fd, "tool", 4, 0) != 4)
		err(1, "tool");
	close(accept(out, NULL, NULL));
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int attack(const char *self)
{
	int web, out, fd, status;

	namespaces_init();
	web = listen_at(WEB);
	out = listen_at(OUT);
	if (!fork())
		exit(serve(web, out, self));
	fd = connect_to(WEB);
	if (send(fd, "GET /;sh", 8, 0) != 8)
		err(1, "send");
	wait(&status);
	open(MARK, O_RDONLY | O_CLOEXEC);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return attack(argv[0]);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(argv[1], steps[i].name)) {
			steps[i].run();
			return 0;
		}
	errx(2, "usage: attack [STEP]");
}
