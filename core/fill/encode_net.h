/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* encode_net.h - numbers of sockets to the schema's. What has no row is 0. */
#ifndef FCD_FILL_ENCODE_NET_H
#define FCD_FILL_ENCODE_NET_H

/* socket_families: as they are, but for two that the schema lacks. */
FCD_FN u32 socket_family(u8 family)
{
	return family >= 40 || family == 27 || family == 28 ? 0 : family;
}

/* shutdown_how */
FCD_FN u8 shutdown_how(u32 how)
{
	return how > 2 ? 0xff : how;
}

#endif
