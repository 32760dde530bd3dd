# SPDX-License-Identifier: MIT
# Many subscribers at a high rate.
add_executable(load-reader load/reader.c)
target_link_libraries(load-reader PRIVATE falco-capture-client)
if(NOT TARGET falco-capture OR NOT TARGET falco-capture-engine-fake)
	return()
endif()

# Under a sanitizer everything is slower.
set(rate 1000000)
if(FCD_SANITIZE)
	set(rate 20000)
endif()
function(load_test name seconds)
	add_test(NAME load-${name} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/load/many.py)
	set_tests_properties(load-${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77 RUN_SERIAL TRUE
		ENVIRONMENT "PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon;FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_CTL=$<TARGET_FILE:falco-capturectl>;FCD_READER=$<TARGET_FILE:load-reader>;FCD_RATE=${rate};FCD_SECONDS=${seconds}")
endfunction()
load_test(many 5)
load_test(many-minute 60)
set_tests_properties(load-many-minute PROPERTIES LABELS long)
