# SPDX-License-Identifier: MIT
# The probe as an object: what no kernel here would refuse, but others do.
if(TARGET falco-capture-engine-bpf)
	add_test(NAME bpf-stack COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bpf/stack_test.py
		 ${CMAKE_BINARY_DIR}/engines/bpf/probe.bpf.o)
endif()
