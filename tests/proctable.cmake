# SPDX-License-Identifier: MIT
fcd_test(cgroup proctable/test_cgroup.c)
fcd_test(process-map proctable/test_map.c)
fcd_test(proctable proctable/test_proctable.c proctable/made.c table/encode.c)
fcd_test(proctable-proc proctable/test_proc.c proctable/made.c table/encode.c)
foreach(test cgroup process-map proctable proctable-proc)
	target_link_libraries(test-${test} PRIVATE fcd_decode)
endforeach()
target_link_libraries(test-proctable-proc PRIVATE Threads::Threads)
