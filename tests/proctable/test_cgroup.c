/* SPDX-License-Identifier: MIT */
/* Texts as kernels and container runtimes write them. */
#include <string.h>
#include "core/cgroup.h"
#include "tests/tests.h"

#define ID "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e"

static void check(struct fcd_slice got, const char *want)
{
	ck_assert_msg(got.len == strlen(want) && !memcmp(got.at, want, got.len),
		      "\"%.*s\", not \"%s\"", (int)got.len, got.at, want);
}

static void check_proc(const char *text, const char *want)
{
	check(fcd_cgroup_of_proc(text, strlen(text)), want);
}

START_TEST(a_process_is_where_the_memory_controller_is)
{
	check_proc("0::/user.slice/user-0.slice/session-2.scope\n",
		   "/user.slice/user-0.slice/session-2.scope");
	check_proc("0::/\n", "/");
	/* hybrid, as systemd mounts it on hosts with v1 */
	check_proc("12:cpu,cpuacct:/docker/a\n11:memory:/docker/b\n1:name=systemd:/docker/c\n"
		   "0::/system.slice/containerd.service\n",
		   "/docker/b");
	check_proc("3:cpuset,memory,pids:/x\n", "/x");
	check_proc("1:cpu:/y\n0::/system.slice\n", "/system.slice");
	/* a path may hold what separates the fields */
	check_proc("0::/kubepods:cri:1\n", "/kubepods:cri:1");
	check_proc("0::/gone.scope (deleted)\n", "/gone.scope");
	check_proc("", "");
	check_proc("garbage", "");
	check_proc("1:cpu:/only\n", "");
}
END_TEST

#define CHECK_EVENT(strings, want) check(fcd_cgroup_of_event(strings, sizeof(strings) - 1), want)

START_TEST(an_event_tells_the_deepest_group_that_has_a_controller)
{
	CHECK_EVENT("cpuset=/\0cpu=/a/b\0io=/a\0memory=/a\0", "/a/b");
	CHECK_EVENT("cpuset=/x\0memory=/a\0", "/a"); /* v1: trees of their own */
	CHECK_EVENT("cpuset=/\0memory=/docker/b\0", "/docker/b");
	CHECK_EVENT("cpu=/a\0", "/a"); /* a kernel without the memory controller */
	CHECK_EVENT("", "");
	CHECK_EVENT("memory=/cut", "/cut");
}
END_TEST

static bool agrees(const char *path, const char *seen)
{
	return fcd_cgroup_agrees(path, (struct fcd_slice){ seen, strlen(seen) });
}

START_TEST(an_event_agrees_with_a_group_that_it_tells_less_of)
{
	ck_assert(agrees("/a/b/c", "/a/b/c"));
	ck_assert(agrees("/a/b/c", "/a"));
	ck_assert(agrees("/a/b/c", "/"));
	ck_assert(agrees("/a/b/c", ""));
	ck_assert(agrees("/1/2/3/4/5/6/7/8", "/3/4/5/6/7/8"));
	ck_assert(!agrees("/a/b/c", "/a/b/d"));
	ck_assert(!agrees("/ab", "/a"));
	ck_assert(!agrees("/ab", "/b"));
	ck_assert(!agrees("/a", "/a/b"));
	ck_assert(!agrees("", "/a"));
}
END_TEST

START_TEST(a_group_is_below_itself_and_its_parents)
{
	ck_assert(fcd_cgroup_is_below("/a/b", "/a/b"));
	ck_assert(fcd_cgroup_is_below("/a/b", "/a"));
	ck_assert(fcd_cgroup_is_below("/a/b", "/a/"));
	ck_assert(fcd_cgroup_is_below("/a/b", "/"));
	ck_assert(!fcd_cgroup_is_below("/ab", "/a"));
	ck_assert(!fcd_cgroup_is_below("/a", "/a/b"));
	ck_assert(!fcd_cgroup_is_below("", "/a"));
}
END_TEST

START_TEST(containers_of_each_runtime_are_known)
{
	static const char *const in[] = {
		"/docker/" ID,
		"/system.slice/docker-" ID ".scope",
		"/system.slice/docker-" ID ".scope/init.scope", /* systemd inside */
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5b1.slice/"
		"cri-containerd-" ID ".scope",
		"/kubepods/besteffort/pod5b1e2c1a-7ee5-11e8-a6f3-0242ac110002/" ID,
		"/system.slice/containerd.service/kubepods-pod5b1.slice:cri-containerd:" ID,
		"/kubepods.slice/kubepods-pod5b1.slice/crio-" ID ".scope",
		"/machine.slice/libpod-" ID ".scope/container",
		"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope",
		"/system.slice/nerdctl-" ID ".scope",
		"/ecs/0123456789abcdef0123456789abcdef/" ID,
		"/../docker-" ID ".scope", /* as seen from a cgroup namespace */
	};

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		check(fcd_cgroup_container(in[i]), "3ad7b26ded6d");
	check(fcd_cgroup_container("/docker/f00d/docker/" ID), "3ad7b26ded6d");
	check(fcd_cgroup_container("/docker/" ID "/kubelet/kubepods/pod1/"
				   "f00dfeed0000000000000000000000000000000000000000000000000000"
				   "0000"),
	      "f00dfeed0000");
	check(fcd_cgroup_container("/lxc/web-1"), "web-1");
	check(fcd_cgroup_container("/lxc.payload/web-1/system.slice"), "web-1");
	check(fcd_cgroup_container("/lxc.payload.web-1/init.scope"), "web-1");
}
END_TEST

START_TEST(other_groups_are_no_containers)
{
	static const char *const in[] = {
		"",
		"/",
		"/user.slice/user-1000.slice/session-2.scope",
		"/system.slice/docker.service",
		"/docker",
		"/docker/3ad7b26ded6d",
		"/docker/f" ID, /* a digit too many */
		"/system.slice/docker-" ID ".service",
		"/kubepods.slice/crio-conmon-" ID ".scope", /* outside, watches it */
		"/machine.slice/libpod-conmon-" ID ".scope",
		"/lxc.monitor.web-1",
		"/lxc.payload.",
	};

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		check(fcd_cgroup_container(in[i]), "");
}
END_TEST

TCase *tests(void)
{
	TCase *t = tcase_create("cgroup");

	tcase_add_test(t, a_process_is_where_the_memory_controller_is);
	tcase_add_test(t, an_event_tells_the_deepest_group_that_has_a_controller);
	tcase_add_test(t, an_event_agrees_with_a_group_that_it_tells_less_of);
	tcase_add_test(t, a_group_is_below_itself_and_its_parents);
	tcase_add_test(t, containers_of_each_runtime_are_known);
	tcase_add_test(t, other_groups_are_no_containers);
	return t;
}
