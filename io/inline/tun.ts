/**
 * A TUN device: the programs of this machine, seen from a node. What they send comes to the node as IPv6 packets, whole and
 * with finished checksums, and what the node delivers they receive.
 *
 * Device, addresses and routes through it are gone when the process ends, however it ends.
 */
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import type { LocalStack } from '../../engine/ports.ts';
import { HostError, PRIVILEGES_HINT } from '../native/host-error.ts';
import { callError } from '../native/kernel.ts';
import type { Kernel, NativeMemory, Watch } from '../native/kernel.ts';
import { openKernel } from '../native/koffi-kernel.ts';
import {
  EAGAIN,
  EBUSY,
  EINTR,
  EINVAL,
  EIO,
  IFF_NO_PI,
  IFF_TUN,
  TUNSETIFF,
} from '../native/linux.ts';
import { IpCommand, checkInterfaceName, checkPrefix, routeArguments } from './ip-command.ts';
import type { InterfaceRoute } from './ip-command.ts';

const DEVICE = '/dev/net/tun';
/** struct ifreq: name, then flags. */
const IFREQ = 40;
const IFNAMSIZ = 16;
const MIN_MTU = 1280;
const MAX_MTU = 65_535;
/** Packets read in one turn of the event loop at most. */
const BATCH = 128;
/** Packets of programs that wait while the process is busy. */
const QUEUE = 4000;

/** How a device is made. */
export interface TunOptions {
  /** Largest packet, octets, 1280 to 65 535. */
  readonly mtu: number;
  /** `2001:db8::1/128`; a node leaves duplicate address detection to its links. */
  readonly addresses: readonly string[];
  /** Prefixes whose packets go through the device. */
  readonly routes: readonly InterfaceRoute[];
  /** Calls of the kernel; those by the package koffi otherwise. */
  readonly kernel?: Kernel;
  /** The program `ip` of this machine otherwise. */
  readonly ip?: IpCommand;
}

/** What went through a device since it was made. */
export interface TunCounts {
  /** Packets of programs. */
  readonly sent: number;
  /** Packets handed to programs. */
  readonly delivered: number;
  /** Packets that the kernel did not take: device down, larger than an IPv6 packet, no memory. */
  readonly notDelivered: number;
}

/** A TUN device. What changes it throws HostError. */
export interface TunDevice extends LocalStack {
  readonly name: string;
  readonly counts: TunCounts;
  setMtu(octets: number): void;
  /** @param address `2001:db8::1/128` */
  addAddress(address: string): void;
  removeAddress(address: string): void;
  addRoute(route: InterfaceRoute): void;
  removeRoute(route: InterfaceRoute): void;
  /** Removes the device, with addresses and routes. Never throws. */
  close(): void;
}

/**
 * Makes a device and brings it up. It has no link-local address unless one is among its addresses.
 * @param name of a device that is not there yet; `mip%d` = the first number that is free
 * @throws HostError
 */
