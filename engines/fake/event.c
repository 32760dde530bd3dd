// SPDX-License-Identifier: MIT
/* event.c - a tiny encoder and the events that it makes (schema 4.5.1, abi/event.h). */
#include <string.h>
#include "engines/fake/fake.h"

#define SEQ_HOLE 0 /* the sequence number is stamped over this */

struct encoder {
	struct fake_template *out;
	uint8_t *lens; /* where the next parameter's length goes */
	uint64_t random;
};

/* splitmix64 */
uint64_t fake_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* ---- encoder ---- */

static void encode_begin(struct encoder *c, uint16_t type, uint32_t nparams)
{
	struct fcd_envelope *e = (struct fcd_envelope *)c->out->record;
	struct fcd_event *event = (struct fcd_event *)(e + 1);

	e->kind = FCD_EVENT;
	event->type = type;
	event->nparams = nparams;
	c->lens = (uint8_t *)(event + 1);
	c->out->bytes = sizeof(*e) + sizeof(*event) + 2 * nparams;
}

static void encode(struct encoder *c, const void *data, uint16_t bytes)
{
	memcpy(c->lens, &bytes, sizeof(bytes));
	c->lens += sizeof(bytes);
	memcpy((uint8_t *)c->out->record + c->out->bytes, data, bytes);
	c->out->bytes += bytes;
}

static void encode_u8(struct encoder *c, uint8_t v)
{
	encode(c, &v, sizeof(v));
}

static void encode_u32(struct encoder *c, uint32_t v)
{
	encode(c, &v, sizeof(v));
}

static void encode_u64(struct encoder *c, uint64_t v)
{
	encode(c, &v, sizeof(v));
}

static void encode_text(struct encoder *c, const char *text)
{
	encode(c, text, (uint16_t)(strlen(text) + 1));
}

/* The next 8 bytes hold the sequence number. */
static void encode_seq_here(struct encoder *c)
{
	c->out->seq_at = c->out->bytes;
}

static void encode_end(struct encoder *c)
{
	struct fcd_envelope *e = (struct fcd_envelope *)c->out->record;
	struct fcd_event *event = (struct fcd_event *)(e + 1);

	e->bytes = c->out->bytes;
	event->bytes = c->out->bytes - sizeof(*e);
}

/* ---- events ---- */

static const char *const path[] = { "/etc/hosts", "/usr/lib/libc.so.6", "/var/log/syslog",
				    "data/cache.db" };

static void make_openat(struct encoder *c, uint32_t variant)
{
	encode_begin(c, 307, 7);
	encode_u64(c, 3 + fake_random(&c->random) % 60); /* fd */
	encode_u64(c, (uint64_t)-100);			 /* dirfd: AT_FDCWD */
	encode_text(c, path[variant]);			 /* name */
	encode_u32(c, 0x1001);				 /* flags: O_RDONLY|O_CLOEXEC */
	encode_u32(c, 0);				 /* mode */
	encode_u32(c, 0x801);				 /* dev */
	encode_seq_here(c);
	encode_u64(c, SEQ_HOLE); /* ino */
}

/* read and write differ in the event's number only. */
static void make_transfer(struct encoder *c, uint16_t type)
{
	uint64_t data[] = { SEQ_HOLE, fake_random(&c->random), fake_random(&c->random), 0 };
	uint16_t bytes = 26; /* with it the event is 80 bytes long */

	encode_begin(c, type, 4);
	encode_u64(c, bytes); /* res */
	encode_seq_here(c);
	encode(c, data, bytes);				 /* data */
	encode_u64(c, 3 + fake_random(&c->random) % 60); /* fd */
	encode_u32(c, 4096);				 /* size */
}

static void make_read(struct encoder *c, uint32_t variant)
{
	(void)variant;
	make_transfer(c, 7);
}

static void make_write(struct encoder *c, uint32_t variant)
{
	(void)variant;
	make_transfer(c, 9);
}

static void make_close(struct encoder *c, uint32_t variant)
{
	(void)variant;
	encode_begin(c, 5, 2);
	encode_u64(c, 0); /* res */
	encode_seq_here(c);
	encode_u64(c, SEQ_HOLE); /* fd */
}

/* Several strings, each with its NUL, as args and env are. */
static void encode_strings(struct encoder *c, const char *strings, size_t bytes)
{
	encode(c, strings, (uint16_t)bytes);
}

