# SPDX-License-Identifier: MIT
# Programs that say which events they cause, and the real daemon on this kernel; label vm: in the
# test machines too.
add_test(NAME trace-compare COMMAND Python3::Interpreter
	${CMAKE_CURRENT_SOURCE_DIR}/trace/compare_test.py)
set_tests_properties(trace-compare PROPERTIES TIMEOUT 60
	ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
if(NOT TARGET falco-capture OR NOT TARGET falco-capture-engine-bpf)
	return()
endif()

# Static and without sanitizers: what a program does is then what is written in it.
set(trace_options -O1 -g -Wall -Wextra -Wpointer-arith -Wwrite-strings -Wvla -Wstrict-prototypes
	-Wmissing-prototypes $<$<BOOL:${FCD_WERROR}>:-Werror>)
add_library(trace-expect STATIC trace/expect.c trace/proc.c trace/cgroup.c trace/net.c
	trace/exec.c trace/exit.c)
set_target_properties(trace-expect PROPERTIES COMPILE_OPTIONS "${trace_options}")

function(trace_program name)
	add_executable(trace-${name} trace/${name}.c)
	target_link_libraries(trace-${name} PRIVATE trace-expect)
	set_target_properties(trace-${name} PROPERTIES COMPILE_OPTIONS "${trace_options}"
		LINK_OPTIONS -static)
endfunction()
trace_program(report)	# what the programs that execute something execute

foreach(name accept4 clone close compat connect execargs execfail execve generic kill openat overlay
		procexit read reaper unknown write)
	trace_program(${name})
	add_test(NAME trace-${name} COMMAND Python3::Interpreter
		${CMAKE_CURRENT_SOURCE_DIR}/trace/run.py --daemon $<TARGET_FILE:falco-capture>
		--engine bpf --engine-dir ${CMAKE_BINARY_DIR}/engines
		$<TARGET_FILE:trace-${name}> $<TARGET_FILE:trace-report>)
	set_tests_properties(trace-${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
		LABELS "bpf;vm" ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