export function openTun(name: string, options: TunOptions): TunDevice {
  checkInterfaceName(name);
  checkMtu(options.mtu);
  options.addresses.forEach(checkPrefix);
  const kernel = options.kernel ?? openKernel();
  const descriptor = openDevice();
  try {
    const made = makeDevice(kernel, descriptor, name);
    return new KernelTun(kernel, descriptor, made, options);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function openDevice(): number {
  try {
    return openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    throw new HostError(
      isForbidden ? 'ERR_HOST_PERMISSION' : 'ERR_HOST_TUN',
      `${DEVICE} cannot be opened: ${code}`,
      {
        hint: isForbidden
          ? PRIVILEGES_HINT
          : `Load the module: sudo modprobe tun. In a container: --device ${DEVICE}`,
        cause,
      },
    );
  }
}

/** @returns the name that the kernel gave it */
function makeDevice(kernel: Kernel, descriptor: number, name: string): string {
  const request = kernel.allocate(IFREQ);
  new TextEncoder().encodeInto(name, request.bytes.subarray(0, IFNAMSIZ - 1));
  request.view.setUint16(IFNAMSIZ, IFF_TUN | IFF_NO_PI, true);
  const result = kernel.ioctl(descriptor, TUNSETIFF, request);
  if (result === EBUSY || result === EINVAL) {
    throw new HostError('ERR_HOST_TUN', `there is an interface '${name}' already`, {
      interfaceName: name,
      hint: `Give the node another name for its device, or remove it: sudo ip link del ${name}`,
    });
  }
  if (result < 0) throw callError('ERR_HOST_TUN', `make the device ${name}`, result, name);
  const end = request.bytes.indexOf(0);
  return new TextDecoder().decode(request.bytes.subarray(0, end));
}

class KernelTun implements TunDevice {
  readonly name: string;
  onPacket: ((packet: Uint8Array) => void) | undefined;
  readonly counts = { sent: 0, delivered: 0, notDelivered: 0 };
  readonly #kernel: Kernel;
  readonly #ip: IpCommand;
  readonly #descriptor: number;
  readonly #in: NativeMemory;
  readonly #out: NativeMemory;
  readonly #watch: Watch;
  #mtu: number;
  #isClosed = false;

  constructor(kernel: Kernel, descriptor: number, name: string, options: TunOptions) {
    this.name = name;
    this.#kernel = kernel;
    this.#ip = options.ip ?? new IpCommand();
    this.#descriptor = descriptor;
    this.#mtu = options.mtu;
    this.#in = kernel.allocate(MAX_MTU + 1);
    this.#out = kernel.allocate(MAX_MTU + 1);
    this.#setUp(options);
    this.#watch = kernel.watch(descriptor, () => this.#read());
  }

  get mtu(): number {
    return this.#mtu;
  }

  deliver(packet: Uint8Array): void {
    const { length } = packet;
    if (this.#isClosed || length === 0 || length > MAX_MTU) {
      this.counts.notDelivered++;
      return;
    }
    this.#out.bytes.set(packet);
    const result = this.#kernel.write(this.#descriptor, this.#out, 0, length);
    if (result < 0) this.counts.notDelivered++;
    else this.counts.delivered++;
  }

  setMtu(octets: number): void {
    checkMtu(octets);
    this.#ip.run(['link', 'set', 'dev', this.name, 'mtu', String(octets)]);
    this.#mtu = octets;
  }

  addAddress(address: string): void {
    checkPrefix(address);
    this.#ip.run(['-6', 'address', 'add', address, 'dev', this.name, 'nodad']);
  }

  removeAddress(address: string): void {
    checkPrefix(address);
    this.#ip.run(['-6', 'address', 'del', address, 'dev', this.name]);
  }

  addRoute(route: InterfaceRoute): void {
    this.#ip.run(['-6', 'route', 'add', ...routeArguments(this.name, route)]);
  }

  removeRoute(route: InterfaceRoute): void {
    this.#ip.run(['-6', 'route', 'del', ...routeArguments(this.name, route)]);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch.close();
    this.#kernel.close(this.#descriptor);
  }

  #setUp({ mtu, addresses, routes }: TunOptions): void {
    const { name } = this;
    // Before it is up: no link-local address of its own, nothing learnt from routers, and IPv6 whatever the default is.
    this.#setting('addr_gen_mode', '1');
    this.#setting('accept_ra', '0');
    this.#setting('disable_ipv6', '0');
    const commands = [
      `link set dev ${name} mtu ${mtu} txqueuelen ${QUEUE} up`,
      ...addresses.map((address) => `address add ${address} dev ${name} nodad`),
      ...routes.map((route) => `route add ${routeArguments(name, route).join(' ')}`),
    ];
    this.#ip.run(['-6', '-batch', '-'], Buffer.from(`${commands.join('\n')}\n`));
  }

  #setting(setting: string, value: string): void {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${this.name}/${setting}`, value);
    } catch (cause) {
      throw new HostError('ERR_HOST_SETTING', `${this.name}: ${setting} cannot be set`, {
        interfaceName: this.name,
        hint: 'Nodes need IPv6 in the kernel (no ipv6.disable=1) and a /proc/sys that can be written.',
        cause,
      });
    }
  }

  /** @returns false when the device is gone */
  #read(): boolean {
    for (let i = 0; i < BATCH; i++) {
      const length = this.#kernel.read(this.#descriptor, this.#in, 0, MAX_MTU + 1);
      if (length === EINTR) continue;
      // EIO: the device is down.
      if (length < 0) return length === EAGAIN || length === EIO;
      this.counts.sent++;
      this.onPacket?.(this.#in.bytes.subarray(0, length));
      if (this.#isClosed) return false;
    }
    return true;
  }
}

function checkMtu(octets: number): void {
  if (Number.isInteger(octets) && octets >= MIN_MTU && octets <= MAX_MTU) return;
  throw new HostError('ERR_HOST_OPTION', `the MTU ${octets} is not one of IPv6`, {
    hint: `Expected: ${MIN_MTU} to ${MAX_MTU} (RFC 8200 section 5)`,
  });
}
