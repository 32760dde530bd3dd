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
	set(env "PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon"
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>" "FCD_ENGINES=${CMAKE_BINARY_DIR}/engines"
		"FCD_PRODUCER=$<TARGET_FILE:example-producer>" ${ARGN})
	set_tests_properties(udig-${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77
		ENVIRONMENT "${env}")
endfunction()
udig_daemon_test(daemon daemon_test.py)
udig_daemon_test(daemon-nobody daemon_test.py FCD_AS_NOBODY=1)
udig_daemon_test(stranger stranger_test.py)

# Any bytes from a producer. With FCD_FUZZ: fuzz-udig NEW_INPUTS tests/fuzz/corpus/udig
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/udig/*)
add_executable(replay-udig fuzz/replay.c fuzz/fuzz_udig.c)
target_link_libraries(replay-udig PRIVATE fcd_udig fcd_core)
add_test(NAME fuzz-udig-corpus COMMAND replay-udig ${seeds})
set_tests_properties(fuzz-udig-corpus PROPERTIES TIMEOUT 60)
if(FCD_FUZZ)
	set(core ${CMAKE_SOURCE_DIR}/core)
	set(udig ${CMAKE_SOURCE_DIR}/engines/udig)
	add_executable(fuzz-udig fuzz/fuzz_udig.c ${udig}/producer.c ${udig}/block.c ${udig}/text.c
		${core}/cast.c ${core}/cast_reader.c ${core}/lane_reader.c ${core}/lane.c ${core}/pump.c ${core}/ledger.c
		${core}/exclude.c ${core}/clock.c)
	target_link_libraries(fuzz-udig PRIVATE fcd_decode)
	target_compile_options(fuzz-udig PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz-udig PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
