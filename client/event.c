// SPDX-License-Identifier: MIT
/* What is in a record: an event's name and parameters, and all of it as a line. */
#include <errno.h>
#include "core/decode.h"
#include "core/format.h"
#include "client/internal.h"

static int decode(const struct fcd_envelope *record, struct fcd_view *v)
{
	if (record->kind != FCD_EVENT || record->bytes < sizeof(*record))
		return -EPROTO;
	return fcd_decode(record + 1, record->bytes - sizeof(*record), v);
}

const char *fcd_client_event_name(const struct fcd_envelope *record)
{
	const struct fcd_syscall_info *syscall;
	const struct fcd_param *code;
	struct fcd_view v;

	if (decode(record, &v))
		return NULL;
	code = fcd_view_param(&v, "ID");
	if (!code || code->info->type != FCD_T_SYSCALLID)
		return v.info->name;
	/* A system call without an event of its own. */
	syscall = fcd_syscall_by_code((uint32_t)fcd_param_int(code));
	return syscall ? syscall->name : NULL;
}

static int find(const struct fcd_envelope *record, const char *name, struct fcd_param *out)
{
	const struct fcd_param *p;
	struct fcd_view v;
	int err = decode(record, &v);

	if (err)
		return err == -ENOENT ? -EPROTO : err;
	p = fcd_view_param(&v, name);
	if (!p)
		return -ENOENT;
	if (!p->len)
		return -ENODATA;
	*out = *p;
	return 0;
}

int fcd_client_number(const struct fcd_envelope *record, const char *name, int64_t *out)
{
	struct fcd_param p;
	int err = find(record, name, &p);
	unsigned int width;

	if (err)
		return err;
	width = fcd_type_width(p.info->type);
	if (!width || width > sizeof(*out))
		return -EINVAL;
	*out = fcd_param_int(&p);
	return 0;
}

int fcd_client_string(const struct fcd_envelope *record, const char *name, const char **out)
{
	struct fcd_param p;
	int err = find(record, name, &p);

	if (err)
		return err;
	if (p.info->type != FCD_T_CHARBUF && p.info->type != FCD_T_FSPATH &&
	    p.info->type != FCD_T_FSRELPATH)
		return -EINVAL;
	*out = fcd_param_text(&p);
	return 0;
}

int fcd_client_bytes(const struct fcd_envelope *record, const char *name, const void **out,
		     size_t *len)
{
	struct fcd_param p;
	int err = find(record, name, &p);

	if (err)
		return err;
	*out = p.data;
	*len = p.len;
	return 0;
}

/* ---- as a line ---- */

typedef int format_fn(struct fcd_text *t, const struct fcd_envelope *record, size_t len,
		      const struct fcd_process *process);

static char *format(format_fn *fn, struct fcd_client *c, const struct fcd_envelope *record)
{
	const struct fcd_process *process = NULL;
	struct fcd_text t = { 0 };

	if (c && c->processes && record->kind == FCD_EVENT)
		process = fcd_proctable_find(c->processes, record->tgid);
	if (record->bytes < sizeof(*record) || fn(&t, record, record->bytes, process))
		goto err_free;
	fcd_text_char(&t, 0);
	if (t.failed)
		goto err_free;
	return t.at;

err_free:
	fcd_text_free(&t);
	return NULL;
}

char *fcd_client_json(struct fcd_client *c, const struct fcd_envelope *record)
{
	return format(fcd_format_json, c, record);
}

char *fcd_client_text(struct fcd_client *c, const struct fcd_envelope *record)
{
	return format(fcd_format_text, c, record);
}
