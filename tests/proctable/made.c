/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "made.h"

static struct sample *param(struct made *m, const char *name)
{
	for (uint32_t i = 0; i < m->info->nparams; i++)
		if (!strcmp(m->info->params[i].name, name))
			return &m->params[i];
	ck_abort_msg("%s has no %s", m->info->code, name);
}

void made_begin(struct made *m, const char *code, uint32_t tgid)
{
	free(m->e);
	memset(m, 0, sizeof(*m));
	m->info = fcd_event_by_code(code);
	for (uint32_t i = 0; i < m->info->nparams; i++)
		m->params[i].len = sample_width(m->info->params[i].type);
	m->tgid = tgid;
	m->tid = tgid;
}

void made_number(struct made *m, const char *name, int64_t value)
{
	struct sample *s = param(m, name);

	memcpy(s->bytes, &value, s->len);
}

void made_bytes(struct made *m, const char *name, const void *data, uint32_t len)
{
	struct sample *s = param(m, name);

	ck_assert_uint_le(len, sizeof(s->bytes));
	memcpy(s->bytes, data, len);
	s->len = len;
}

void made_text(struct made *m, const char *name, const char *value)
{
	made_bytes(m, name, value, (uint32_t)strlen(value) + 1);
}

const struct fcd_envelope *made_end(struct made *m)
{
	size_t len;

	m->e = encode_record(m->info, m->params, &len);
	m->e->tgid = m->tgid;
	m->e->flags = m->flags;
	((struct fcd_event *)(m->e + 1))->tid = m->tid;
	return m->e;
}
