// SPDX-License-Identifier: GPL-2.0 OR MIT
/* blocks.c - a block of rings for each CPU: made, mapped, freed. */
#include <linux/cpuhotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "engines/kmod/compat.h"
#include "engines/kmod/consumer.h"

static enum cpuhp_state hotplug_state;

static void block_init(struct fcd_block *b, const struct fcd_consumer *k, u32 cpu)
{
	u32 i;

	for (i = 0; i < FCD_KMOD_RINGS; i++) {
		b->place[i].offset = k->place[i];
		b->place[i].bytes = k->bytes[i];
	}
	b->cpu = cpu;
	b->rings = FCD_KMOD_RINGS;
	b->magic = FCD_RING_MAGIC;
}

static int block_add(struct fcd_consumer *k, u32 cpu)
{
	struct fcd_cpu *c = kvzalloc_node(sizeof(*c), GFP_KERNEL, cpu_to_node(cpu));

	if (!c)
		return -ENOMEM;
	c->block = vmalloc_user(k->map_bytes);
	if (!c->block) {
		kvfree(c);
		return -ENOMEM;
	}
	c->cpu = cpu;
	block_init(c->block, k, cpu);
	k->at[k->count] = c;
	smp_store_release(&k->count, k->count + 1);
	smp_store_release(&k->by_cpu[cpu], c);
	return 0;
}

/* A CPU that is online when a consumer comes, or, before it runs anything, one that comes. */
static int cpu_prepare(unsigned int cpu, struct hlist_node *node)
{
	struct fcd_consumer *k = hlist_entry(node, struct fcd_consumer, hotplug);
	int err;

	if (k->by_cpu[cpu])
		return 0;
	err = block_add(k, cpu);
	if (!k->is_ready)
		return err;
	WRITE_ONCE(k->is_pending, 1);
	wake_up_interruptible(&k->waiting);
	return 0;
}

int __init fcd_blocks_setup(void)
{
	int state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "falco_capture:prepare",
					    cpu_prepare, NULL);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void fcd_blocks_teardown(void)
{
	cpuhp_remove_multi_state(hotplug_state);
}

static void place_rings(struct fcd_consumer *k)
{
	u64 at = FCD_BLOCK_HEAD;
	u32 i;

	for (i = 0; i < FCD_KMOD_RINGS; i++) {
		k->place[i] = at;
		at += k->bytes[i] + FCD_RING_SLACK;
	}
	k->map_bytes = at;
}

static void blocks_free(struct fcd_consumer *k)
{
	u32 i;

	for (i = 0; i < k->count; i++) {
		vfree(k->at[i]->block);
		kvfree(k->at[i]);
	}
	kfree(k->by_cpu);
	kfree(k->at);
}

int fcd_blocks_init(struct fcd_consumer *k)
{
	int err = -ENOMEM;

	place_rings(k);
	k->by_cpu = kcalloc(nr_cpu_ids, sizeof(*k->by_cpu), GFP_KERNEL);
	k->at = kcalloc(nr_cpu_ids, sizeof(*k->at), GFP_KERNEL);
	if (k->by_cpu && k->at)
		err = cpuhp_state_add_instance(hotplug_state, &k->hotplug);
	if (err)
		blocks_free(k);
	else
		k->is_ready = true;
	return err;
}

void fcd_blocks_fini(struct fcd_consumer *k)
{
	cpuhp_state_remove_instance_nocalls(hotplug_state, &k->hotplug);
	blocks_free(k);
}

/* The consumer page by its own offset, writable; a block from its begin on, never writable. */
int fcd_blocks_map(struct fcd_consumer *k, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	bool is_page = offset & FCD_KMOD_CONSUMER(0);
	u64 i = (offset & ~FCD_KMOD_CONSUMER(0)) >> 32;

	if (i >= smp_load_acquire(&k->count) || (u32)offset || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (is_page && vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	if (!is_page && vma->vm_flags & VM_WRITE)
		return -EPERM;
	if (!is_page)
		fcd_vm_flags_clear(vma, VM_MAYWRITE);
	/* A child would keep the device, unknown to itself. */
	fcd_vm_flags_set(vma, VM_DONTCOPY);
	return remap_vmalloc_range(vma, k->at[i]->block, is_page ? 1 : 0); /* checks the length */
}
