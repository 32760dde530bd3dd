/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* consumer.h - the one consumer of the device, and all that exists for it. */
#ifndef FCD_KMOD_CONSUMER_H
#define FCD_KMOD_CONSUMER_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/pid.h>
#include <linux/types.h>
#include <linux/wait.h>
#include "abi/ring.h"
#include "engines/kmod/falco_capture.h"

#define FCD_SCRATCH 4096

/* What belongs to a CPU. */
struct fcd_cpu {
	struct fcd_block *block; /* the consumer reads all of it and writes its page 1 */
	u32 cpu;
	u8 scratch[FCD_KMOD_RINGS][FCD_SCRATCH]; /* of the event being written in that ring */
};

struct fcd_consumer {
	/* Set before there are blocks, constant from then on. */
	struct pid *holder;
	u32 self; /* tgid whose calls are left out: the consumer's */
	u32 snaplen;
	u64 hash_key[2];
	u64 place[FCD_KMOD_RINGS], bytes[FCD_KMOD_RINGS], map_bytes;

	/* Blocks are only ever added, one after another: by acquire, then by CPU hotplug. */
	struct hlist_node hotplug;
	struct fcd_cpu **by_cpu; /* NULL: a CPU that was never online */
	struct fcd_cpu **at;	 /* in the order they were made, which the consumer sees */
	u32 count;
	bool is_ready; /* from now on a block that cannot be made is not worth a CPU */

	/* Under the device's lock; probes look at the words without it. */
	u64 interest[FCD_KMOD_SYSCALLS / 64];
	bool counts_untracked;
	u32 attached; /* bit n: hook n */

	atomic64_t no_ring; /* events on CPUs without a block */
	u32 is_pending;	    /* poll says so */
	wait_queue_head_t waiting;
	struct irq_work wake;
};

/* ---- blocks.c ---- */

int fcd_blocks_setup(void);
void fcd_blocks_teardown(void);
int fcd_blocks_init(struct fcd_consumer *k);
void fcd_blocks_fini(struct fcd_consumer *k);
int fcd_blocks_map(struct fcd_consumer *k, struct vm_area_struct *vma);

/* ---- hooks.c ---- */

int fcd_hooks_setup(void);
/* On failure the interest before holds. */
int fcd_hooks_set(struct fcd_consumer *k, const struct fcd_kmod_interest *i);

#endif
