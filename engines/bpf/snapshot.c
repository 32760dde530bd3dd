// SPDX-License-Identifier: MIT
/* snapshot.c - iterators over what there is now, loaded when they are first asked for. */
#include <errno.h>
#include <bpf/bpf.h>
#include "abi/snapshot.h"
#include "engines/bpf/embed.h"
#include "engines/bpf/engine.h"

static const char *const program[BPF_SNAPSHOT_KINDS] = {
	[FCD_SNAPSHOT_TASKS] = "snapshot_tasks",
	[FCD_SNAPSHOT_FILES] = "snapshot_files",
};

static int load(struct bpf_snapshot *s)
{
	struct bpf_program *prog;
	int i, ret;

	s->object = bpf_object__open_mem(fcd_snapshot_object, fcd_snapshot_object_bytes(), NULL);
	if (!s->object)
		return -errno;
	ret = bpf_object__load(s->object);
	for (i = 0; !ret && i < BPF_SNAPSHOT_KINDS; i++) {
		prog = bpf_object__find_program_by_name(s->object, program[i]);
		s->link[i] = prog ? bpf_program__attach_iter(prog, NULL) : NULL;
		ret = s->link[i] ? 0 : -errno;
	}
	if (ret)
		bpf_snapshot_close(s);
	return ret;
}

int bpf_snapshot_open(struct bpf_snapshot *s, uint32_t kind, struct fcd_err *err)
{
	int fd, ret;

	if (kind >= BPF_SNAPSHOT_KINDS || s->is_refused)
		return -ENOTSUP;
	ret = s->object ? 0 : load(s);
	if (ret) {
		s->is_refused = true;
		return bpf_fail(err, ret, "iterators with paths need a kernel of 5.12 or later",
				"the kernel refused the iterators");
	}
	fd = bpf_iter_create(bpf_link__fd(s->link[kind]));
	return fd < 0 ? bpf_fail(err, -errno, NULL, "cannot open an iterator") : fd;
}

void bpf_snapshot_close(struct bpf_snapshot *s)
{
	int i;

	for (i = 0; i < BPF_SNAPSHOT_KINDS; i++) {
		bpf_link__destroy(s->link[i]);
		s->link[i] = NULL;
	}
	bpf_object__close(s->object);
	s->object = NULL;
}
