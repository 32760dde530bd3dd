// SPDX-License-Identifier: MIT
/*
 * layout - where everything of the engine ABI lies: each struct with offset and size of
 * its members, each number, the note. layout.txt has what version 1.0 promised. Members
 * that are forgotten here are noticed: no struct has a hole.
 */
#include <stdio.h>
#include "abi/engine.h"
#include "abi/event.h"
#include "abi/ring.h"
#include "abi/snapshot.h"
#include "abi/udig.h"

FCD_ENGINE_NOTE("layout");

static size_t known;
static int has_hole;

/* clang-format off */
#define BEGIN(type) \
	{ \
		typedef struct type of; \
		const char *name = #type; \
		known = 0; \
		printf("struct %s %zu\n", name, sizeof(of));
#define M(member) \
	printf("  %-12s %5zu %5zu\n", #member, offsetof(of, member), sizeof(((of *)0)->member)); \
	known += sizeof(((of *)0)->member);
#define END \
	if (known != sizeof(of)) { \
		printf("struct %s has a hole, or a member that is not listed\n", name); \
		has_hole = 1; \
	} \
	}
#define N(number) printf("%s 0x%llx\n", #number, (unsigned long long)(number));
#define T(text)	  printf("%s \"%s\"\n", #text, text);

static void crossing_structs(void)
{
	BEGIN(fcd_err) M(text) M(hint) END
	BEGIN(fcd_host) M(size) M(reserved) M(ctx) M(log) M(socket) END
	BEGIN(fcd_option_info)
	M(size) M(type) M(name) M(fallback) M(help) M(min) M(max)
	END
	BEGIN(fcd_option) M(size) M(reserved) M(name) M(text) M(number) END
	BEGIN(fcd_options) M(size) M(count) M(stride) M(reserved) M(first) END
	BEGIN(fcd_interest) M(size) M(reserved) M(syscalls) M(tracepoints) END
	BEGIN(fcd_ring_desc)
	M(size) M(flags) M(block) M(consumer) M(data) M(bytes) M(ring) M(cpu)
	END
	BEGIN(fcd_engine_stats) M(size) M(attached) M(no_ring) M(missed)
	M(flags) M(reserved) END
	BEGIN(fcd_engine_ops)
	M(size) M(reserved) M(name) M(options) M(probe) M(open) M(start) M(configure) M(rings)
	M(poll_fd) M(woken) M(stats) M(stop) M(close) M(retire)
	M(snapshot)
	END
	BEGIN(fcd_snapshot_task)
	M(size) M(tid) M(pid) M(vtid) M(vpid) M(ppid) M(pgid) M(sid) M(uid) M(gid) M(loginuid)
	M(reserved) M(started_ns) M(capabilities) M(comm)
	END
	BEGIN(fcd_snapshot_file)
	M(size) M(pid) M(fd) M(mode) M(dev) M(flags) M(ino) M(family) M(type) M(protocol) M(state)
	M(local_port) M(remote_port) M(local) M(remote) M(name_bytes)
	END
	BEGIN(fcd_note) M(abi_major) M(abi_minor) M(schema) M(name) M(version) END
	BEGIN(fcd_note_section) M(namesz) M(descsz) M(type) M(owner) M(note) END
}

static void shared_memory(void)
{
	BEGIN(fcd_ring_prod)
	M(head) M(pad0) M(busy) M(tail_seen) M(published) M(drop_full) M(drop_too_big) M(pad1)
	END
	BEGIN(fcd_ring_cons) M(tail) M(pad) END
	BEGIN(fcd_ring_place) M(offset) M(bytes) END
	BEGIN(fcd_block)
	M(prod) M(magic) M(rings) M(cpu) M(place) M(produced) M(drop_nested) M(faults)
	M(untracked) M(wakes) M(pad0) M(cons) M(asleep) M(pad1)
	END
	BEGIN(fcd_envelope) M(bytes) M(kind) M(flags) M(cpu) M(tgid) M(seq) END
	BEGIN(fcd_event) M(ts_ns) M(tid) M(bytes) M(type) M(nparams) END
	BEGIN(fcd_gap) M(ts_ns) M(lost) M(total) M(cause) M(reserved) END
	BEGIN(fcd_mark) M(ts_ns) M(shift_ns) END
	BEGIN(fcd_udig_hello) M(size) M(major) M(minor) M(schema) M(pid) M(name) END
	BEGIN(fcd_udig_welcome)
	M(size) M(major) M(minor) M(status) M(reserved) M(bytes) M(text)
	END
	BEGIN(fcd_udig_page)
	M(syscalls) M(tracepoints) M(hash_key) M(snaplen) M(reserved) M(pad0) M(alive_ns) M(pad1)
	END
}

static void numbers(void)
{
	N(FCD_LOG_ERROR) N(FCD_LOG_WARNING) N(FCD_LOG_INFO) N(FCD_LOG_DEBUG)
	N(FCD_OPTION_NUMBER) N(FCD_OPTION_TEXT) N(FCD_OPTION_BOOL)
	N(FCD_SYSCALLS_MAX) N(FCD_TP_PROCEXIT) N(FCD_TP_SIGNALDELIVER)
	N(FCD_RING_UNTRUSTED) N(FCD_RING_ENDED) N(FCD_STATS_SEES_HOST) N(FCD_CANARY_CALL)
	N(FCD_RING_MAGIC) N(FCD_PAGE) N(FCD_BLOCK_RINGS) N(FCD_BLOCK_HEAD) N(FCD_RING_SLACK)
	N(FCD_EVENT) N(FCD_GAP) N(FCD_MARK)
	N(FCD_LATE) N(FCD_COMPAT)
	N(FCD_EVENT_HEADER) N(FCD_EVENT_MAX) N(FCD_PARAMS_MAX) N(FCD_RECORD_MAX)
	N(FCD_RECORD_STEP(25)) N(FCD_RECORD_STEP(32))
	N(FCD_LOSS_RING_FULL) N(FCD_LOSS_NESTED) N(FCD_LOSS_TOO_BIG) N(FCD_LOSS_NO_RING)
	N(FCD_LOSS_MISSED) N(FCD_LOSS_BROKEN) N(FCD_LOSS_OVERRUN) N(FCD_LOSS_RESTART) N(FCD_LOSSES)
	N(FCD_SNAPSHOT_TASKS) N(FCD_SNAPSHOT_FILES) N(FCD_SNAPSHOT_NAME_MAX)
	N(FCD_UDIG_MAJOR) N(FCD_UDIG_MINOR) N(FCD_UDIG_PAGE_AT) N(FCD_SCHEMA_NUMBER)
	T(FCD_SCHEMA) T(FCD_UDIG_SUFFIX) T(FCD_ENGINE_SYMBOL) T(FCD_NOTE_SECTION)
	N(FCD_NOTE_TYPE) N(FCD_ABI_MAJOR) N(FCD_ABI_MINOR)
}

/* clang-format on */

/* All but the build's own version, which is at its end. */
static void note(void)
{
	const unsigned char *byte = (const unsigned char *)&fcd_note_section;
	size_t i;

	for (i = 0; i < sizeof(fcd_note_section) - sizeof(fcd_note_section.note.version); i++)
		printf("%02x%s", byte[i], i % 16 == 15 ? "\n" : " ");
	putchar('\n');
}

int main(void)
{
	crossing_structs();
	shared_memory();
	numbers();
	note();
	return has_hole;
}
