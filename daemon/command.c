// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/beside.h"
#include "core/err.h"
#include "daemon/command.h"
#include "daemon/log.h"

#define TRACER "falco-capture-trace"

/* Signals that this process handles in its own way. */
static const int ours[] = { SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD };

#define OURS (sizeof(ours) / sizeof(ours[0]))

int fcd_command_init(struct fcd_command *c, char **words, struct fcd_err *err)
{
	struct sigaction old;
	size_t i;
	int ret;

	*c = (struct fcd_command){ .words = words };
	sigemptyset(&c->ignored);
	for (i = 0; i < OURS; i++)
		if (!sigaction(ours[i], NULL, &old) && old.sa_handler == SIG_IGN)
			sigaddset(&c->ignored, ours[i]);
	ret = fcd_beside_find(TRACER, "../engines/udig/trace/" TRACER, c->tracer,
			      sizeof(c->tracer));
	if (!ret && access(c->tracer, X_OK))
		ret = -errno;
	if (!ret)
		return 0;
	return fcd_err_set(err, ret, "it is installed beside this program, or built with it",
			   "%s: %s", c->tracer, strerror(-ret));
}

/* The tracer's command line, to be freed. */
static char **make_words(const struct fcd_command *c, const char *socket)
{
	const char *const first[] = { c->tracer, "--require-daemon", "--socket", socket, "--" };
	const size_t before = sizeof(first) / sizeof(first[0]);
	size_t count = 0;
	char **words;

	while (c->words[count])
		count++;
	words = calloc(before + count + 1, sizeof(*words));
	if (!words)
		return NULL;
	memcpy(words, first, sizeof(first));
	memcpy(words + before, c->words, count * sizeof(*words));
	return words;
}

/* In the new process. */
static void become(const struct fcd_command *c, char **words, const sigset_t *mask)
{
	size_t i;

	/* What was ignored when we were started stays so: nohup. */
	for (i = 0; i < OURS; i++)
		signal(ours[i], sigismember(&c->ignored, ours[i]) ? SIG_IGN : SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execv(c->tracer, words);
	fcd_log(FCD_LOG_ERROR, "%s: %s", c->tracer, strerrordesc_np(errno));
	_exit(125); /* as env says it: no failure of the command's own */
}

int fcd_command_start(struct fcd_command *c, const char *socket)
{
	char **words = make_words(c, socket);
	sigset_t all, mask;
	int ret = 0;

	if (!words)
		return -ENOMEM;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	/* The loop's handlers must not run twice: they write to what both processes have. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	c->pid = fork();
	if (!c->pid)
		become(c, words, &mask);
	if (c->pid < 0)
		ret = -errno;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	free(words);
	return ret;
}

bool fcd_command_has_ended(struct fcd_command *c)
{
	int status;

	if (c->pid <= 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
		return false;
	c->pid = 0;
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}
