# SPDX-License-Identifier: MIT
# The installed units under a systemd of their own; kmod in the test machines (vm/run).
# The unit's sandbox allows no ptrace, and the leak sanitizer stops without.
if(NOT TARGET falco-capture-engine-userspace OR FCD_SANITIZE)
	return()
endif()
set(service ${CMAKE_CURRENT_SOURCE_DIR}/service/run ${CMAKE_BINARY_DIR} ${Python3_EXECUTABLE})
add_test(NAME service COMMAND ${service} fake userspace)
set_tests_properties(service PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
if(TARGET falco-capture-engine-bpf)
	add_test(NAME service-bpf COMMAND ${service} bpf --
		Units.test_bpf_streams_is_reloaded_killed_and_stopped)
	set_tests_properties(service-bpf PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 LABELS bpf)
endif()
