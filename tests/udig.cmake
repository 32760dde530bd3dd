# SPDX-License-Identifier: MIT
# The engine's own objects: their clock can be put ahead, for what takes seconds.
foreach(part greeting rings hostile)
	fcd_test(udig-${part} udig/test_${part}.c udig/bed.c rings/bed.c)
	target_link_libraries(test-udig-${part} PRIVATE fcd_udig fcd_core)
	target_link_options(test-udig-${part} PRIVATE -Wl,--wrap=clock_gettime)
endforeach()

# A daemon with the engine, and the example as a producer; once more as a user without rights.
add_executable(example-producer ${CMAKE_SOURCE_DIR}/examples/producer.c)
set_target_properties(example-producer PROPERTIES OUTPUT_NAME producer C_EXTENSIONS OFF)
function(udig_daemon_test name script)
	add_test(NAME udig-${name} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/udig/${script})
	set_tests_properties(udig-${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT
		"PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon;FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_PRODUCER=$<TARGET_FILE:example-producer>;${ARGN}")
endfunction()
udig_daemon_test(daemon daemon_test.py)
udig_daemon_test(daemon-nobody daemon_test.py FCD_AS_NOBODY=1)
udig_daemon_test(stranger stranger_test.py)
