// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/config_keys.h"
#include "core/err.h"
#include "core/spot.h"

#define FILE_MAX (1 << 20)

int fcd_config_init(struct fcd_config *c)
{
	*c = (struct fcd_config){
		.engine = strdup("auto"),
		.socket_group = strdup("falco-capture"),
		.broadcast_bytes = 16 << 20,
		.priority_bytes = 4 << 20,
		.hold_ms = 2,
		.linger_ms = 5000,
		.clients = 64,
		.request_bytes = 64 << 10,
		.log_level = FCD_CONFIG_NO_LEVEL,
		.engines = json_object(),
		.from = json_object(),
	};
	if (c->engine && c->socket_group && c->engines && c->from)
		return 0;
	fcd_config_fini(c);
	return -ENOMEM;
}

void fcd_config_fini(struct fcd_config *c)
{
	free(c->engine);
	free(c->engine_dir);
	free(c->socket);
	free(c->socket_group);
	free(c->source);
	json_decref(c->engines);
	json_decref(c->from);
	fcd_access_fini(&c->access);
	*c = (struct fcd_config){ 0 };
}

int fcd_config_set(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

int fcd_config_check_engine(const char *name)
{
	const char *p;

	for (p = name; isalnum((unsigned char)*p) || *p == '-' || *p == '_'; p++)
		;
	return *p || p == name || p - name > 15 ? -EINVAL : 0;
}

int fcd_config_parse(struct fcd_config *c, const char *name, const char *text, size_t len,
		     struct fcd_err *err)
{
	struct fcd_spot spot = { .source = name, .err = err, .path = "$" };
	json_error_t at;
	json_t *root;
	int ret;

	if (fcd_config_set(&c->source, name))
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
	if (!root)
		return fcd_err_set(err, -EINVAL, "the file is one JSON object, without comments",
				   "%s:%d:%d: %s", name, at.line, at.column, at.text);
	ret = fcd_config_take(c, &spot, root);
	json_decref(root);
	return ret;
}

/* A config is small: what is larger than FILE_MAX is something else. */
static int read_file(int fd, char **out, size_t *len)
{
	char *text = malloc(FILE_MAX);
	size_t got = 0;
	ssize_t n;
	int err;

	if (!text)
		return -ENOMEM;
	while ((n = read(fd, text + got, FILE_MAX - got)) > 0)
		got += (size_t)n;
	err = n < 0 ? -errno : got == FILE_MAX ? -EFBIG : 0;
	if (err) {
		free(text);
		return err;
	}
	*out = text;
	*len = got;
	return 0;
}

int fcd_config_load(struct fcd_config *c, const char *path, struct fcd_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;
	char *text = NULL;
	size_t len = 0;

	if (fd < 0)
		return fcd_err_set(err, -errno, "see --config", "%s: %s", path, strerror(errno));
	ret = read_file(fd, &text, &len);
	close(fd);
	if (ret)
		return fcd_err_set(err, ret, NULL, "%s: %s", path, strerror(-ret));
	ret = fcd_config_parse(c, path, text, len, err);
	free(text);
	return ret;
}

int fcd_config_bpf_probe(struct fcd_config *c, const char *probe, struct fcd_err *err)
{
	json_t *bpf;

	if (!probe)
		return 0;
	bpf = json_object_get(c->engines, "bpf");
	if (!bpf && !json_object_set_new(c->engines, "bpf", json_object()))
		bpf = json_object_get(c->engines, "bpf");
	if (json_object_set_new(bpf, "probe", json_string(probe)))
		return fcd_err_set(err, -EINVAL, "give the path of a BPF object, or nothing",
				   "FALCO_BPF_PROBE is not valid UTF-8");
	if (fcd_config_set(&c->engine, "bpf") ||
	    fcd_config_note(c, "$.engine", "environment FALCO_BPF_PROBE") ||
	    fcd_config_note(c, "$.engines.bpf.probe", "environment FALCO_BPF_PROBE"))
		return fcd_err_set(err, -ENOMEM, NULL, "out of memory");
	return 0;
}

void fcd_config_adopt(struct fcd_config *c, struct fcd_config *next)
{
	struct fcd_access old = c->access;

	c->linger_ms = next->linger_ms;
	c->clients = next->clients;
	c->request_bytes = next->request_bytes;
	c->log_level = next->log_level;
	c->access = next->access;
	next->access = old;
}

const char *fcd_config_section(const struct fcd_config *c, unsigned int i)
{
	void *at;

	for (at = json_object_iter(c->engines); at && i; i--)
		at = json_object_iter_next(c->engines, at);
	return at ? json_object_iter_key(at) : NULL;
}
