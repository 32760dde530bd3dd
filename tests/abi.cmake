# SPDX-License-Identifier: MIT
# Each public header compiles alone, in both languages and without a word from the compiler.
set(strict -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wpointer-arith -Wundef
	-Werror -I${CMAKE_SOURCE_DIR})
function(abi_test name source)
	add_test(NAME abi-${name}-c11 COMMAND ${CMAKE_C_COMPILER} -x c -std=c11
		-Wstrict-prototypes -Wc++-compat ${strict} ${source})
	add_test(NAME abi-${name}-c++17 COMMAND ${CMAKE_CXX_COMPILER} -x c++ -std=c++17
		-Wnon-virtual-dtor -Wextra-semi ${strict} ${source})
	set_tests_properties(abi-${name}-c11 abi-${name}-c++17 PROPERTIES TIMEOUT 60)
endfunction()

file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/abi/*.h)
foreach(header ${headers})
	cmake_path(GET header STEM name)
	set(alone ${CMAKE_CURRENT_BINARY_DIR}/abi-${name}.c)
	file(CONFIGURE OUTPUT ${alone} CONTENT "#include \"abi/${name}.h\"\nextern int fcd_not_empty;\n")
	abi_test(${name} ${alone})
endforeach()
abi_test(note ${CMAKE_CURRENT_SOURCE_DIR}/abi/note.c)

# Where everything lies, in both languages, is what version 1.0 promised.
configure_file(abi/layout.c ${CMAKE_CURRENT_BINARY_DIR}/layout.cpp COPYONLY)
add_executable(layout-c abi/layout.c)
add_executable(layout-c++ ${CMAKE_CURRENT_BINARY_DIR}/layout.cpp)
foreach(language c c++)
	add_test(NAME abi-layout-${language} COMMAND sh -c
		"$<TARGET_FILE:layout-${language}> | diff ${CMAKE_CURRENT_SOURCE_DIR}/abi/layout.txt -")
	set_tests_properties(abi-layout-${language} PROPERTIES TIMEOUT 60)
endforeach()