static void make_execve(struct encoder *c, uint32_t variant)
{
	static const char *const exe[] = { "/usr/bin/ls", "/usr/bin/cat", "/bin/sh",
					   "/usr/bin/make" };
	static const char args[] = "-l\0/tmp", env[] = "PATH=/usr/bin\0HOME=/root";
	static const char cgroups[] = "cpu=/\0memory=/system.slice";
	const char *comm = strrchr(exe[variant], '/') + 1;

	encode_begin(c, 293, 31);
	encode_u64(c, 0);	      /* res */
	encode_text(c, exe[variant]); /* exe */
	encode_strings(c, args, sizeof(args));
	encode_u64(c, 4242); /* tid */
	encode_u64(c, 4242); /* pid */
	encode_u64(c, 4200); /* ptid */
	encode(c, "", 0);    /* cwd */
	encode_u64(c, 1024); /* fdlimit */
	encode_u64(c, 0);    /* pgft_maj */
	encode_u64(c, 87);   /* pgft_min */
	encode_u32(c, 8192); /* vm_size */
	encode_u32(c, 1024); /* vm_rss */
	encode_u32(c, 0);    /* vm_swap */
	encode_text(c, comm);
	encode_strings(c, cgroups, sizeof(cgroups));
	encode_strings(c, env, sizeof(env));
	encode_u32(c, 34816); /* tty */
	encode_u64(c, 4242);  /* vpgid */
	encode_u32(c, 1000);  /* loginuid */
	encode_u32(c, 0);     /* flags */
	encode_u64(c, 0);     /* cap_inheritable */
	encode_u64(c, 0);     /* cap_permitted */
	encode_u64(c, 0);     /* cap_effective */
	encode_seq_here(c);
	encode_u64(c, SEQ_HOLE);	       /* exe_ino */
	encode_u64(c, 1700000000000000000ULL); /* exe_ino_ctime */
	encode_u64(c, 1600000000000000000ULL); /* exe_ino_mtime */
	encode_u32(c, 1000);		       /* uid */
	encode_text(c, exe[variant]);	       /* trusted_exepath */
	encode_u64(c, 4242);		       /* pgid */
	encode_u32(c, 1000);		       /* gid */
	encode_text(c, exe[variant]);	       /* filename */
}

static void make_kill(struct encoder *c, uint32_t variant)
{
	static const uint8_t sig[] = { 0, 9, 15, 17 };

	encode_begin(c, 129, 3);
	encode_u64(c, 0); /* res */
	encode_seq_here(c);
	encode_u64(c, SEQ_HOLE); /* pid */
	encode_u8(c, sig[variant]);
}

static void make_procexit(struct encoder *c, uint32_t variant)
{
	encode_begin(c, 186, 5);
	encode_u64(c, (uint64_t)variant << 8); /* status */
	encode_u64(c, variant);		       /* ret */
	encode_u8(c, 0);		       /* sig */
	encode_u8(c, 0);		       /* core */
	encode_seq_here(c);
	encode_u64(c, SEQ_HOLE); /* reaper_tid */
}

/* nr: x86_64 number of the system call, -1: it is a tracepoint's event. */
static const struct kind {
	int nr;
	void (*make)(struct encoder *c, uint32_t variant);
} kinds[FAKE_KINDS] = {
	{ 257, make_openat }, { 0, make_read },	 { 1, make_write },	{ 3, make_close },
	{ 59, make_execve },  { 62, make_kill }, { -1, make_procexit },
};

const char *const fake_kind_name[FAKE_KINDS] = { "openat", "read", "write",   "close",
						 "execve", "kill", "procexit" };

void fake_templates_init(struct fake_template *out, uint64_t seed)
{
	struct encoder c = { .random = seed };
	uint32_t i;

	for (i = 0; i < FAKE_TEMPLATES; i++) {
		c.out = &out[i];
		kinds[i / FAKE_VARIANTS].make(&c, i % FAKE_VARIANTS);
		encode_end(&c);
	}
}

bool fake_kind_is_in(uint32_t kind, const struct fcd_interest *interest)
{
	int nr = kinds[kind].nr;

	if (nr < 0)
		return interest->tracepoints & FCD_TP_PROCEXIT;
	return interest->syscalls[nr / 64] >> (nr % 64) & 1;
}
