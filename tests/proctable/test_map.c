/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "core/process_map.h"
#include "tests/tests.h"

#define PIDS 3000
#define STEP 6 /* from one pid to the next, so that some share a place */

/* The same in a plain array, by pid / STEP. */
static struct {
	bool is_known, is_living;
	uint32_t ppid;
	const char *cgroup;
} model[PIDS + 1];
static uint32_t ends[100000], ended; /* in their order */

static struct fcd_process_map m;

static void begin(uint32_t pid, uint32_t ppid)
{
	static const char *const cgroups[] = { "", "/a", "/a/b", "/docker" };
	const char *cgroup = cgroups[ppid % 4];
	struct fcd_process_entry *e = fcd_process_map_begin(&m, pid * STEP);

	ck_assert_ptr_nonnull(e);
	e->p.ppid = ppid;
	fcd_process_map_set_cgroup(&m, e, (struct fcd_slice){ cgroup, strlen(cgroup) });
	model[pid].is_known = model[pid].is_living = true;
	model[pid].ppid = ppid;
	model[pid].cgroup = cgroup;
}

static void end(uint32_t pid)
{
	uint32_t oldest = ended >= FCD_FORGOTTEN_MAX ? ends[ended - FCD_FORGOTTEN_MAX] : 0;

	fcd_process_map_end(&m, fcd_process_map_find(&m, pid * STEP), FCD_ENDED);
	model[pid].is_living = false;
	ends[ended++] = pid;
	if (oldest && oldest != pid && !model[oldest].is_living)
		model[oldest].is_known = false;
}

static void check(void)
{
	uint32_t known = 0, living = 0;

	for (uint32_t pid = 1; pid <= PIDS; pid++) {
		struct fcd_process_entry *e = fcd_process_map_find(&m, pid * STEP);

		ck_assert_int_eq(e != NULL, model[pid].is_known);
		if (!e)
			continue;
		known++;
		living += model[pid].is_living;
		ck_assert_uint_eq(e->p.pid, pid * STEP);
		ck_assert_uint_eq(e->p.ppid, model[pid].ppid);
		ck_assert_str_eq(e->p.cgroup, model[pid].cgroup);
		ck_assert_int_eq(e->state == FCD_LIVING, model[pid].is_living);
	}
	ck_assert_uint_eq(m.used, known);
	ck_assert_uint_eq(m.living, living);
}

START_TEST(it_holds_what_a_plain_array_holds)
{
	ck_assert_int_eq(fcd_process_map_init(&m), 0);
	srand(1);
	for (uint32_t i = 0; i < 60000; i++) {
		uint32_t pid = (uint32_t)rand() % PIDS + 1;

		if (model[pid].is_known && model[pid].is_living)
			end(pid);
		else
			begin(pid, i);
		if (i % 600 == 0)
			check();
	}
	check();
	fcd_process_map_fini(&m);
}
END_TEST

START_TEST(its_memory_is_as_its_header_says)
{
	ck_assert_uint_eq(sizeof(struct fcd_process_entry), 64);
	ck_assert_int_eq(fcd_process_map_init(&m), 0);
	for (uint32_t pid = 1; pid <= 200000; pid++) {
		ck_assert_ptr_nonnull(fcd_process_map_begin(&m, pid));
		if (pid % 3 == 0)
			fcd_process_map_end(&m, fcd_process_map_find(&m, pid), FCD_ABSENT);
	}
	ck_assert_uint_eq(m.living, FCD_LIVING_MAX);
	ck_assert_uint_le(m.size * sizeof(*m.at), 4 << 20);
	fcd_process_map_fini(&m);
}
END_TEST

START_TEST(processes_of_one_cgroup_share_its_name)
{
	const char *path = NULL;

	ck_assert_int_eq(fcd_process_map_init(&m), 0);
	for (uint32_t pid = 1; pid <= 1000; pid++) {
		struct fcd_process_entry *e = fcd_process_map_begin(&m, pid);

		fcd_process_map_set_cgroup(&m, e, (struct fcd_slice){ "/lxc/web", 8 });
		ck_assert_str_eq(e->p.container, "web");
		ck_assert(!path || e->p.cgroup == path);
		path = e->p.cgroup;
	}
	fcd_process_map_fini(&m);
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("process map");

	tcase_add_test(t, it_holds_what_a_plain_array_holds);
	tcase_add_test(t, its_memory_is_as_its_header_says);
	tcase_add_test(t, processes_of_one_cgroup_share_its_name);
	tcase_set_timeout(t, 30);
	return t;
}
