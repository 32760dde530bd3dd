# SPDX-License-Identifier: MIT
# The op snapshot from both sources, against what a process knows of itself.
function(snapshot_test name engine script)
	if(NOT TARGET falco-capture OR NOT TARGET falco-capture-engine-${engine})
		return()
	endif()
	add_test(NAME ${name} COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/snapshot/${script})
	set_tests_properties(${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 ENVIRONMENT
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_BINARY_DIR}/engines;FCD_CTL=$<TARGET_FILE:falco-capturectl>;FCD_SNAPSHOT_ENGINE=${engine}")
endfunction()
snapshot_test(snapshot-proc fake test_snapshot.py)
snapshot_test(snapshot-ctl fake test_ctl.py)
snapshot_test(snapshot-bpf bpf test_snapshot.py)
if(TARGET falco-capture-engine-bpf)
	set_tests_properties(snapshot-bpf PROPERTIES LABELS "bpf;vm" TIMEOUT 400) # emulated, ten starts
endif()
