# SPDX-License-Identifier: MIT
# Targets for a person and for tests/lint: format changes the sources; format-check, tidy and
# cppcheck end with an error when they find something.
function(lint_target name program comment)
	find_program(LINT_${program} ${program})
	if(LINT_${program})
		add_custom_target(${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
			COMMENT ${comment} USES_TERMINAL VERBATIM)
	endif()
endfunction()

lint_target(format clang-format "clang-format: all C sources"
	sh -c "git ls-files -z '*.[ch]' | xargs -0 clang-format -i")
lint_target(format-check clang-format "clang-format: all C sources"
	sh -c "git ls-files -z '*.[ch]' | xargs -0 clang-format --dry-run -Werror")

# The programs, not the tests: those provoke what a program must not do. client/error.c is compiled
# twice, and clang-tidy 14 knows va_start only the first time.
lint_target(tidy run-clang-tidy "clang-tidy: the programs"
	run-clang-tidy -quiet -p ${CMAKE_BINARY_DIR} -extra-arg=-include
	-extra-arg=${CMAKE_SOURCE_DIR}/cmake/lint_model.h
	"^${CMAKE_SOURCE_DIR}/(core|engines|daemon|client|cli)/(?!(err|error)[.]c).*[.]c$")

# A filler's event is a type without an object; the ends of an embedded file are two symbols.
lint_target(cppcheck cppcheck "cppcheck: everything"
	cppcheck --project=${CMAKE_BINARY_DIR}/compile_commands.json --quiet --error-exitcode=1
	--enable=warning,performance,portability "-DLIBBPF_OPTS(type,name,...)=struct type name"
	--suppress=nullPointer:${CMAKE_SOURCE_DIR}/core/fill/* --suppress=comparePointers)
