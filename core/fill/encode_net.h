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

#define LEVEL_SOCKET 1
#define LEVEL_TCP    6

/* sockopt_levels */
FCD_FN u8 sockopt_level(u32 level)
{
	return level == LEVEL_SOCKET ? 1 : level == LEVEL_TCP ? 2 : 0;
}

#define OPTION_ERROR	    4
#define OPTION_RCVTIMEO	    20
#define OPTION_SNDTIMEO	    21
#define OPTION_LAST	    50 /* up to here the schema has the kernel's numbers */
#define OPTION_MEMINFO	    55
#define OPTION_COOKIE	    57
#define OPTION_PEERGROUPS   59
#define OPTION_RCVTIMEO_NEW 66
#define OPTION_SNDTIMEO_NEW 67

/* sockopt_options */
FCD_FN u8 sockopt_option(u32 level, u32 option)
{
	if (level != LEVEL_SOCKET)
		return 0;
	switch (option) {
	case OPTION_PEERGROUPS:
		return 51;
	case OPTION_MEMINFO:
		return 52;
	case OPTION_COOKIE:
		return 53;
	case OPTION_RCVTIMEO_NEW:
		return OPTION_RCVTIMEO;
	case OPTION_SNDTIMEO_NEW:
		return OPTION_SNDTIMEO;
	default:
		return option > OPTION_LAST ? 0 : option;
	}
}

#endif
