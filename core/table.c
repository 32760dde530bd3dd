/* SPDX-License-Identifier: MIT */
/* table.c - lookups in the generated tables. */
#include <string.h>
#include "core/table.h"
#include "core/table_data.h"

const struct fcd_event_info *fcd_event_info(uint32_t id)
{
	return id < FCD_EVENTS_COUNT ? &fcd_events[id] : NULL;
}

const struct fcd_event_info *fcd_event_by_code(const char *code)
{
	for (uint32_t id = 0; id < FCD_EVENTS_COUNT; id++)
		if (!strcmp(fcd_events[id].code, code))
			return &fcd_events[id];
	return NULL;
}

bool fcd_event_has_result(const struct fcd_event_info *info)
{
	const char *name = info->nparams ? info->params[0].name : "";

	return !info->is_enter && (!strcmp(name, "res") || !strcmp(name, "fd"));
}

const struct fcd_syscall_info *fcd_syscall_by_nr(uint32_t nr)
{
	return nr < FCD_SYSCALLS_MAX && fcd_syscalls[nr].name ? &fcd_syscalls[nr] : NULL;
}

const struct fcd_syscall_info *fcd_syscall_by_name(const char *name)
{
	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (fcd_syscalls[nr].name && !strcmp(fcd_syscalls[nr].name, name))
			return &fcd_syscalls[nr];
	return NULL;
}

const struct fcd_syscall_info *fcd_syscall_by_code(uint32_t code)
{
	for (uint32_t nr = 0; nr < FCD_SYSCALLS_MAX; nr++)
		if (fcd_syscalls[nr].name && fcd_syscalls[nr].code == code)
			return &fcd_syscalls[nr];
	return NULL;
}

int fcd_ia32_to_x86_64(uint32_t nr)
{
	return nr < FCD_SYSCALLS_MAX ? fcd_ia32[nr] : -1;
}

unsigned int fcd_type_width(uint32_t type)
{
	return type < FCD_T_COUNT ? fcd_types[type].width : 0;
}

const char *fcd_type_name(uint32_t type)
{
	return type < FCD_T_COUNT ? fcd_types[type].name : "?";
}
