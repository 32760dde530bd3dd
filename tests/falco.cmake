# SPDX-License-Identifier: MIT
# What is installed for Falco, against what the plugin says.
if(NOT TARGET falco-capture-plugin)
	return()
endif()
add_test(NAME falco-files COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/falco/test_files.py)
set_tests_properties(falco-files PROPERTIES TIMEOUT 60 SKIP_RETURN_CODE 77
	ENVIRONMENT "BUILD=${CMAKE_BINARY_DIR};HOST=$<TARGET_FILE:plugin-host>;PLUGIN=$<TARGET_FILE:falco-capture-plugin>")
