# SPDX-License-Identifier: MIT
foreach(part ring pump slots)
	fcd_test(${part} rings/test_${part}.c rings/bed.c)
	target_link_libraries(test-${part} PRIVATE fcd_core)
endforeach()
foreach(part cast cast_reader lanes)
	fcd_test(${part} rings/test_${part}.c rings/cast_bed.c rings/bed.c)
	target_link_libraries(test-${part} PRIVATE fcd_core)
endforeach()

fcd_test(fake-engine rings/test_fake.c rings/bed.c rings/engine.c)
target_link_libraries(test-fake-engine PRIVATE fcd_core)
target_compile_definitions(test-fake-engine PRIVATE
	FAKE_ENGINE="$<TARGET_FILE:falco-capture-engine-fake>")
add_dependencies(test-fake-engine falco-capture-engine-fake)

fcd_test(clock rings/test_clock.c)
target_link_libraries(test-clock PRIVATE fcd_core)
target_link_options(test-clock PRIVATE -Wl,--wrap=clock_gettime,--wrap=read)

# Any bytes as a ring. With FCD_FUZZ: fuzz-ring NEW_INPUTS tests/fuzz/corpus/ring
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/ring/*)
add_executable(replay-ring fuzz/replay.c fuzz/fuzz_ring.c)
target_link_libraries(replay-ring PRIVATE fcd_core)
add_test(NAME fuzz-ring-corpus COMMAND replay-ring ${seeds})
set_tests_properties(fuzz-ring-corpus PROPERTIES TIMEOUT 60)
if(FCD_FUZZ)
	set(core ${CMAKE_SOURCE_DIR}/core)
	add_executable(fuzz-ring fuzz/fuzz_ring.c ${core}/cast.c ${core}/cast_reader.c ${core}/lane_reader.c ${core}/lane.c
		${core}/pump.c ${core}/ledger.c ${core}/exclude.c ${core}/clock.c)
	target_link_libraries(fuzz-ring PRIVATE fcd_decode)
	target_compile_options(fuzz-ring PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz-ring PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
