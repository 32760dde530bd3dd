/* SPDX-License-Identifier: MIT */
/* The note that an engine carries, for either language. */
#include "abi/engine.h"

FCD_ENGINE_NOTE("any");
