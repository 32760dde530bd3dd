# SPDX-License-Identifier: MIT
fcd_test(cgroup proctable/test_cgroup.c)
fcd_test(process-map proctable/test_map.c)
fcd_test(proctable proctable/test_proctable.c proctable/made.c table/encode.c)
fcd_test(proctable-proc proctable/test_proc.c proctable/made.c table/encode.c)
fcd_test(process-filter proctable/test_process_filter.c proctable/made.c table/encode.c)
foreach(test cgroup process-map proctable proctable-proc process-filter)
	target_link_libraries(test-${test} PRIVATE fcd_json)
endforeach()
target_link_libraries(test-proctable-proc PRIVATE Threads::Threads)
if(TARGET falco-capture AND TARGET falco-capture-engine-bpf)
	add_test(NAME process-filter-bpf COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/proctable/filter_test.py)
	set_tests_properties(process-filter-bpf PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77
		LABELS bpf ENVIRONMENT
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines")
endif()
