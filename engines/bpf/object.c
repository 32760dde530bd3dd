// SPDX-License-Identifier: MIT
/* object.c - load the probe: constants, types of programs, maps. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/btf.h>
#include "engines/bpf/embed.h"
#include "engines/bpf/engine.h"
#include "fill_table.h"

static const uint16_t ia32_map[PROBE_SYSCALLS] = FCD_IA32_MAP;
#define IA32_NONE	0xffff
#define IA32_SOCKETCALL 102

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

static int read_all(int fd, void *to, size_t bytes, off_t at)
{
	for (ssize_t n; bytes; to = (char *)to + n, bytes -= (size_t)n, at += n) {
		n = pread(fd, to, bytes, at);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

/* The names in the kernel's types, NUL before and behind each: the caller's to free. */
static int type_names(char **out, size_t *bytes)
{
	int fd = open(KERNEL_TYPES, O_RDONLY | O_CLOEXEC), ret;
	struct btf_header h;

	*out = NULL;
	if (fd < 0)
		return -errno;
	ret = read_all(fd, &h, sizeof(h), 0);
	if (!ret) {
		*bytes = h.str_len;
		*out = malloc(h.str_len);
		ret = *out ? read_all(fd, *out, h.str_len, h.hdr_len + h.str_off) : -ENOMEM;
	}
	close(fd);
	return ret;
}

/*
 * Can raw tracepoint programs be preempted here? Then the kernel skips one that is still
 * active on its CPU, and calls are lost; programs of perf tracepoints are not preempted.
 * Kernels that do so (7.2 and later) guard tracepoints by this class. libbpf reads the types, too,
 * but does not give them away, and to parse them twice takes longer than this.
 */
static int look_at_kernel(struct bpf_probe *p)
{
	static const char guard[] = "\0class_srcu_fast_notrace_t";
	size_t bytes = 0;
	char *names;
	int ret = type_names(&names, &bytes);

	if (!ret)
		p->by_perf = memmem(names, bytes, guard, sizeof(guard));
	free(names);
	return ret;
}

/*
 * A type that this kernel does not have libbpf would look for in its modules, for which it takes
 * CAP_SYS_ADMIN. It does not if it is told where the types are, and then reads them twice.
 */
static const char *types_path(void)
{
	uint32_t id;

	return bpf_btf_get_next_id(0, &id) && errno == EPERM ? KERNEL_TYPES : NULL;
}

static int object_open(struct bpf_probe *p, const char *path, struct fcd_err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = types_path());

	if (path[0])
		p->object = bpf_object__open_file(path, &opts);
	else
		p->object = bpf_object__open_mem(fcd_probe_object, fcd_probe_object_bytes(), &opts);
	if (p->object)
		return 0;
	return bpf_fail(err, -errno,
			path[0] ? "give the path of a probe object of this version, "
				  "or nothing for the built-in one"
				: NULL,
			"cannot open the probe %s", path[0] ? path : "(built in)");
}

/* Before loading: what the verifier may take as constant. */
static int object_configure(struct bpf_probe *p, uint32_t snaplen, const struct bpf_blocks *b,
			    struct fcd_err *err)
{
	struct bpf_map *m = bpf_object__find_map_by_name(p->object, ".rodata.config");
	struct probe_config c = { .version = PROBE_VERSION,
				  .snaplen = snaplen,
				  .by_perf = p->by_perf };
	const struct probe_config *built;
	size_t bytes = 0;

	built = m ? bpf_map__initial_value(m, &bytes) : NULL;
	if (!built || bytes != sizeof(c) || built->version != PROBE_VERSION)
		return bpf_fail(err, -EPROTONOSUPPORT,
				"use the probe object that was installed with this daemon",
				"the probe is of another version (%d wanted)", PROBE_VERSION);
	for (int i = 0; i < PROBE_RINGS; i++) {
		c.ring_offset[i] = b->place_offset[i];
		c.ring_mask[i] = b->ring_bytes[i] - 1;
		c.offset_max = b->place_offset[i] + b->ring_bytes[i];
	}
	if (getrandom(c.hash_key, sizeof(c.hash_key), 0) != sizeof(c.hash_key))
		return bpf_fail(err, -errno, NULL, "cannot get random bytes");
	return bpf_map__set_initial_value(m, &c, sizeof(c));
}

