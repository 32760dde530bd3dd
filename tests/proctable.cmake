# SPDX-License-Identifier: MIT
fcd_test(cgroup proctable/test_cgroup.c)
target_link_libraries(test-cgroup PRIVATE fcd_decode)
