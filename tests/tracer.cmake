# SPDX-License-Identifier: MIT
# Commands under falco-capture-trace; some once more as a user without any right.
if(NOT TARGET falco-capture OR NOT TARGET falco-capture-trace)
	return()
endif()
add_executable(tracer-storm tracer/storm.c)
target_link_libraries(tracer-storm PRIVATE Threads::Threads)
add_executable(tracer-untraced tracer/untraced.c)

function(tracer_test name script)
	add_test(NAME tracer-${name} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/tracer/${script}_test.py)
	set_tests_properties(tracer-${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT
		"PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon;FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_TRACER=$<TARGET_FILE:falco-capture-trace>;FCD_STORM=$<TARGET_FILE:tracer-storm>;FCD_UNTRACED=$<TARGET_FILE:tracer-untraced>;${ARGN}")
endfunction()
foreach(part run jobs children daemon engine)
	tracer_test(${part} ${part})
	tracer_test(${part}-nobody ${part} FCD_AS_NOBODY=1)
endforeach()
