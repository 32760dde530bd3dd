# SPDX-License-Identifier: MIT
fcd_test(ledger audit/test_ledger.c rings/bed.c)
target_link_libraries(test-ledger PRIVATE fcd_core)

fcd_test(books audit/test_books.c rings/bed.c)
target_link_libraries(test-books PRIVATE fcd_daemon)

if(NOT TARGET falco-capture OR NOT TARGET falco-capture-engine-fake)
	return()
endif()
# audit_script(name): the daemon itself, with the fake engine. -B: no __pycache__ in the source.
function(audit_script name)
	add_test(NAME audit-${name} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/audit/test_${name}.py)
	set(path ${CMAKE_CURRENT_SOURCE_DIR}/daemon:${CMAKE_CURRENT_SOURCE_DIR}/client)
	set_tests_properties(audit-${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT
		"PYTHONPATH=${path};FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_CTL=$<TARGET_FILE:falco-capturectl>;FCD_READER=$<TARGET_FILE:load-reader>")
endfunction()
audit_script(stats)
audit_script(doctor)
audit_script(hostile)
set(rounds 2000)
if(FCD_SANITIZE)
	set(rounds 200)
	set_property(TEST audit-hostile APPEND PROPERTY ENVIRONMENT FCD_SANITIZED=1)
endif()
set_property(TEST audit-hostile APPEND PROPERTY ENVIRONMENT FCD_ROUNDS=${rounds}
	FCD_CORPUS=${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/request)

# Whole connections. With FCD_FUZZ: fuzz-conn NEW_INPUTS tests/fuzz/corpus/conn
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/conn/*)
add_executable(replay-conn fuzz/replay.c fuzz/fuzz_conn.c)
target_link_libraries(replay-conn PRIVATE fcd_daemon)
add_test(NAME fuzz-conn-corpus COMMAND replay-conn ${seeds})
set_tests_properties(fuzz-conn-corpus PROPERTIES TIMEOUT 60)
if(FCD_FUZZ)
	set(conn_sources conn.c request.c reply.c stream.c subscription.c)
	list(TRANSFORM conn_sources PREPEND ${CMAKE_SOURCE_DIR}/daemon/)
	add_executable(fuzz-conn fuzz/fuzz_conn.c ${conn_sources})
	target_link_libraries(fuzz-conn PRIVATE fcd_daemon)
	target_compile_options(fuzz-conn PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz-conn PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
