# SPDX-License-Identifier: MIT
# Commands under falco-capture-trace; some once more as a user without any right.
if(NOT TARGET falco-capture OR NOT TARGET falco-capture-trace)
	return()
endif()
# Without sanitizers: they would trace, or come to an end too slowly.
set(tracer_options -O1 -g -Wall -Wextra -Wpointer-arith -Wwrite-strings -Wvla -Wstrict-prototypes
	$<$<BOOL:${FCD_WERROR}>:-Werror>)
foreach(program storm untraced)
	add_executable(tracer-${program} tracer/${program}.c)
	set_target_properties(tracer-${program} PROPERTIES COMPILE_OPTIONS "${tracer_options}"
		LINK_OPTIONS -static)
endforeach()

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
