# SPDX-License-Identifier: MIT
# What needs the module runs in the test machines: kmod/run.
if(NOT TARGET falco-capture-engine-kmod)
	return()
endif()
add_executable(kmod-device main.c kmod/test_device.c kmod/device.c)
target_link_libraries(kmod-device PRIVATE PkgConfig::CHECK Threads::Threads)
add_executable(kmod-cycles kmod/cycles.c kmod/device.c)

fcd_test(kmod-check kmod/test_check.c)
target_link_libraries(test-kmod-check PRIVATE fcd_kmod)
target_link_options(test-kmod-check PRIVATE -Wl,--wrap=open,--wrap=ioctl)
