# SPDX-License-Identifier: MIT
foreach(part ring cast pump)
	fcd_test(${part} rings/test_${part}.c rings/bed.c)
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
