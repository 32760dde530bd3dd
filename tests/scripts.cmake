# SPDX-License-Identifier: MIT
set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/scripts)
add_test(NAME skip-rule COMMAND ${scripts}/skip_rule_test)
set_tests_properties(skip-rule PROPERTIES TIMEOUT 60)
if(TARGET falco-capture AND TARGET falco-capture-engine-bpf)
	add_test(NAME install COMMAND ${scripts}/install_test ${CMAKE_BINARY_DIR})
	set_tests_properties(install PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 LABELS bpf)
endif()
