# SPDX-License-Identifier: MIT
set(stub client/daemon_stub.c)
foreach(name connect subscribe reconnect event hostile)
	fcd_test(client-${name} client/test_${name}.c ${stub})
	target_link_libraries(test-client-${name} PRIVATE falco-capture-client fcd_core)
endforeach()

# fcd_client_script(name): a Python test that finds the programs in its environment.
function(fcd_client_script name)
	add_test(NAME client-${name} COMMAND Python3::Interpreter
		${CMAKE_CURRENT_SOURCE_DIR}/client/${name}_test.py)
	set_tests_properties(client-${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 ENVIRONMENT
		"CTL=$<TARGET_FILE:falco-capturectl>;BUILD=${CMAKE_BINARY_DIR};SOURCE=${CMAKE_SOURCE_DIR};CC=${CMAKE_C_COMPILER};CXX=${CMAKE_CXX_COMPILER};SANITIZE=${FCD_SANITIZE};PYTHONDONTWRITEBYTECODE=1")
endfunction()
file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/*/man/*.[138])
add_test(NAME client-manual COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/client/manual_test ${pages})
set_tests_properties(client-manual PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)
fcd_client_script(ctl)
fcd_client_script(installed)
if(TARGET falco-capture AND TARGET falco-capture-engine-fake)
	fcd_client_script(fake_engine)
	fcd_client_script(frames)

	# A program built from the headers of version 1.0 and from nothing else.
	set(frozen ${CMAKE_CURRENT_SOURCE_DIR}/client/abi-1.0)
	add_executable(client-1.0-reader client/abi-1.0/reader.c)
	target_link_libraries(client-1.0-reader PRIVATE falco-capture-client)
	add_executable(client-1.0-layout client/abi-1.0/layout.c)
	target_compile_definitions(client-1.0-layout PRIVATE HEADER=<falco-capture/falco-capture.h>)
	set_target_properties(client-1.0-reader client-1.0-layout PROPERTIES
		INCLUDE_DIRECTORIES ${frozen})
	add_executable(client-layout client/abi-1.0/layout.c)
	target_compile_definitions(client-layout PRIVATE HEADER="client/falco-capture.h")
	fcd_client_script(abi_1_0)
	set_property(TEST client-abi_1_0 APPEND PROPERTY ENVIRONMENT
		"LIBRARY=$<TARGET_FILE:falco-capture-client>"
		"READER=$<TARGET_FILE:client-1.0-reader>"
		"LAYOUTS=$<TARGET_FILE:client-1.0-layout>,$<TARGET_FILE:client-layout>")
	set_property(TEST client-frames client-abi_1_0 APPEND PROPERTY ENVIRONMENT
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>"
		"FCD_ENGINES=${CMAKE_BINARY_DIR}/engines"
		"PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon")
endif()
if(TARGET falco-capture AND TARGET falco-capture-engine-bpf)
	add_test(NAME demo COMMAND ${CMAKE_SOURCE_DIR}/scripts/demo ${CMAKE_BINARY_DIR})
	set_tests_properties(demo PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 LABELS bpf)
endif()
