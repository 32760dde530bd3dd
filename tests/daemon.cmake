# SPDX-License-Identifier: MIT
# The stub engine, once as it should be and once for each way to be wrong.
set(stubs ${CMAKE_CURRENT_BINARY_DIR}/stubs)
function(stub_engine variant dir)
	add_library(stub-${variant} MODULE daemon/stub_engine.c)
	target_compile_definitions(stub-${variant} PRIVATE ${ARGN})
	set_target_properties(stub-${variant} PROPERTIES PREFIX ""
		OUTPUT_NAME falco-capture-engine-${variant} LIBRARY_OUTPUT_DIRECTORY ${dir})
endfunction()
stub_engine(stub ${stubs})
stub_engine(kmod ${stubs}/auto STUB_NAME="kmod")
stub_engine(bpf ${stubs}/auto STUB_NAME="bpf")
stub_engine(userspace ${stubs}/auto STUB_NAME="userspace")
stub_engine(other-major ${stubs} STUB_MAJOR=9)
stub_engine(other-minor ${stubs} STUB_MINOR=99)
stub_engine(other-schema ${stubs} STUB_SCHEMA=0x030201)
stub_engine(stranger ${stubs} STUB_OWNER="other-program")
stub_engine(no-symbol ${stubs} STUB_ENTRY=other_entry)
stub_engine(two-symbols ${stubs} STUB_EXPORT=other_object)
stub_engine(other-abi ${stubs} STUB_ABI=0)
stub_engine(no-stop ${stubs} STUB_NO_STOP)
# What lies behind an older table is not its own.
set(older "STUB_RETIRE=(void*)1" "STUB_OPS_SIZE=offsetof(struct fcd_engine_ops,retire)")
stub_engine(older ${stubs} ${older})
stub_engine(too-old ${stubs} "STUB_OPS_SIZE=offsetof(struct fcd_engine_ops,close)")
stub_engine(half-slot ${stubs} "STUB_OPS_SIZE=offsetof(struct fcd_engine_ops,retire)+4")
stub_engine(liar ${stubs} STUB_OPS_NAME="another")

fcd_test(loader daemon/test_loader.c)
target_link_libraries(test-loader PRIVATE fcd_loader)
target_compile_definitions(test-loader PRIVATE STUBS="${stubs}")
add_dependencies(test-loader stub-stub stub-kmod stub-other-major stub-other-minor
	stub-other-schema stub-stranger stub-no-symbol stub-two-symbols stub-other-abi
	stub-no-stop stub-older stub-too-old stub-half-slot stub-liar)

fcd_test(loader-elf daemon/test_elf.c)
target_link_libraries(test-loader-elf PRIVATE fcd_loader)

fcd_test(canary daemon/test_canary.c rings/bed.c)
target_link_libraries(test-canary PRIVATE fcd_daemon)

fcd_test(config daemon/test_config.c)
target_link_libraries(test-config PRIVATE fcd_core)
target_compile_definitions(test-config PRIVATE EXAMPLE="${CMAKE_SOURCE_DIR}/etc/falco-capture.json")

fcd_test(request daemon/test_request.c)
target_link_libraries(test-request PRIVATE fcd_daemon)

# Corpora of the parsers, replayed; with FCD_FUZZ the fuzzers themselves.
set(fuzz_request_sources ${CMAKE_SOURCE_DIR}/daemon/request.c ${CMAKE_SOURCE_DIR}/core/access.c
	${CMAKE_SOURCE_DIR}/core/filter_json.c)
set(fuzz_config_sources ${CMAKE_SOURCE_DIR}/core/config.c ${CMAKE_SOURCE_DIR}/core/config_keys.c
	${CMAKE_SOURCE_DIR}/core/config_options.c ${CMAKE_SOURCE_DIR}/core/config_show.c
	${CMAKE_SOURCE_DIR}/core/access.c)
foreach(parser request config)
	file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${parser}/*)
	add_executable(replay-${parser} fuzz/replay.c fuzz/fuzz_${parser}.c)
	target_link_libraries(replay-${parser} PRIVATE fcd_daemon)
	add_test(NAME fuzz-${parser}-corpus COMMAND replay-${parser} ${seeds})
	set_tests_properties(fuzz-${parser}-corpus PROPERTIES TIMEOUT 60)
	if(FCD_FUZZ)
		add_executable(fuzz-${parser} fuzz/fuzz_${parser}.c ${fuzz_${parser}_sources}
			${CMAKE_SOURCE_DIR}/core/spot.c)
		target_link_libraries(fuzz-${parser} PRIVATE fcd_snapshot fcd_decode PkgConfig::JANSSON)
		target_compile_options(fuzz-${parser} PRIVATE -fsanitize=fuzzer,address,undefined)
		target_link_options(fuzz-${parser} PRIVATE -fsanitize=fuzzer,address,undefined)
	endif()
endforeach()

# The daemon itself, with the fake and the stub engine. -B: no __pycache__ in the source.
set(daemon_tests requests streams life command root access service reload)
if(TARGET falco-capture-engine-userspace AND TARGET falco-capture-trace)
	list(APPEND daemon_tests userspace)
endif()
foreach(test ${daemon_tests})
	add_test(NAME daemon-${test} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/daemon/test_${test}.py)
	set_tests_properties(daemon-${test} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_STUBS=${stubs};FCD_EXAMPLE=${CMAKE_SOURCE_DIR}/etc/falco-capture.json;FCD_WIRE_DOC=${CMAKE_SOURCE_DIR}/docs/wire.md;FCD_CTL=$<TARGET_FILE:falco-capturectl>")
endforeach()
