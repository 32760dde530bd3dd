/* SPDX-License-Identifier: MIT */
/* format.c - a record as one line of JSON or text. */
#include <errno.h>
#include <string.h>
#include "core/decode.h"
#include "core/format.h"
#include "core/format_value.h"
#include "core/table_data.h"

/* ---- names of losses ---- */

static const struct {
	const char *name, *stage;
} losses[FCD_LOSSES] = {
	[FCD_LOSS_RING_FULL] = { "ring_full", "engine" },
	[FCD_LOSS_NESTED] = { "nested", "engine" },
	[FCD_LOSS_TOO_BIG] = { "too_big", "engine" },
	[FCD_LOSS_NO_RING] = { "no_ring", "engine" },
	[FCD_LOSS_MISSED] = { "missed", "engine" },
	[FCD_LOSS_BROKEN] = { "broken", "merge" },
	[FCD_LOSS_OVERRUN] = { "overrun", "subscriber" },
	[FCD_LOSS_RESTART] = { "restart", "subscriber" },
};

const char *fcd_loss_name(uint32_t cause)
{
	return cause < FCD_LOSSES ? losses[cause].name : "unknown";
}

const char *fcd_loss_stage(uint32_t cause)
{
	return cause < FCD_LOSSES ? losses[cause].stage : "unknown";
}

/* ---- pieces ---- */

static void key_str(struct fcd_text *t, const char *key, const char *value)
{
	fcd_text_str(t, key);
	fcd_text_char(t, '"');
	fcd_text_str(t, value);
	fcd_text_char(t, '"');
}

static void key_u64(struct fcd_text *t, const char *key, uint64_t value)
{
	fcd_text_str(t, key);
	fcd_format_u64(t, true, value);
}

/* {"ts":"...","seq":9 */
static void json_begin(struct fcd_text *t, uint64_t ts_ns, uint64_t seq)
{
	fcd_text_str(t, "{\"ts\":\"");
	fcd_text_time(t, ts_ns);
	fcd_text_char(t, '"');
	key_u64(t, ",\"seq\":", seq);
}

static bool is_generic(const struct fcd_view *v)
{
	return v->info->id == FCD_GENERIC_E || v->info->id == FCD_GENERIC_X;
}

static const char *generic_name(const struct fcd_view *v)
{
	const struct fcd_param *nr = &v->param[1];
	const struct fcd_syscall_info *call;

	call = nr->len ? fcd_syscall_by_nr((uint32_t)fcd_param_int(nr)) : NULL;
	return call ? call->name : "unknown";
}

/* Tracepoints have but one side, whatever the schema calls it. */
static bool is_enter(const struct fcd_view *v)
{
	return v->info->is_enter && !strcmp(v->info->source, "syscall");
}

static bool is_result(const struct fcd_view *v, uint32_t i)
{
	return !i && fcd_event_has_result(v->info);
}

/* ---- an event ---- */

/* Is it a key of the event itself? */
static bool is_taken(const char *name)
{
	static const char *const taken[] = { "cpu", "pid", "tid",  "type",     "dir",
					     "seq", "ts",  "proc", "container" };

	if (!strchr("cptds", name[0]))
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return true;
	return false;
}

static void json_params(struct fcd_text *t, const struct fcd_view *v)
{
	for (uint32_t i = 0; i < v->nparams; i++) {
		const char *name = v->param[i].info->name;

		fcd_text_str(t, is_taken(name) ? ",\"arg_" : ",\"");
		fcd_text_str(t, name);
		fcd_text_add(t, "\":", 2);
		fcd_format_value(t, true, &v->param[i], is_result(v, i));
	}
}

static void json_process(struct fcd_text *t, const struct fcd_process *process)
{
	if (!process)
		return;
	fcd_text_str(t, ",\"proc\":");
	fcd_text_json(t, process->comm, strnlen(process->comm, sizeof(process->comm)));
	if (process->container[0]) {
		fcd_text_str(t, ",\"container\":");
		fcd_text_json(t, process->container, strlen(process->container));
	}
}

static void json_event(struct fcd_text *t, const struct fcd_envelope *e, const struct fcd_view *v,
		       const struct fcd_process *process)
{
	json_begin(t, v->ts_ns, e->seq);
	key_u64(t, ",\"cpu\":", e->cpu);
	key_u64(t, ",\"pid\":", e->tgid);
	key_u64(t, ",\"tid\":", v->tid);
	json_process(t, process);
	key_str(t, ",\"type\":", v->info->name);
	if (is_enter(v))
		fcd_text_str(t, ",\"dir\":\"enter\"");
	if (e->flags & FCD_LATE)
		fcd_text_str(t, ",\"late\":true");
	if (e->flags & FCD_COMPAT)
		fcd_text_str(t, ",\"compat\":true");
	if (is_generic(v)) {
		key_str(t, ",\"syscall\":", generic_name(v));
		fcd_text_str(t, ",\"nr\":");
		fcd_format_value(t, true, &v->param[1], false);
	} else {
		json_params(t, v);
	}
	fcd_text_add(t, "}\n", 2);
}

