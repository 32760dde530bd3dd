# SPDX-License-Identifier: MIT
# Programs that say which events they cause, and the real daemon on this kernel; label vm: in the
# test machines too.
foreach(name compare rules mutants matrix same_bytes)
	add_test(NAME trace-${name}-py COMMAND Python3::Interpreter
		${CMAKE_CURRENT_SOURCE_DIR}/trace/${name}_test.py)
	set_tests_properties(trace-${name}-py PROPERTIES TIMEOUT 60
		ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endforeach()
if(NOT TARGET falco-capture OR NOT TARGET falco-capture-engine-bpf)
	return()
endif()

# Static and without sanitizers: what a program does is then what is written in it.
set(trace_options -O1 -g -Wall -Wextra -Wpointer-arith -Wwrite-strings -Wvla -Wstrict-prototypes
	-Wmissing-prototypes $<$<BOOL:${FCD_WERROR}>:-Werror>)
add_library(trace-expect STATIC trace/expect.c trace/proc.c trace/cgroup.c trace/net.c
	trace/exec.c trace/exit.c trace/child.c trace/shape.c trace/sockway.c)
set_target_properties(trace-expect PROPERTIES COMPILE_OPTIONS "${trace_options}")

function(trace_program name)
	add_executable(trace-${name} trace/${name}.c)
	target_link_libraries(trace-${name} PRIVATE trace-expect)
	set_target_properties(trace-${name} PROPERTIES COMPILE_OPTIONS "${trace_options}"
		LINK_OPTIONS -static)
endfunction()
trace_program(report)	# what the programs that execute something execute

add_executable(trace-bytes trace/bytes.c)
target_link_libraries(trace-bytes PRIVATE falco-capture-client)

# A program under an engine; the rest are options of run.py.
function(trace_test name program engine labels)
	add_test(NAME ${name} COMMAND Python3::Interpreter
		${CMAKE_CURRENT_SOURCE_DIR}/trace/run.py --daemon $<TARGET_FILE:falco-capture>
		--engine ${engine} --engine-dir ${CMAKE_BINARY_DIR}/engines ${ARGN}
		--bytes $<TARGET_FILE:trace-bytes> --file $<TARGET_FILE:trace-report>
		-- $<TARGET_FILE:trace-${program}>)
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
		LABELS "${labels}" ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
endfunction()

set(programs accept4 clone close compat connect dup eventfd execargs execfail execve
	files32 fork generic kill limits memfd memory message messages mount offsets openat
	opens overlay owner pipe prctl procexit ptrace read reaper security session setid
	signaldeliver socket socketcall sockopt tree unknown uring vectors writable write)
set(files)
foreach(name ${programs})
	trace_program(${name})
	trace_test(trace-${name} ${name} bpf bpf)
	list(APPEND files $<TARGET_FILE:trace-${name}>)
endforeach()
list(JOIN files "\n" lines)
file(GENERATE OUTPUT trace-programs CONTENT "${lines}\n")
add_test(NAME trace-coverage-py COMMAND Python3::Interpreter
	${CMAKE_CURRENT_SOURCE_DIR}/trace/coverage_test.py
	${CMAKE_CURRENT_BINARY_DIR}/trace-programs)
set_tests_properties(trace-coverage-py PROPERTIES TIMEOUT 60)

if(NOT TARGET falco-capture-engine-userspace OR NOT TARGET falco-capture-trace)
	return()
endif()
set(tracer --tracer $<TARGET_FILE:falco-capture-trace>)
foreach(name ${programs})
	trace_test(trace-userspace-${name} ${name} userspace "" ${tracer})
endforeach()
# These need no privilege, nor does the engine.
foreach(name accept4 close compat connect dup eventfd files32 generic kill
		limits memfd memory message messages mount offsets openat opens owner
		pipe prctl procexit ptrace read security session setid signaldeliver socket
		socketcall sockopt tree unknown uring vectors write)
	trace_test(trace-nobody-${name} ${name} userspace "" ${tracer} --user nobody)
endforeach()

add_test(NAME trace-same-bytes COMMAND Python3::Interpreter
	${CMAKE_CURRENT_SOURCE_DIR}/trace/same_bytes.py --daemon $<TARGET_FILE:falco-capture>
	--engine-dir ${CMAKE_BINARY_DIR}/engines --engines bpf userspace ${tracer}
	--bytes $<TARGET_FILE:trace-bytes> --file $<TARGET_FILE:trace-report> -- ${files})
set_tests_properties(trace-same-bytes PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
	LABELS bpf ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
