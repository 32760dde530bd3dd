# SPDX-License-Identifier: MIT
# The real daemon with the bpf engine on this kernel; label vm: in the test machines too.
if(NOT TARGET falco-capture)
	return()
endif()
pkg_check_modules(LIBBPF REQUIRED IMPORTED_TARGET libbpf)
add_executable(live-rounds live/rounds.c)
target_link_libraries(live-rounds PRIVATE falco-capture-client Threads::Threads)
add_executable(live-flood live/flood.c)
target_link_libraries(live-flood PRIVATE falco-capture-client)
add_executable(live-loaded live/loaded.c)
target_link_libraries(live-loaded PRIVATE PkgConfig::LIBBPF)

function(live_test name)
	add_test(NAME live-${name} COMMAND Python3::Interpreter
		${CMAKE_CURRENT_SOURCE_DIR}/live/live.py ${CMAKE_BINARY_DIR} ${ARGN})
	set_tests_properties(live-${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS "bpf;vm")
endfunction()
live_test(rounds rounds 1000000 1)
live_test(threads rounds 20000 4)
live_test(cramped cramped 20000 4)
live_test(flood flood 3000)
live_test(flood-some flood 50)
live_test(killed killed)
live_test(idle idle)
# What takes minutes where the processor is emulated: less of it is enough there.
set_tests_properties(live-rounds live-flood PROPERTIES LABELS "bpf")
