/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* fillers.h - all of them, once per backend. */
#include "core/fill/fill.h"
#include "core/fill/encode.h"
#include "core/fill/encode_file.h"
#include "core/fill/sock.h"

#include "core/fill/file.h"
#include "core/fill/tree.h"
#include "core/fill/owner.h"
#include "core/fill/mount.h"
#include "core/fill/io.h"
#include "core/fill/net.h"
#include "core/fill/signal.h"
#include "core/fill/process.h"
#include "core/fill/limit.h"
#include "core/fill/memory.h"
#include "core/fill/user.h"
#include "core/fill/generic.h"
