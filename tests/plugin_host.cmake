# SPDX-License-Identifier: MIT
# What Falco does with a source plugin; the host is tested with a stub that is wrong in each way.
set(host ${CMAKE_CURRENT_SOURCE_DIR}/plugin_host)
set(host_stubs ${CMAKE_CURRENT_BINARY_DIR}/plugin_host)
set(events ${CMAKE_SOURCE_DIR}/core/table/events.txt)
add_custom_command(
	OUTPUT ${host_stubs}/check_table.h
	COMMAND Python3::Interpreter -B ${host}/check_table.py ${events} ${host_stubs}/check_table.h
	DEPENDS plugin_host/check_table.py ${events}
	COMMENT "Plugin host: check_table.h")
add_library(plugin-check OBJECT plugin_host/check.c ${host_stubs}/check_table.h)
target_include_directories(plugin-check PRIVATE ${host_stubs})
add_executable(plugin-host plugin_host/host.c plugin_host/falco.c plugin_host/held.c)
target_link_libraries(plugin-host PRIVATE plugin-check Threads::Threads ${CMAKE_DL_LIBS})

function(host_stub variant)
	add_library(host-stub-${variant} MODULE plugin_host/stub.c)
	target_compile_definitions(host-stub-${variant} PRIVATE ${ARGN})
	set_target_properties(host-stub-${variant} PROPERTIES PREFIX "" OUTPUT_NAME ${variant} C_VISIBILITY_PRESET default
		LIBRARY_OUTPUT_DIRECTORY ${host_stubs})
endfunction()
host_stub(good)
host_stub(same STUB_ID=0 STUB_SOURCE="")
host_stub(newer STUB_API="3.12.1")
host_stub(two STUB_API="2.0.0")
host_stub(words STUB_API="3.0")
host_stub(dev STUB_VERSION="dev")
host_stub(nameless STUB_NO_NAME)
host_stub(sourceless STUB_NO_SOURCE)
host_stub(own-id STUB_ID=7)
host_stub(own-source STUB_SOURCE="syscall")

add_test(NAME plugin-host-itself COMMAND Python3::Interpreter -B ${host}/test_host.py)
set_tests_properties(plugin-host-itself PROPERTIES TIMEOUT 120
	ENVIRONMENT "HOST=$<TARGET_FILE:plugin-host>;STUBS=${host_stubs}")

if(NOT TARGET falco-capture OR NOT TARGET falco-capture-plugin OR
		NOT TARGET falco-capture-engine-fake)
	return()
endif()
add_executable(plugin-reader plugin_host/reader.c)
target_link_libraries(plugin-reader PRIVATE falco-capture-client)

# plugin_test(name seconds script): the plugin in the host beside the real daemon.
function(plugin_test name seconds script)
	add_test(NAME plugin-${name} COMMAND Python3::Interpreter -B ${host}/test_${script}.py)
	set_tests_properties(plugin-${name} PROPERTIES TIMEOUT ${seconds} SKIP_RETURN_CODE 77
		ENVIRONMENT "PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon:${CMAKE_CURRENT_SOURCE_DIR}/client:${CMAKE_CURRENT_SOURCE_DIR}/trace;FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;HOST=$<TARGET_FILE:plugin-host>;PLUGIN=$<TARGET_FILE:falco-capture-plugin>;READER=$<TARGET_FILE:plugin-reader>")
endfunction()
plugin_test(capture 180 capture)
plugin_test(garbage 180 garbage)

# Under a sanitizer everything is slower.
set(rate 300000)
if(FCD_SANITIZE)
	set(rate 20000)
endif()
plugin_test(stop 180 stop)
set_property(TEST plugin-stop APPEND PROPERTY ENVIRONMENT FCD_RATE=${rate})
set_tests_properties(plugin-stop PROPERTIES RUN_SERIAL TRUE)

# An attack, with each engine that can run here. Without sanitizers: it is watched, not tested.
add_executable(plugin-attack plugin_host/attack.c)
set_target_properties(plugin-attack PROPERTIES COMPILE_OPTIONS "-O1;-g" LINK_OPTIONS -static)
function(plugin_equal engine tracer)
	plugin_test(equal-${engine} 180 equal)
	set_property(TEST plugin-equal-${engine} APPEND PROPERTY ENVIRONMENT ENGINE=${engine}
		ATTACK=$<TARGET_FILE:plugin-attack> "TRACER=${tracer}")
endfunction()
if(TARGET falco-capture-engine-bpf)
	plugin_equal(bpf "")
	set_tests_properties(plugin-equal-bpf PROPERTIES LABELS bpf)
endif()
if(TARGET falco-capture-engine-kmod)
	plugin_equal(kmod "")
endif()
if(TARGET falco-capture-engine-userspace AND TARGET falco-capture-trace)
	plugin_equal(userspace $<TARGET_FILE:falco-capture-trace>)
endif()

# Anything in the ring under the plugin. With FCD_FUZZ: fuzz-plugin NEW_INPUTS
# tests/fuzz/corpus/plugin
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/plugin/*)
set(fuzz_plugin_sources fuzz/fuzz_plugin.c table/encode.c ${CMAKE_SOURCE_DIR}/client/plugin/plugin.c)
add_executable(replay-plugin fuzz/replay.c ${fuzz_plugin_sources})
target_link_libraries(replay-plugin PRIVATE fcd_plugin fcd_core plugin-check)
add_test(NAME fuzz-plugin-corpus COMMAND replay-plugin ${seeds})
set_tests_properties(fuzz-plugin-corpus PROPERTIES TIMEOUT 60)
if(FCD_FUZZ)
	get_target_property(sources fcd_plugin SOURCES)
	list(TRANSFORM sources PREPEND ${CMAKE_SOURCE_DIR}/client/plugin/)
	add_executable(fuzz-plugin ${fuzz_plugin_sources} ${sources})
	target_link_libraries(fuzz-plugin PRIVATE fcd_core plugin-check)
	target_compile_options(fuzz-plugin PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz-plugin PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
