/**
 * A socket for the frames of one interface (packet(7)).
 */
import { callError } from '../native/kernel.ts';
import type { Kernel, NativeMemory } from '../native/kernel.ts';
import {
  AF_PACKET,
  ETH_P_ALL,
  ETH_P_IPV6,
  PACKET_ADD_MEMBERSHIP,
  PACKET_AUXDATA,
  PACKET_IGNORE_OUTGOING,
  PACKET_MR_ALLMULTI,
  PACKET_MR_PROMISC,
  PACKET_OTHERHOST,
  PACKET_STATISTICS,
  PACKET_VNET_HDR,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
  SO_ATTACH_FILTER,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SO_TIMESTAMPNS,
} from '../native/linux.ts';

/** Frames that wait while the process is busy, and to be sent through a slow queue: octets as the kernel counts them. */
const RECEIVE_BUFFER = 16 * 2 ** 20;
const SEND_BUFFER = 8 * 2 ** 20;
/** struct sock_fprog; its instructions follow it here. */
const FILTER_HEADER = 16;

/** What a socket hears. */
interface Hearing {
  /** ETH_P_ value. */
  readonly protocol: number;
  /** Unicast frames to others as well. */
  readonly isPromiscuous: boolean;
  /** Tells with each frame when it came, and what was taken off it. */
  readonly tellsMore: boolean;
}

/**
 * Opens a socket that hears the IPv6 frames of an interface that come from now on, each with a virtio header in front, and all
 * groups. What it sends has such a header as well.
 * @param isPromiscuous unicast frames to others as well
 * @returns descriptor
 * @throws HostError
 */
export function openPacketSocket(
  kernel: Kernel,
  name: string,
  index: number,
  isPromiscuous: boolean,
): number {
  const hearing = { protocol: ETH_P_IPV6, isPromiscuous, tellsMore: false };
  return openSocket(kernel, name, index, hearing);
}

/**
 * Opens a socket that hears every frame that comes to an interface, of all protocols and to anybody, each with a virtio header
 * in front. With it comes when it came, and the tag of a VLAN that was taken off. What it sends has such a header as well.
 * @returns descriptor
 * @throws HostError
 */
export function openPortSocket(kernel: Kernel, name: string, index: number): number {
  const hearing = { protocol: ETH_P_ALL, isPromiscuous: true, tellsMore: true };
  return openSocket(kernel, name, index, hearing);
}

function openSocket(kernel: Kernel, name: string, index: number, hearing: Hearing): number {
  // Protocol 0 hears nothing, until the filter is there and the interface is named.
  const descriptor = kernel.socket(AF_PACKET, SOCK_RAW, 0);
  if (descriptor < 0) {
    throw callError('ERR_HOST_OPEN', `open a packet socket on ${name}`, descriptor, name);
  }
  try {
    setUp(kernel, descriptor, name, index, hearing);
    return descriptor;
  } catch (error) {
    kernel.close(descriptor);
    throw error;
  }
}

/** Frames lost since the last call because nobody read them in time. */
export function lostFrames(kernel: Kernel, descriptor: number): number {
  // struct tpacket_stats; reading it sets it to 0.
  const statistics = kernel.allocate(8);
  const result = kernel.getOption(descriptor, SOL_PACKET, PACKET_STATISTICS, statistics, 8);
  return result < 0 ? 0 : statistics.view.getUint32(4, true);
}

function setUp(
  kernel: Kernel,
  descriptor: number,
  name: string,
  index: number,
  { protocol, isPromiscuous, tellsMore }: Hearing,
): void {
  const check = (result: number, what: string): void => {
    if (result < 0) throw callError('ERR_HOST_OPEN', `${what} on ${name}`, result, name);
  };
  const number = kernel.allocate(4);
  const set = (level: number, option: number, value: number): number => {
    number.view.setUint32(0, value, true);
    return kernel.setOption(descriptor, level, option, number, 4);
  };
  check(set(SOL_PACKET, PACKET_VNET_HDR, 1), 'tell what is left to the hardware');
  // Only where the protocol is "all" frames that leave would be heard; a kernel before 4.20 does not know it.
  const ignores = set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  if (protocol === ETH_P_ALL) check(ignores, 'leave out frames that leave (Linux 4.20)');
  if (tellsMore) {
    check(set(SOL_PACKET, PACKET_AUXDATA, 1), 'tell the tags of VLANs');
    check(set(SOL_SOCKET, SO_TIMESTAMPNS, 1), 'tell the times of arrival');
  }
  // Takes CAP_NET_ADMIN; without it the kernel's default has to do.
  set(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  set(SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
  if (!isPromiscuous) {
    const filter = ownFramesFilter(kernel);
    const attached = kernel.setOption(
      descriptor,
      SOL_SOCKET,
      SO_ATTACH_FILTER,
      filter,
      FILTER_HEADER,
    );
    check(attached, 'filter frames');
  }
  // struct sockaddr_ll
  const address = kernel.allocate(20);
  address.view.setUint16(0, AF_PACKET, true);
  address.view.setUint16(2, protocol);
  address.view.setInt32(4, index, true);
  check(kernel.bind(descriptor, address, 20), 'hear frames');
  // struct packet_mreq; it ends with the socket.
  const membership = kernel.allocate(16);
  membership.view.setInt32(0, index, true);
  membership.view.setUint16(4, isPromiscuous ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI, true);
  const joined = kernel.setOption(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership, 16);
  check(joined, 'hear all groups');
}

/**
 * A filter that drops what is for other hosts. Frames of a VLAN that this machine has no interface for are among them: the
 * kernel takes the tag off and marks them so.
 */
function ownFramesFilter(kernel: Kernel): NativeMemory {
  const program = [
    // The kind of frame that the kernel saw: BPF_LD | BPF_W | BPF_ABS at SKF_AD_OFF + SKF_AD_PKTTYPE.
    [0x20, 0, 0, 0xffff_f004],
    // BPF_JMP | BPF_JEQ | BPF_K
    [0x15, 0, 1, PACKET_OTHERHOST],
    // BPF_RET | BPF_K: nothing, or all of it.
    [0x06, 0, 0, 0],
    [0x06, 0, 0, 0xffff_ffff],
  ] as const;
  const memory = kernel.allocate(FILTER_HEADER + program.length * 8);
  memory.view.setUint16(0, program.length, true);
  memory.view.setBigUint64(8, BigInt(memory.address + FILTER_HEADER), true);
  program.forEach(([code, whenTrue, whenFalse, value], i) => {
    const at = FILTER_HEADER + i * 8;
    memory.view.setUint16(at, code, true);
    memory.view.setUint8(at + 2, whenTrue);
    memory.view.setUint8(at + 3, whenFalse);
    memory.view.setUint32(at + 4, value, true);
  });
  return memory;
}
