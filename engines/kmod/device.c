// SPDX-License-Identifier: GPL-2.0 OR MIT
/* device.c - /dev/falco_capture: the module's begin and end, and its one consumer. */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "abi/version.h"
#include "engines/kmod/consumer.h"

#define PRIORITY_BYTES (1 << 20)

/*
 * Of the holder and the interest. Never held while user memory is touched: mmap comes here
 * with the lock that a fault takes.
 */
static DEFINE_MUTEX(lock);
static struct fcd_consumer *holder;

static void wake(struct irq_work *w)
{
	wake_up_interruptible(&container_of(w, struct fcd_consumer, wake)->waiting);
}

static void consumer_free(struct fcd_consumer *k)
{
	static const struct fcd_kmod_interest nothing;

	fcd_hooks_set(k, &nothing);
	irq_work_sync(&k->wake);
	fcd_blocks_fini(k);
	put_pid(k->holder);
	kfree(k);
}

static struct fcd_consumer *consumer_new(const struct fcd_kmod_acquire *a)
{
	struct fcd_consumer *k = kzalloc(sizeof(*k), GFP_KERNEL);
	int err;

	if (!k)
		return ERR_PTR(-ENOMEM);
	k->self = current->tgid;
	k->snaplen = a->snaplen;
	memcpy(k->hash_key, a->hash_key, sizeof(k->hash_key));
	k->bytes[FCD_KMOD_MAIN] = a->ring_bytes;
	k->bytes[FCD_KMOD_NESTED] = FCD_KMOD_RING_LEAST;
	k->bytes[FCD_KMOD_PRIORITY] = PRIORITY_BYTES;
	init_waitqueue_head(&k->waiting);
	init_irq_work(&k->wake, wake);
	err = fcd_blocks_init(k);
	if (err) {
		kfree(k);
		return ERR_PTR(err);
	}
	k->holder = get_pid(task_tgid(current));
	return k;
}

/* ---- ioctls, with their arguments in kernel memory ---- */

/* [lock] */
static u32 holder_nr(void)
{
	return holder ? pid_vnr(holder->holder) : 0;
}

static void hello(struct fcd_kmod_hello *h)
{
	mutex_lock(&lock);
	*h = (struct fcd_kmod_hello){
		.revision = FCD_KMOD_REVISION,
		.holder = holder_nr(),
		.is_held = !!holder,
	};
	mutex_unlock(&lock);
}

/* [lock] */
static int consumer_begin(struct file *f, struct fcd_kmod_acquire *a)
{
	struct fcd_consumer *k;

	a->holder = holder_nr();
	if (holder)
		return -EBUSY;
	k = consumer_new(a);
	if (IS_ERR(k))
		return PTR_ERR(k);
	a->map_bytes = k->map_bytes;
	memcpy(a->place, k->place, sizeof(a->place));
	memcpy(a->bytes, k->bytes, sizeof(a->bytes));
	holder = k;
	smp_store_release(&f->private_data, k);
	return 0;
}

static int acquire(struct file *f, struct fcd_kmod_acquire *a)
{
	int err;

	if (a->revision != FCD_KMOD_REVISION)
		return -EPROTONOSUPPORT;
	if (!is_power_of_2(a->ring_bytes) || a->ring_bytes < FCD_KMOD_RING_LEAST ||
	    a->ring_bytes > FCD_KMOD_RING_MOST || a->snaplen > FCD_KMOD_SNAPLEN_MOST || a->reserved)
		return -EINVAL;
	mutex_lock(&lock);
	err = consumer_begin(f, a);
	mutex_unlock(&lock);
	return err;
}

static int set_interest(struct fcd_consumer *k, const struct fcd_kmod_interest *i)
{
	int err;

	if (i->tracepoints & ~(u64)(FCD_KMOD_PROCEXIT | FCD_KMOD_SIGNALDELIVER))
		return -EINVAL;
	mutex_lock(&lock);
	err = fcd_hooks_set(k, i);
	mutex_unlock(&lock);
	return err;
}

static void status(struct fcd_consumer *k, struct fcd_kmod_status *s)
{
	mutex_lock(&lock);
	*s = (struct fcd_kmod_status){
		.attached = hweight32(k->attached),
		.blocks = smp_load_acquire(&k->count),
		.no_ring = atomic64_read(&k->no_ring),
	};
	mutex_unlock(&lock);
}

/* ---- the file ---- */

/* What only the consumer may ask. */
static long consumer_ioctl(struct fcd_consumer *k, unsigned int op, void __user *arg)
{
	struct fcd_kmod_interest i;
	struct fcd_kmod_status s;

	switch (op) {
	case FCD_KMOD_INTEREST:
		if (copy_from_user(&i, arg, sizeof(i)))
			return -EFAULT;
		return set_interest(k, &i);
	case FCD_KMOD_WOKEN:
		WRITE_ONCE(k->is_pending, 0);
		smp_mb(); /* before the rings are looked at */
		return 0;
	case FCD_KMOD_STATUS:
		status(k, &s);
		return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
	}
	return -ENOIOCTLCMD;
}

static long device_ioctl(struct file *f, unsigned int op, unsigned long value)
{
	struct fcd_consumer *k = smp_load_acquire(&f->private_data);
	void __user *arg = (void __user *)value;
	struct fcd_kmod_hello h;
	struct fcd_kmod_acquire a;
	int err;

	switch (op) {
	case FCD_KMOD_HELLO:
		hello(&h);
		return copy_to_user(arg, &h, sizeof(h)) ? -EFAULT : 0;
	case FCD_KMOD_ACQUIRE:
		if (copy_from_user(&a, arg, sizeof(a)))
			return -EFAULT;
		err = acquire(f, &a);
		return copy_to_user(arg, &a, sizeof(a)) ? -EFAULT : err;
	}
	return k ? consumer_ioctl(k, op, arg) : -ENXIO;
}

static int device_mmap(struct file *f, struct vm_area_struct *vma)
{
	struct fcd_consumer *k = smp_load_acquire(&f->private_data);

	return k ? fcd_blocks_map(k, vma) : -ENXIO;
}

static __poll_t device_poll(struct file *f, poll_table *table)
{
	struct fcd_consumer *k = smp_load_acquire(&f->private_data);

	if (!k)
		return EPOLLERR;
	poll_wait(f, &k->waiting, table);
	return READ_ONCE(k->is_pending) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* Misc devices leave themselves here. */
static int device_open(struct inode *i, struct file *f)
{
	f->private_data = NULL;
	return 0;
}

static int device_release(struct inode *i, struct file *f)
{
	struct fcd_consumer *k = f->private_data;

	if (!k)
		return 0;
	mutex_lock(&lock);
	consumer_free(k);
	holder = NULL;
	mutex_unlock(&lock);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = device_mmap,
	.poll = device_poll,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = FCD_KMOD_NAME,
	.fops = &operations,
	.mode = 0600,
};

static int __init fcd_init(void)
{
	int err = fcd_hooks_setup();

	if (!err)
		err = fcd_blocks_setup();
	if (err)
		return err;
	err = misc_register(&device);
	if (err)
		fcd_blocks_teardown();
	return err;
}

/* Nobody has the device open: there is no consumer, and no hook. */
static void __exit fcd_exit(void)
{
	misc_deregister(&device);
	fcd_blocks_teardown();
}

module_init(fcd_init);
module_exit(fcd_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(FCD_VERSION);
MODULE_DESCRIPTION("System call events for falco-capture");
