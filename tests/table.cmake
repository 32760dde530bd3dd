# SPDX-License-Identifier: MIT
# The kernel's own numbers of system calls, as the compiler sees them.
foreach(bits 64 32)
	execute_process(
		COMMAND ${CMAKE_C_COMPILER} -E -dM -include asm/unistd_${bits}.h -x c /dev/null
		OUTPUT_FILE ${CMAKE_CURRENT_BINARY_DIR}/nr_${bits}.h COMMAND_ERROR_IS_FATAL ANY)
endforeach()

foreach(test table decode format json text filter)
	fcd_test(${test} table/test_${test}.c table/encode.c)
	target_link_libraries(test-${test} PRIVATE fcd_decode PkgConfig::JANSSON)
endforeach()
target_compile_definitions(test-table PRIVATE
	NR_64="${CMAKE_CURRENT_BINARY_DIR}/nr_64.h" NR_32="${CMAKE_CURRENT_BINARY_DIR}/nr_32.h")
target_compile_definitions(test-format PRIVATE
	GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/table/golden.txt")
