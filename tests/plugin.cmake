# SPDX-License-Identifier: MIT
fcd_test(json-reader plugin/test_json.c)
target_link_libraries(test-json-reader PRIVATE fcd_decode PkgConfig::JANSSON)
foreach(name validate enter config)
	fcd_test(plugin-${name} plugin/test_${name}.c table/encode.c)
	target_link_libraries(test-plugin-${name} PRIVATE fcd_plugin PkgConfig::JANSSON)
endforeach()
fcd_test(plugin plugin/test_plugin.c client/daemon_stub.c)
target_link_libraries(test-plugin PRIVATE falco-capture-client fcd_core ${CMAKE_DL_LIBS})
add_dependencies(test-plugin falco-capture-plugin)
set_tests_properties(plugin PROPERTIES ENVIRONMENT "PLUGIN=$<TARGET_FILE:falco-capture-plugin>")
if(NOT FCD_SANITIZE) # they are libraries
	add_test(NAME plugin-symbols COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/plugin/symbols_test
		$<TARGET_FILE:falco-capture-plugin>)
	set_tests_properties(plugin-symbols PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)
endif()
