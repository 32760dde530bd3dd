// SPDX-License-Identifier: MIT
/* main.c - conformance: does an engine keep to abi/engine.h? Says so in TAP. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/conformance/left.h"
#include "tests/conformance/load.h"
#include "tests/conformance/suite.h"

#define CLAIM_SECONDS 120
#define ONLY_MAX      32

static const struct claim *const tables[] = { file_claims, life_claims, interest_claims,
					      ring_claims, snapshot_claims };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

struct suite suite;

/* What a claim's process tells the one that waits for it. */
static struct verdict {
	enum { UNDECIDED, PASSED, FAILED, SKIPPED } state;
	char text[2048];
	bool is_refused;
	struct fcd_err refusal;
} * verdict;

static const char usage[] =
	"usage: conformance [options] ENGINE.so [key=value...]\n"
	"\n"
	"Tries whether an engine keeps to abi/engine.h, claim by claim, and reports in TAP. The\n"
	"engine gets the options that are given, as the daemon's config would give them.\n"
	"Small rings (ring_bytes=262144 or the like) make it quick.\n"
	"\n"
	"  --with 'CMD ARG...'  how a program is started so that the engine sees it; {socket}\n"
	"                       stands for the path of the host's socket. Without it: as it is\n"
	"  --generator          the engine makes its events itself: claims that count a program's\n"
	"                       system calls are left out\n"
	"  --only NAME          this claim alone, or those of several such options\n"
	"  --help               this, and what each claim says\n"
	"\n"
	"An engine that sees programs must know kill, close and openat. Exit status: 0 each claim\n"
	"holds, 1 not each, 2 wrong usage, 77 the engine says that it cannot work here.\n"
	"\n"
	"In all claims: the engine prints nothing, does not end the process, logs single lines.\n";

/* ---- how a claim ends ---- */

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, args);
	va_end(args);
	verdict->state = FAILED;
	_exit(1);
}

void skip(const char *text)
{
	snprintf(verdict->text, sizeof(verdict->text), "%s", text);
	verdict->state = SKIPPED;
	_exit(1);
}

void engine_is_refused(const struct fcd_err *why)
{
	verdict->refusal = *why;
	verdict->is_refused = true;
}

/* ---- one claim ---- */

/* The claim's process: standard output and error are the engine's, and watched. */
static _Noreturn void claim_process(const struct claim *c, int output)
{
	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	alarm(CLAIM_SECONDS);
	c->run();
	verdict->state = PASSED;
	exit(0);
}

/* Something else is wrong with it too. */
static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
	size_t len = verdict->state == FAILED ? strlen(verdict->text) : 0;
	va_list args;

	if (len && len < sizeof(verdict->text) - 1)
		verdict->text[len++] = '\n';
	va_start(args, format);
	vsnprintf(verdict->text + len, sizeof(verdict->text) - len, format, args);
	va_end(args);
	verdict->state = FAILED;
}

/* What the process did besides deciding: that is the engine's doing. */
static void judge(int status, int output, bool is_clean)
{
	char printed[256];
	ssize_t got = pread(output, printed, sizeof(printed) - 1, 0);

	if (verdict->state == PASSED && !is_clean)
		complain("the engine left a file beside the host's socket");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		complain("it did not come to an end within %d seconds", CLAIM_SECONDS);
	else if (WIFSIGNALED(status))
		complain("the engine ended the process: %s", strsignal(WTERMSIG(status)));
	else if (verdict->state == UNDECIDED || (verdict->state == PASSED && status))
		complain("the engine ended the process with status %d", WEXITSTATUS(status));
	if (got <= 0)
		return;
	printed[got] = '\0';
	complain("the engine printed: %.*s", (int)strcspn(printed, "\n"), printed);
}

static int claim_try(const struct claim *c)
{
	int output = memfd_create("printed", MFD_CLOEXEC), status;
	pid_t pid;

	verdict->state = UNDECIDED;
	verdict->text[0] = '\0';
	dir_make();
	fflush(stdout);
	pid = output < 0 ? -1 : fork();
	if (!pid)
		claim_process(c, output);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return perror("conformance"), -1;
	kill(-pid, SIGKILL); /* programs that a failed claim left running */
	judge(status, output, dir_remove());
	close(output);
	return 0;
}

