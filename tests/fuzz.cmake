# SPDX-License-Identifier: MIT
# Each fuzzer's corpus is replayed as a test. With FCD_FUZZ (clang) there is the fuzzer too:
#	fuzz-decode NEW_INPUTS tests/fuzz/corpus/decode
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/decode/*)
add_executable(replay-decode fuzz/replay.c fuzz/fuzz_decode.c)
target_link_libraries(replay-decode PRIVATE fcd_decode PkgConfig::JANSSON)
add_test(NAME fuzz-decode-corpus COMMAND replay-decode ${seeds})
set_tests_properties(fuzz-decode-corpus PROPERTIES TIMEOUT 60)

add_executable(make-corpus EXCLUDE_FROM_ALL fuzz/make_corpus.c table/encode.c)
target_link_libraries(make-corpus PRIVATE fcd_decode)

if(FCD_FUZZ)
	# The library's sources once more, so that nothing else needs the fuzzer's runtime.
	get_target_property(sources fcd_decode SOURCES)
	get_target_property(folder fcd_decode SOURCE_DIR)
	foreach(source ${sources})
		cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
		list(APPEND fuzzed ${source})
	endforeach()
	add_executable(fuzz-decode fuzz/fuzz_decode.c ${fuzzed})
	add_dependencies(fuzz-decode fcd_decode)
	target_link_libraries(fuzz-decode PRIVATE PkgConfig::JANSSON)
	target_compile_options(fuzz-decode PRIVATE -fsanitize=fuzzer,address,undefined)
	target_link_options(fuzz-decode PRIVATE -fsanitize=fuzzer,address,undefined)
endif()
