// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "falco.h"

#define INPUT_BYTES 32 /* what a plugin that asks for API 3.0.0 may read of init's input */

void falco_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("Error: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* ---- load ---- */

static void *symbol(const struct falco *f, const char *name, bool is_needed)
{
	void *at = dlsym(f->object, name);

	if (!at && is_needed)
		falco_fail("required symbol not implemented: '%s'", name);
	return at;
}

static void check_api(const char *text, unsigned int host_minor)
{
	unsigned int major, minor, patch;

	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) != 3)
		falco_fail("'%s' is no API version", text);
	if (major != 3 || minor > host_minor || (minor == host_minor && patch))
		falco_fail("API version %s is not of a host with 3.%u.0", text, host_minor);
}

static void check_words(const struct falco *f, const char *name)
{
	unsigned int part;

	if (sscanf(f->version(), "%u.%u.%u", &part, &part, &part) != 3)
		falco_fail("'%s' is no version", f->version());
	if (strcmp(f->name(), name))
		falco_fail("plugin %s does not exist", name);
	if (!f->description() || !f->contact())
		falco_fail("no description or contact");
}

/* The source of system calls is the one without an id and a name. */
static void check_source(const struct falco *f)
{
	const char *source = f->source ? f->source() : "";

	if (!source)
		falco_fail("an event source that is NULL");
	if ((f->id && f->id()) || source[0])
		falco_fail("a source of its own, '%s'", source);
}

static void look_up(struct falco *f)
{
	f->version = symbol(f, "plugin_get_version", true);
	f->name = symbol(f, "plugin_get_name", true);
	f->description = symbol(f, "plugin_get_description", true);
	f->contact = symbol(f, "plugin_get_contact", true);
	f->init = symbol(f, "plugin_init", true);
	f->destroy = symbol(f, "plugin_destroy", true);
	f->last_error = symbol(f, "plugin_get_last_error", true);
	f->id = symbol(f, "plugin_get_id", false);
	f->source = symbol(f, "plugin_get_event_source", false);
	f->init_schema = symbol(f, "plugin_get_init_schema", false);
	f->metrics = symbol(f, "plugin_get_metrics", false);
	f->open = symbol(f, "plugin_open", false);
	f->close = symbol(f, "plugin_close", false);
	f->next_batch = symbol(f, "plugin_next_batch", false);
	if (!f->open || !f->close || !f->next_batch)
		falco_fail("broken plugin capabilities");
}

void falco_load(struct falco *f, const char *path, const char *name, unsigned int host_minor)
{
	memset(f, 0, sizeof(*f));
	f->path = path;
	f->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!f->object)
		falco_fail("%s", dlerror());
	f->api = symbol(f, "plugin_get_required_api_version", true);
	check_api(f->api(), host_minor);
	look_up(f);
	check_words(f, name);
	check_source(f);
}

void falco_unload(struct falco *f)
{
	dlclose(f->object);
	f->object = dlopen(f->path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	if (f->object)
		falco_fail("it is still loaded after dlclose");
}

/* ---- init and open ---- */

static _Thread_local int32_t rc; /* of the call that returns a pointer */

static const char *owner_error(void *owner)
{
	(void)owner;
	return "";
}

/* As an older Falco passes it: what lies behind it cannot be read. */
static void *init_with(const struct falco *f, const char *config)
{
	const void *in[] = { config, &in, (const void *)owner_error, NULL };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *state;

	_Static_assert(sizeof(in) == INPUT_BYTES, "four pointers");
	if (at == MAP_FAILED || mprotect(at + page, page, PROT_NONE))
		falco_fail("no memory");
	memcpy(at + page - sizeof(in), in, sizeof(in));
	rc = 4242;
	state = f->init(at + page - sizeof(in), &rc);
	munmap(at, 2 * page);
	return state;
}

void *falco_init(const struct falco *f, const char *config, char error[1024])
{
	char *lent = strdup(config);
	void *state = init_with(f, lent);

	memset(lent, 'x', strlen(lent)); /* valid during the call only */
	free(lent);
	if (rc == FALCO_SUCCESS && state)
		return state;
	if (rc != FALCO_SUCCESS && rc != FALCO_FAILURE)
		falco_fail("init says %d", rc);
	if (!state)
		falco_fail("plugin handle or 'get_last_error' function not defined");
	snprintf(error, 1024, "%s", f->last_error(state));
	f->destroy(state);
	return NULL;
}

void *falco_open(const struct falco *f, void *s)
{
	char error[256];
	void *handle;

	rc = 4242;
	handle = f->open(s, "", &rc);
	if (rc == FALCO_SUCCESS && handle)
		return handle;
	snprintf(error, sizeof(error), "%s", f->last_error(s));
	f->close(s, NULL);
	f->destroy(s);
	falco_fail("open: %d, %s", rc, error);
}
