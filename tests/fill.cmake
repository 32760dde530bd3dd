# SPDX-License-Identifier: MIT
# The fillers over made-up facts.
foreach(part calls process)
	fcd_test(fill-${part} fill/test_${part}.c)
	target_link_libraries(test-fill-${part} PRIVATE fcd_decode fcd_fill)
endforeach()