/* ---- all of them ---- */

static void report_text(const char *text)
{
	int len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = (int)strcspn(text, "\n");
		printf("# %.*s\n", len, text);
	}
}

static void report(const struct claim *c, int number)
{
	const char *skipped = verdict->state == SKIPPED ? " # SKIP " : "";

	printf("%s %d - %s: %s%s%s\n", verdict->state == FAILED ? "not ok" : "ok", number, c->name,
	       c->text, skipped, verdict->state == SKIPPED ? verdict->text : "");
	if (verdict->state == FAILED)
		report_text(verdict->text);
}

static bool is_asked_for(const char *const *only, const char *name)
{
	for (; *only && strcmp(*only, name); only++)
		;
	return *only;
}

/* What can be tried of an engine that cannot work here: what is in tables[0]. */
static int run(const char *const *only)
{
	const struct claim *c;
	int number = 0, failed = 0;

	for (size_t t = 0; t < TABLES && !(t && verdict->is_refused); t++) {
		for (c = tables[t]; c->name; c++) {
			if (*only && !is_asked_for(only, c->name))
				continue;
			if (claim_try(c))
				return 1;
			report(c, ++number);
			failed += verdict->state == FAILED;
		}
	}
	if (verdict->is_refused)
		printf("# %s (%s)\n", verdict->refusal.text, verdict->refusal.hint);
	printf("1..%d%s\n", number,
	       verdict->is_refused
		       ? " # the engine cannot work here: the other claims are not tried"
		       : "");
	if (!number)
		return 2;
	return failed ? 1 : verdict->is_refused ? 77 : 0;
}

static void help(void)
{
	fputs(usage, stdout);
	for (size_t t = 0; t < TABLES; t++)
		for (const struct claim *c = tables[t]; c->name; c++)
			printf("\n%s\n    %s.\n", c->name, c->text);
}

/* The words of a command, NULL at the end. */
static char **words_of(const char *command)
{
	size_t room = strlen(command) / 2 + 2, n = 0;
	char **words = calloc(room, sizeof(*words)), *rest = strdup(command), *word;

	while (words && rest && (word = strsep(&rest, " ")))
		if (*word)
			words[n++] = word;
	return words;
}

/* What is wrong with the command line, or NULL. */
static const char *parse(int argc, char **argv, const char **only)
{
	static const struct option known[] = { { "with", required_argument, NULL, 'w' },
					       { "generator", no_argument, NULL, 'g' },
					       { "only", required_argument, NULL, 'o' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	int opt, onlies = 0;

	while ((opt = getopt_long(argc, argv, "+", known, NULL)) >= 0) {
		if (opt == 'w')
			suite.with = words_of(optarg);
		else if (opt == 'g')
			suite.is_generator = true;
		else if (opt == 'o' && onlies < ONLY_MAX)
			only[onlies++] = optarg;
		else if (opt == 'h')
			help(), exit(0);
		else
			return "an option that is not known";
	}
	suite.options = argv + optind + 1;
	return optind < argc ? NULL : "which engine?";
}

int main(int argc, char **argv)
{
	static char program[PATH_MAX], engine[PATH_MAX];
	const char *only[ONLY_MAX + 1] = { NULL }, *wrong;

	if (argc == 2 && !strcmp(argv[1], LOAD_WORD))
		load_main();
	wrong = parse(argc, argv, only);
	if (wrong) {
		fprintf(stderr, "conformance: %s\n%s", wrong, usage);
		return 2;
	}
	suite.engine = realpath(argv[optind], engine);
	if (!suite.engine)
		return perror(argv[optind]), 2;
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return perror("/proc/self/exe"), 2;
	suite.program = program;
	suite.error_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (verdict == MAP_FAILED)
		return perror("conformance"), 2;
	return run(only);
}
