# SPDX-License-Identifier: MIT
# Does an engine keep to abi/engine.h? `conformance --help` has the claims; docs/howto-engine.md
# says how an author of an engine runs it.
add_executable(conformance conformance/main.c conformance/host.c conformance/records.c
	conformance/load.c conformance/left.c conformance/claims_file.c conformance/claims_life.c
	conformance/claims_interest.c conformance/claims_ring.c
	conformance/claims_snapshot.c)
target_link_libraries(conformance PRIVATE fcd_core)

# fcd_conformance(name target [--flag...] [key=value...])
function(fcd_conformance name target)
	if(NOT TARGET ${target})
		return()
	endif()
	set(flags ${ARGN})
	set(options ${ARGN})
	list(FILTER flags INCLUDE REGEX "^--")
	list(FILTER options EXCLUDE REGEX "^--")
	add_test(NAME conformance-${name}
		COMMAND conformance ${flags} $<TARGET_FILE:${target}> ${options})
	set_tests_properties(conformance-${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

fcd_conformance(fake falco-capture-engine-fake --generator ring_bytes=65536 rate=200000
	count=20000 end=true)
fcd_conformance(bpf falco-capture-engine-bpf ring_bytes=262144)
# What may differ between kernels. Opening it takes an emulated processor seconds.
fcd_conformance(bpf-kernel falco-capture-engine-bpf ring_bytes=262144 --only=changes
	--only=nothing-wanted --only=wrap --only=full --only=stop --only=wake --only=no-wake)
if(TARGET falco-capture-engine-bpf)
	set_tests_properties(conformance-bpf PROPERTIES LABELS bpf)
	set_tests_properties(conformance-bpf-kernel PROPERTIES LABELS "bpf;vm")
endif()
set(traced "--with=$<TARGET_FILE:falco-capture-trace> --require-daemon --socket {socket} --")
if(TARGET falco-capture-trace)
	fcd_conformance(userspace falco-capture-engine-userspace ring_bytes=262144 "${traced}")
endif()
# The kmod engine: in a machine with its module loaded,
#	conformance BUILD/engines/falco-capture-engine-kmod.so ring_bytes=262144

# Does the suite notice an engine that breaks a rule?
add_library(liar MODULE conformance/liar.c)
target_link_libraries(liar PRIVATE ${CMAKE_DL_LIBS} Threads::Threads)
target_link_options(liar PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/engines/engine.map)
set_target_properties(liar PROPERTIES PREFIX "")
function(liar_test name kind target)
	if(NOT TARGET ${target})
		return()
	endif()
	add_test(NAME conformance-liar-${name} COMMAND
		${CMAKE_CURRENT_SOURCE_DIR}/conformance/liar_test ${kind} $<TARGET_FILE:conformance>
		$<TARGET_FILE:liar> $<TARGET_FILE:${target}> ${ARGN})
	set_tests_properties(conformance-liar-${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()
liar_test(fake made falco-capture-engine-fake --generator ring_bytes=65536 rate=200000 count=20000
	end=true)
if(TARGET falco-capture-trace)
	liar_test(userspace seen falco-capture-engine-userspace "${traced}" ring_bytes=262144)
	# They make the calls that conformance-bpf makes, which sees those of the whole machine.
	set_tests_properties(conformance-userspace conformance-liar-userspace PROPERTIES
		RESOURCE_LOCK bpf)
endif()

# An engine built from a copy of the headers of ABI 1.0 and from nothing else.
add_library(abi-1.0 MODULE conformance/abi-1.0/engine.c)
target_link_libraries(abi-1.0 PRIVATE Threads::Threads)
target_link_options(abi-1.0 PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/engines/engine.map)
set_target_properties(abi-1.0 PROPERTIES PREFIX "" OUTPUT_NAME falco-capture-engine-abi-1-0
	INCLUDE_DIRECTORIES "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/abi-1.0)
fcd_conformance(abi-1.0 abi-1.0 --generator)
if(TARGET falco-capture)
	add_test(NAME abi-1.0-engine COMMAND Python3::Interpreter -B
		${CMAKE_CURRENT_SOURCE_DIR}/conformance/abi_1_0_test.py)
	set_tests_properties(abi-1.0-engine PROPERTIES TIMEOUT 120 ENVIRONMENT
		"FCD_DAEMON=$<TARGET_FILE:falco-capture>;FCD_ENGINES=${CMAKE_CURRENT_BINARY_DIR}/abi-1.0;PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}/daemon")
endif()