static int program_type(struct bpf_program *prog, const char *tracepoint, bool by_perf,
			struct fcd_err *err)
{
	int ret;

	if (by_perf) {
		bpf_program__set_type(prog, BPF_PROG_TYPE_TRACEPOINT);
		return 0;
	}
	bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
	bpf_program__set_expected_attach_type(prog, BPF_TRACE_RAW_TP);
	ret = bpf_program__set_attach_target(prog, 0, tracepoint);
	if (ret)
		bpf_fail(err, ret, "the kernel must have BTF and CONFIG_FTRACE_SYSCALLS=y",
			 "the kernel has no tracepoint %s", tracepoint);
	return ret;
}

/*
 * hook/NAME: programs of the tracepoint NAME, of the type by which it is attached. raw/NAME: of one
 * that the kernel calls with interrupts off, where it cannot preempt them.
 */
static int object_types(struct bpf_probe *p, struct fcd_err *err)
{
	struct bpf_program *prog;
	int ret = 0;

	bpf_object__for_each_program(prog, p->object)
	{
		const char *section = bpf_program__section_name(prog);

		if (!strncmp(section, "hook/", 5))
			ret = program_type(prog, section + 5, p->by_perf, err);
		else if (!strncmp(section, "raw/", 4))
			ret = program_type(prog, section + 4, false, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int object_maps(struct bpf_probe *p, const struct bpf_blocks *b, struct fcd_err *err)
{
	struct bpf_map *m = bpf_object__find_map_by_name(p->object, "blocks");
	int ret = m ? 0 : -ENOENT;

	if (!ret)
		ret = bpf_map__set_max_entries(m, libbpf_num_possible_cpus());
	if (!ret)
		ret = bpf_map__set_inner_map_fd(m, b->at[0].fd);
	if (ret)
		return bpf_fail(err, ret, NULL, "the probe has no usable map of blocks");
	return 0;
}

static int object_state(struct bpf_probe *p)
{
	struct bpf_map *m = bpf_object__find_map_by_name(p->object, ".data.state");
	LIBBPF_OPTS(bpf_test_run_opts, run);
	struct bpf_program *who;

	if (!m || bpf_map__value_size(m) < sizeof(*p->state))
		return -EPROTONOSUPPORT;
	p->state_bytes = (bpf_map__value_size(m) + FCD_PAGE - 1) & ~(size_t)(FCD_PAGE - 1);
	p->state =
		mmap(NULL, p->state_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(m), 0);
	if (p->state == MAP_FAILED) {
		p->state = NULL;
		return -errno;
	}
	who = bpf_object__find_program_by_name(p->object, "who_am_i");
	return who ? bpf_prog_test_run_opts(bpf_program__fd(who), &run) : -ENOENT;
}

static int object_finish(struct bpf_probe *p, const struct bpf_blocks *blocks)
{
	static const char *const hook[HOOKS] = {
		[HOOK_SYS_EXIT] = "on_sys_exit",
		[HOOK_EXEC] = "p_exec",
		[HOOK_EXIT] = "p_procexit",
		[HOOK_SIGNAL] = "p_signaldeliver",
	};
	int ret;

	ret = bpf_blocks_enter(blocks, bpf_object__find_map_fd_by_name(p->object, "blocks"));
	if (!ret)
		ret = object_state(p);
	for (int i = 0; i < HOOKS && !ret; i++) {
		p->hook[i] = bpf_object__find_program_by_name(p->object, hook[i]);
		if (!p->hook[i])
			ret = -ENOENT;
	}
	return ret;
}

int bpf_probe_open(struct bpf_probe *p, const char *path, uint32_t snaplen,
		   const struct bpf_blocks *blocks, struct fcd_err *err)
{
	int ret;

	memset(p, 0, sizeof(*p));
	ret = look_at_kernel(p);
	if (ret)
		return bpf_fail(err, ret, "the kernel must have BTF: CONFIG_DEBUG_INFO_BTF=y",
				"cannot read the kernel's types");
	ret = object_open(p, path, err);
	if (ret)
		return ret;
	ret = object_configure(p, snaplen, blocks, err);
	if (!ret)
		ret = object_maps(p, blocks, err);
	if (!ret)
		ret = object_types(p, err);
	if (ret)
		goto err_close;
	ret = bpf_object__load(p->object);
	if (ret) {
		bpf_fail(err, ret,
			 "the kernel must be 5.10 or later with BTF and not in "
			 "lockdown=confidentiality",
			 "the kernel refused the probe");
		goto err_close;
	}
	ret = object_finish(p, blocks);
	if (ret) {
		bpf_fail(err, ret, "use the probe object that was installed with this daemon",
			 "the probe lacks a part");
		goto err_close;
	}
	return 0;

err_close:
	bpf_probe_close(p);
	return ret;
}

void bpf_probe_close(struct bpf_probe *p)
{
	if (p->state)
		munmap(p->state, p->state_bytes);
	bpf_object__close(p->object);
	memset(p, 0, sizeof(*p));
}

static bool has_bit(const uint64_t *bits, uint32_t nr)
{
	return bits[nr / 64] >> (nr % 64) & 1;
}

/* socketcall reaches these; the bits of any of them make it interesting. */
static bool wants_sockets(const uint64_t *interest)
{
	static const uint16_t nr[] = FCD_SOCKETCALL_MAP;

	for (size_t i = 0; i < sizeof(nr) / sizeof(nr[0]); i++)
		if (nr[i] != IA32_NONE && has_bit(interest, nr[i] % PROBE_SYSCALLS))
			return true;
	return false;
}

/* A 32-bit call that cannot be translated is counted only where everything is wanted. */
static bool wants_untracked(const uint64_t *interest)
{
	static const uint16_t code[PROBE_SYSCALLS] = FCD_SYSCALL_CODES;

	for (uint32_t nr = 0; nr < PROBE_SYSCALLS; nr++)
		if (code[nr] && !has_bit(interest, nr))
			return false;
	return true;
}

static bool wants_ia32(const uint64_t *interest, uint32_t nr, bool untracked)
{
	if (nr == IA32_SOCKETCALL)
		return wants_sockets(interest);
	if (ia32_map[nr] == IA32_NONE)
		return untracked;
	return has_bit(interest, ia32_map[nr]);
}

void bpf_probe_interest(struct bpf_probe *p, const struct fcd_interest *i)
{
	bool untracked = wants_untracked(i->syscalls);
	uint64_t maybe[PROBE_SYSCALLS / 64];

	memcpy(maybe, i->syscalls, sizeof(maybe));
	for (uint32_t nr = 0; nr < PROBE_SYSCALLS; nr++)
		if (wants_ia32(i->syscalls, nr, untracked))
			maybe[nr / 64] |= 1ull << (nr % 64);
	for (int w = 0; w < PROBE_SYSCALLS / 64; w++) {
		__atomic_store_n(&p->state->interest[w], i->syscalls[w], __ATOMIC_RELAXED);
		__atomic_store_n(&p->state->maybe[w], maybe[w], __ATOMIC_RELAXED);
	}
}

uint64_t bpf_probe_missed(const struct bpf_probe *p)
{
	uint64_t sum = 0;

	for (int i = 0; i < HOOKS; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 bytes = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(p->hook[i]), &info, &bytes))
			sum += info.recursion_misses;
	}
	return sum;
}
