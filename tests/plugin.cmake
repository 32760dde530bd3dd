# SPDX-License-Identifier: MIT
fcd_test(json-reader plugin/test_json.c)
target_link_libraries(test-json-reader PRIVATE fcd_decode PkgConfig::JANSSON)
