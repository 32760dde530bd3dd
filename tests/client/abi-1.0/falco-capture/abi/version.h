/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* version.h - the project's version, once. CMake reads it from here. */
#ifndef FCD_VERSION_H
#define FCD_VERSION_H

#define FCD_VERSION "0.1.0"

/* The engine ABI: engine.h says what either number promises. */
#define FCD_ABI_MAJOR 1
#define FCD_ABI_MINOR 1

/* The event schema, Falco's: 4.5.1 as major << 16 | minor << 8 | patch. */
#define FCD_SCHEMA	  "4.5.1"
#define FCD_SCHEMA_NUMBER 0x040501

/* The socket protocol and the broadcast ring (wire.h). */
#define FCD_WIRE 2

#endif
