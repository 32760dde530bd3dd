# SPDX-License-Identifier: MIT
# Many subscribers at a high rate. FCD_LONG=1: a million events a second for a minute.
add_executable(load-reader load/reader.c)
target_link_libraries(load-reader PRIVATE falco-capture-client)
