/**
 * Numbers of the Linux kernel interface, and layouts of its structures on 64-bit little-endian machines; names are those of
 * the kernel headers.
 */
import { constants } from 'node:os';

/** Results of calls. */
export const EAGAIN = -constants.errno.EAGAIN;
export const EINTR = -constants.errno.EINTR;
export const EINVAL = -constants.errno.EINVAL;
export const ENOENT = -constants.errno.ENOENT;
export const EPERM = -constants.errno.EPERM;
export const EIO = -constants.errno.EIO;
export const ENETDOWN = -constants.errno.ENETDOWN;
export const ENODEV = -constants.errno.ENODEV;
export const EBUSY = -constants.errno.EBUSY;
export const EBADF = -constants.errno.EBADF;
export const ENOBUFS = -constants.errno.ENOBUFS;
/** Node.js does not name it. */
export const EBADFD = -77;

/** linux/socket.h */
export const AF_UNIX = 1;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x8_0000;
export const MSG_PEEK = 0x2;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const SOL_SOCKET = 1;
export const SO_ATTACH_FILTER = 26;
/** Times of arrival with a struct timespec of 64 bits; the name with which they come is the same. */
export const SO_TIMESTAMPNS = 35;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

/** linux/netlink.h */
export const SOL_NETLINK = 270;
export const NETLINK_NETFILTER = 12;
export const NETLINK_NO_ENOBUFS = 5;

/** linux/if_packet.h */
export const SOL_PACKET = 263;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_DROP_MEMBERSHIP = 2;
export const PACKET_STATISTICS = 6;
export const PACKET_AUXDATA = 8;
export const PACKET_VNET_HDR = 15;
export const PACKET_IGNORE_OUTGOING = 23;
export const PACKET_MR_PROMISC = 1;
export const PACKET_MR_ALLMULTI = 2;
export const PACKET_OTHERHOST = 3;

/** Status of a frame in its auxiliary data: a tag of a VLAN was taken off; its kind is told as well. */
export const TP_STATUS_VLAN_VALID = 0x10;
export const TP_STATUS_VLAN_TPID_VALID = 0x40;

export const ETH_P_ALL = 0x3;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_8021AD = 0x88a8;
export const ETH_P_IPV6 = 0x86dd;
/** linux/if_arp.h */
export const ARPHRD_ETHER = 1;

/** linux/if.h */
export const IFF_UP = 0x1;
export const IFF_LOWER_UP = 0x1_0000;

/** linux/if_tun.h */
export const TUNSETIFF = 0x4004_54ca;
export const IFF_TUN = 0x1;
export const IFF_NO_PI = 0x1000;

/** struct mmsghdr: a struct msghdr and the length that was received. */
export const MMSGHDR = {
  size: 64,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  received: 56,
} as const;

/** struct iovec: address and length. */
export const IOVEC_SIZE = 16;

/** struct pollfd (poll.h). */
export const POLLFD = { size: 8, events: 4 } as const;
export const POLLIN = 0x1;

/** linux/sched.h */
export const SCHED_RR = 2;
export const SCHED_RESET_ON_FORK = 0x4000_0000;
