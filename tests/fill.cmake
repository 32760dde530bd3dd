# SPDX-License-Identifier: MIT
# The fillers over made-up facts. fill_table.h is the bpf engine's.
foreach(part calls process)
	fcd_test(fill-${part} fill/test_${part}.c)
	target_include_directories(test-fill-${part} PRIVATE ${CMAKE_BINARY_DIR}/engines/bpf)
	target_link_libraries(test-fill-${part} PRIVATE fcd_decode)
	add_dependencies(test-fill-${part} falco-capture-engine-bpf)
endforeach()
