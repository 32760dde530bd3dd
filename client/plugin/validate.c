// SPDX-License-Identifier: MIT
#include <string.h>
#include "client/plugin/validate.h"
#include "core/decode.h"
#include "core/table_data.h"

/* What is wanted of a parameter that has a value, if not a width. */
#define ANY    0
#define STRING 0xfe
#define SHAPE  0xff /* asked for less often: the decoder's own check */

static const char *const full[] = {
	"SYSCALL_CLONE_20_X",  "SYSCALL_FORK_20_X",  "SYSCALL_VFORK_20_X", "SYSCALL_CLONE3_X",
	"SYSCALL_EXECVE_19_X", "SYSCALL_EXECVEAT_X", "GENERIC_X",
};

uint32_t fcd_validator_limit(uint32_t schema)
{
	switch (schema) {
	case 2: /* Falco 0.36 and later */
		return 418;
	case 3: /* 0.40 */
	case 4: /* 0.42 and 0.43 */
		return 430;
	default:
		return FCD_EVENTS_COUNT;
	}
}

static uint8_t want_of(const struct fcd_param_info *info)
{
	switch (info->type) {
	case FCD_T_CHARBUF:
	case FCD_T_FSPATH:
	case FCD_T_FSRELPATH:
		return STRING;
	case FCD_T_BYTEBUF:
		return info->format == FCD_F_STRINGS ? SHAPE : ANY;
	default:
		return fcd_type_width(info->type) ? (uint8_t)fcd_type_width(info->type) : SHAPE;
	}
}

static bool is_live(const struct fcd_event_info *info)
{
	return !(info->flags & (FCD_EF_UNUSED | FCD_EF_LARGE_PAYLOAD | FCD_EF_OLD_VERSION)) &&
	       strcmp(info->source, "iter");
}

static void type_init(struct fcd_validator_type *t, const struct fcd_event_info *info)
{
	uint8_t i;

	t->is_live = is_live(info);
	t->nparams = info->nparams;
	for (i = 0; i < info->nparams; i++) {
		t->want[i] = want_of(&info->params[i]);
		if (t->want[i] == ANY && !strcmp(info->params[i].name, "data"))
			t->data = i;
	}
}

void fcd_validator_init(struct fcd_validator *v, uint32_t schema)
{
	uint32_t i;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < fcd_validator_limit(schema); i++)
		type_init(&v->type[i], &fcd_events[i]);
	for (i = 0; i < sizeof(full) / sizeof(full[0]); i++)
		v->type[fcd_event_by_code(full[i])->id].is_full = true;
	/* Falco ends when a CPU comes or goes. */
	v->type[fcd_event_by_code("CPU_HOTPLUG_E")->id].is_live = false;
}

/* Does the system call that a GENERIC event names exist in the table that Falco looks it up in? */
static bool is_known_call(const uint8_t *data)
{
	uint16_t code, nr;
	const struct fcd_syscall_info *call;

	memcpy(&code, data, sizeof(code));
	memcpy(&nr, data + sizeof(code), sizeof(nr));
	call = fcd_syscall_by_nr(nr);
	return call && call->code == code;
}

static inline bool is_value(const struct fcd_param_info *info, uint8_t want, const uint8_t *data,
			    uint32_t len)
{
	switch (want) {
	case ANY:
		return true;
	case STRING:
		return memchr(data, 0, len) == data + len - 1;
	case SHAPE:
		return fcd_value_fits(info, data, len);
	default:
		return len == want;
	}
}

bool fcd_validator_pass(const struct fcd_validator *v, const void *event, uint32_t len)
{
	const struct fcd_validator_type *type;
	const uint8_t *lengths = (const uint8_t *)event + FCD_EVENT_HEADER, *data;
	struct fcd_event h;
	uint32_t left, i;
	uint16_t n;

	if (len < sizeof(h))
		return false;
	memcpy(&h, event, sizeof(h));
	if (h.bytes < sizeof(h) || h.bytes > len || h.type >= FCD_EVENTS_COUNT)
		return false;
	type = &v->type[h.type];
	if (!type->is_live || h.nparams != type->nparams || h.nparams * 2 > h.bytes - sizeof(h))
		return false;
	left = h.bytes - FCD_EVENT_HEADER - h.nparams * 2;
	data = lengths + h.nparams * sizeof(n);
	for (i = 0; i < h.nparams; i++, data += n, left -= n) {
		memcpy(&n, lengths + i * sizeof(n), sizeof(n));
		if (n > left)
			return false;
		if (n && !is_value(&fcd_events[h.type].params[i], type->want[i], data, n))
			return false;
		if (!n && type->is_full && type->want[i] && type->want[i] < STRING)
			return false;
	}
	if (left)
		return false;
	return h.type != FCD_GENERIC_X || is_known_call(lengths + 4);
}