static void text_params(struct fcd_text *t, const struct fcd_view *v)
{
	for (uint32_t i = 0; i < v->nparams; i++) {
		fcd_text_char(t, ' ');
		fcd_text_str(t, v->param[i].info->name);
		fcd_text_char(t, '=');
		fcd_format_value(t, false, &v->param[i], is_result(v, i));
	}
}

/* cat(4242)@3ad7b26ded6d */
static void text_thread(struct fcd_text *t, uint64_t tid, const struct fcd_process *process)
{
	if (!process) {
		fcd_text_u64(t, tid);
		return;
	}
	fcd_text_plain(t, process->comm, strnlen(process->comm, sizeof(process->comm)));
	fcd_text_char(t, '(');
	fcd_text_u64(t, tid);
	fcd_text_char(t, ')');
	if (process->container[0]) {
		fcd_text_char(t, '@');
		fcd_text_plain(t, process->container, strlen(process->container));
	}
}

static void text_event(struct fcd_text *t, const struct fcd_envelope *e, const struct fcd_view *v,
		       const struct fcd_process *process)
{
	fcd_text_clock(t, v->ts_ns);
	fcd_text_char(t, ' ');
	fcd_text_u64(t, e->cpu);
	fcd_text_char(t, ' ');
	text_thread(t, v->tid, process);
	fcd_text_char(t, ' ');
	fcd_text_str(t, v->info->name);
	fcd_text_str(t, is_enter(v) ? " (enter)" : "");
	fcd_text_str(t, e->flags & FCD_LATE ? " (late)" : "");
	fcd_text_str(t, e->flags & FCD_COMPAT ? " (32-bit)" : "");
	if (is_generic(v)) {
		fcd_text_str(t, " syscall=");
		fcd_text_str(t, generic_name(v));
		fcd_text_str(t, " nr=");
		fcd_format_value(t, false, &v->param[1], false);
	} else {
		text_params(t, v);
	}
	fcd_text_char(t, '\n');
}

/* ---- gaps and marks ---- */

static void format_gap(struct fcd_text *t, bool json, uint64_t seq, const struct fcd_gap *gap)
{
	const char *name = fcd_loss_name(gap->cause), *stage = fcd_loss_stage(gap->cause);

	if (json) {
		json_begin(t, gap->ts_ns, seq);
		key_u64(t, ",\"type\":\"gap\",\"lost\":", gap->lost);
		key_str(t, ",\"stage\":", stage);
		key_str(t, ",\"cause\":", name);
		key_u64(t, ",\"total\":", gap->total);
		fcd_text_add(t, "}\n", 2);
		return;
	}
	fcd_text_clock(t, gap->ts_ns);
	fcd_text_str(t, " gap lost=");
	fcd_text_u64(t, gap->lost);
	fcd_text_str(t, " stage=");
	fcd_text_str(t, stage);
	fcd_text_str(t, " cause=");
	fcd_text_str(t, name);
	fcd_text_str(t, " total=");
	fcd_text_u64(t, gap->total);
	fcd_text_char(t, '\n');
}

static void format_mark(struct fcd_text *t, bool json, uint64_t seq, const struct fcd_mark *mark)
{
	if (json) {
		json_begin(t, mark->ts_ns, seq);
		fcd_text_str(t, ",\"type\":\"mark\",\"shift_ns\":");
		fcd_format_i64(t, true, mark->shift_ns);
		fcd_text_add(t, "}\n", 2);
		return;
	}
	fcd_text_clock(t, mark->ts_ns);
	fcd_text_str(t, " mark shift_ns=");
	fcd_text_i64(t, mark->shift_ns);
	fcd_text_char(t, '\n');
}

/* ---- a record ---- */

static int format_event(struct fcd_text *t, bool json, const struct fcd_envelope *e,
			const struct fcd_process *process)
{
	size_t len = e->bytes - sizeof(*e);
	struct fcd_view v;

	if (fcd_decode(e + 1, len, &v) || v.bytes != len)
		return -EPROTO;
	(json ? json_event : text_event)(t, e, &v, process);
	return 0;
}

static int format_record(struct fcd_text *t, bool json, const struct fcd_envelope *e, size_t len,
			 const struct fcd_process *process)
{
	const void *body = e + 1;
	struct fcd_mark mark;
	struct fcd_gap gap;

	if (len < sizeof(*e) || e->bytes < sizeof(*e) || e->bytes > len)
		return -EPROTO;
	len = e->bytes - sizeof(*e);
	switch (e->kind) {
	case FCD_EVENT:
		return format_event(t, json, e, process);
	case FCD_GAP:
		if (len < sizeof(gap))
			return -EPROTO;
		memcpy(&gap, body, sizeof(gap));
		format_gap(t, json, e->seq, &gap);
		return 0;
	case FCD_MARK:
		if (len < sizeof(mark))
			return -EPROTO;
		memcpy(&mark, body, sizeof(mark));
		format_mark(t, json, e->seq, &mark);
		return 0;
	default:
		return -EPROTO;
	}
}

int fcd_format_json(struct fcd_text *t, const struct fcd_envelope *record, size_t len,
		    const struct fcd_process *process)
{
	return format_record(t, true, record, len, process);
}

int fcd_format_text(struct fcd_text *t, const struct fcd_envelope *record, size_t len,
		    const struct fcd_process *process)
{
	return format_record(t, false, record, len, process);
}
