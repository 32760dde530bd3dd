# SPDX-License-Identifier: MIT
fcd_test(json-reader plugin/test_json.c)
target_link_libraries(test-json-reader PRIVATE fcd_decode PkgConfig::JANSSON)
foreach(name validate enter)
	fcd_test(plugin-${name} plugin/test_${name}.c table/encode.c)
	target_link_libraries(test-plugin-${name} PRIVATE fcd_plugin)
endforeach()
