/* SPDX-License-Identifier: MIT */
/*
 * shape.h - calls whose event is the result and then the arguments, in their order. A program
 * says the shape of each and makes them; what can be read at an address is asked of the
 * kernel, by process_vm_readv.
 */
#ifndef TRACE_SHAPE_H
#define TRACE_SHAPE_H

#include <stdint.h>

struct shape {
	const char *type;
	int nr, nr32; /* of 32-bit x86; 0: none */
	struct shape_param {
		const char *name;
		void (*expect)(const char *name, uint64_t arg);
	} param[6];
};

/* Of the lower half: a descriptor, a number. */
void shape_fd(const char *name, uint64_t arg);
void shape_u32(const char *name, uint64_t arg);
/* A string of ours, as long as events have them. */
void shape_text(const char *name, uint64_t arg);
/* Permission bits. */
void shape_mode(const char *name, uint64_t arg);

#define SHAPE_ALL(shape, a, b, c, d, e, ...)                                                       \
	shape_make(shape, (const uint64_t[]){ (uint64_t)(a), (uint64_t)(b), (uint64_t)(c),         \
					      (uint64_t)(d), (uint64_t)(e), 95 })
/* Make the call, print its event; the arguments that the shape lacks are not 0. */
#define shape_call(...) SHAPE_ALL(__VA_ARGS__, 91, 92, 93, 94, 95)
long shape_make(const struct shape *s, const uint64_t args[6]);
/* The same by int 0x80, with addresses below 4 GiB; at most five arguments. */
#define SHAPE32_ALL(shape, a, b, c, d, e, ...)                                                     \
	shape_make32(shape, (const uint32_t[]){ (uint32_t)(a), (uint32_t)(b), (uint32_t)(c),       \
						(uint32_t)(d), (uint32_t)(e) })
#define shape_call32(...) SHAPE32_ALL(__VA_ARGS__, 91, 92, 93, 94, 95)
long shape_make32(const struct shape *s, const uint32_t args[5]);

/* Calls with every kind of string as parameter i, the others as in args, which should fail. */
void shape_strings(const struct shape *s, int i, const uint64_t args[6]);

#endif
