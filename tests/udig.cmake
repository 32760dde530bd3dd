# SPDX-License-Identifier: MIT
# The engine's own objects: their clock can be put ahead, for what takes seconds.
foreach(part greeting rings hostile)
	fcd_test(udig-${part} udig/test_${part}.c udig/bed.c rings/bed.c)
	target_link_libraries(test-udig-${part} PRIVATE fcd_udig fcd_core)
	target_link_options(test-udig-${part} PRIVATE -Wl,--wrap=clock_gettime)
endforeach()
