// SPDX-License-Identifier: MIT
/* A daemon that lies: whatever is in the ring, the client neither crashes nor hangs. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/client/daemon_stub.h"
#include "tests/tests.h"

#define PRIORITY_AT (FCD_CAST_DATA + STUB_RING_BYTES + FCD_RING_SLACK)
#define MAPPED	    (PRIORITY_AT + FCD_PAGE + FCD_RING_SLACK)

static struct stub stub;
static struct fcd_cast_header *header;
static struct fcd_cast_lane *bulk;
static int ring_fd;

/* A ring that looks right and holds nothing. */
static void setup(void)
{
	stub_start(&stub);
	ring_fd = stub_memfd(MAPPED, F_SEAL_SHRINK | F_SEAL_GROW);
	header = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 0);
	ck_assert_ptr_ne(header, MAP_FAILED);
	header->magic = FCD_CAST_MAGIC;
	header->wire = FCD_WIRE;
	header->generation = 1;
	header->lanes = FCD_LANES;
	header->seq = UINT64_MAX;
	bulk = &header->lane[FCD_LANE_BULK];
	bulk->offset = FCD_CAST_DATA;
	bulk->bytes = STUB_RING_BYTES;
	header->lane[FCD_LANE_PRIORITY].offset = PRIORITY_AT;
	header->lane[FCD_LANE_PRIORITY].bytes = FCD_PAGE;
}

static void teardown(void)
{
	munmap(header, MAPPED);
	close(ring_fd);
	stub_stop(&stub);
}

static struct fcd_client *subscribe(int fd)
{
	struct fcd_client *c = stub_connect(&stub);
	int page = stub_memfd(sizeof(struct fcd_sub_page), F_SEAL_SHRINK);
	struct fcd_client_error err;
	int ret;

	stub_send(&stub, "{\"ok\":true,\"seq\":0}\n", (int[]){ fd, page }, 2);
	ret = fcd_client_subscribe(c, NULL, 0, &err);
	close(page);
	if (ret == 0)
		return c;
	fcd_client_close(c);
	return NULL;
}

/* Read on and format all, a bounded number of times: the end may never come. */
static void read_some(struct fcd_client *c)
{
	const struct fcd_envelope *r;
	int i;

	for (i = 0; i < 20000 && fcd_client_next(c, &r, 0) == 1; i++) {
		free(fcd_client_json(c, r));
		free(fcd_client_text(c, r));
	}
}

static void assert_harmless(void)
{
	struct fcd_client *c = subscribe(ring_fd);

	if (c)
		read_some(c);
	fcd_client_close(c);
}

START_TEST(ring_of_another_kind_is_refused)
{
	struct fcd_client *c = subscribe(ring_fd);

	ck_assert_ptr_nonnull(c);
	fcd_client_close(c);
	header->magic ^= 1;
	ck_assert_ptr_null(subscribe(ring_fd));
	header->magic ^= 1;
	header->wire++;
	ck_assert_ptr_null(subscribe(ring_fd));
	header->wire--;
	header->lanes++;
	ck_assert_ptr_null(subscribe(ring_fd));
}
END_TEST

START_TEST(ring_larger_than_its_memory_is_refused)
{
	bulk->bytes *= 2;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->bytes = STUB_RING_BYTES - 8;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->bytes = 0;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->bytes = 1ULL << 63;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->bytes = STUB_RING_BYTES;
	bulk->offset = FCD_CAST_DATA + 4;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->offset = UINT64_MAX - 7;
	ck_assert_ptr_null(subscribe(ring_fd));
	bulk->offset = MAPPED;
	ck_assert_ptr_null(subscribe(ring_fd));
}
END_TEST

START_TEST(ring_that_could_shrink_is_refused)
{
	int fd = stub_memfd(MAPPED, F_SEAL_GROW);

	ck_assert_int_eq(pwrite(fd, header, sizeof(*header), 0), sizeof(*header));
	ck_assert_ptr_null(subscribe(fd));
	close(fd);
}
END_TEST

static const struct {
	uint64_t head, floor, seq;
} positions[] = {
	{ UINT64_MAX, 0, 0 },	 { 8, UINT64_MAX, 0 },
	{ 0, 4096, 0 },		 { STUB_RING_BYTES * 4ULL, 0, 0 },
	{ 4095, 1, UINT64_MAX }, { STUB_RING_BYTES - 8, STUB_RING_BYTES - 16, 1 },
};

START_TEST(positions_from_nowhere_do_no_harm)
{
	bulk->head = positions[_i].head;
	bulk->floor = positions[_i].floor;
	header->seq = positions[_i].seq;
	assert_harmless();
}
END_TEST

static const uint32_t lengths[] = {
	0,	    1,		23,	   24, 25, 49, 50, 4096, FCD_RECORD_MAX, FCD_RECORD_MAX + 1,
	0x7fffffff, 0xfffffff8, 0xffffffff
};

START_TEST(lengths_from_nowhere_do_no_harm)
{
	struct fcd_envelope *r = (void *)((char *)header + FCD_CAST_DATA);
	unsigned int i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(r, 0xff, 512);
		*r = (struct fcd_envelope){ .bytes = lengths[i], .kind = _i };
		bulk->head = 512;
		assert_harmless();
	}
}
END_TEST

START_TEST(noise_does_no_harm)
{
	uint8_t *data = (uint8_t *)header + FCD_CAST_DATA;
	unsigned int seed = _i, at, step;
	int i;

	srandom(seed);
	for (i = 0; i < STUB_RING_BYTES + FCD_RING_SLACK; i++)
		data[i] = random();
	/* Half of the rounds with envelopes that are right, so that what follows is looked at. */
	for (at = 0; _i % 2 && at < STUB_RING_BYTES; at += step) {
		step = FCD_RECORD_STEP(24 + random() % 300);
		*(struct fcd_envelope *)(data + at) = (struct fcd_envelope){
			.bytes = step,
			.kind = random() % 5,
		};
		((struct fcd_event *)(data + at + 24))->type = random() % 460;
		((struct fcd_event *)(data + at + 24))->bytes = step - 24;
		((struct fcd_event *)(data + at + 24))->nparams = random() % 34;
	}
	bulk->head = STUB_RING_BYTES;
	assert_harmless();
}
END_TEST

START_TEST(numbers_that_run_backwards_do_no_harm)
{
	struct fcd_client *c = subscribe(ring_fd);
	struct fcd_envelope *r = (void *)((char *)header + FCD_CAST_DATA);
	int i;

	for (i = 0; i < 8; i++)
		r[i] = (struct fcd_envelope){ .bytes = 24, .kind = FCD_EVENT, .seq = 100 - i * 30 };
	bulk->head = 96;
	read_some(c);
	bulk->head = 24;
	read_some(c);
	bulk->floor = 192;
	bulk->head = 192;
	read_some(c);
	fcd_client_close(c);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("hostile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, ring_of_another_kind_is_refused);
	tcase_add_test(t, ring_larger_than_its_memory_is_refused);
	tcase_add_test(t, ring_that_could_shrink_is_refused);
	tcase_add_loop_test(t, positions_from_nowhere_do_no_harm, 0,
			    sizeof(positions) / sizeof(positions[0]));
	tcase_add_loop_test(t, lengths_from_nowhere_do_no_harm, 0, 5);
	tcase_add_loop_test(t, noise_does_no_harm, 0, 16);
	tcase_add_test(t, numbers_that_run_backwards_do_no_harm);
	return t;
}
