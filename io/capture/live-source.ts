/**
 * Live capture as a packet source. The kernel's ring is emptied into a ring of our own as fast as libpcap hands packets
 * over, and the engine takes from there in slices, so that timers, signals and sockets are served between them.
 */
import type { PacketSource } from '../../engine/ports.ts';

/** How to capture. */
export interface LiveOptions {
  /** Names of interfaces, at least one; each once. `any` is what libpcap makes of it. */
  readonly interfaces: readonly string[];
  /** BPF filter; undefined = `DEFAULT_FILTER`, '' = none. */
  readonly filter?: string | undefined;
  /** Octets kept of a packet, 64..262144. Default 262144. */
  readonly snapLength?: number;
  /** Kernel ring of each interface, MiB, 1..2047. Default 32. */
  readonly kernelBuffer?: number;
  /** Ring of our own for all interfaces, MiB, 1..4095. Default 64. */
  readonly buffer?: number;
  readonly isPromiscuous?: boolean;
}

/** Counts of one interface; they only grow. */
export interface InterfaceCounts {
  readonly name: string;
  /** Packets that passed the filter: taken from the kernel, or dropped by it. */
  readonly received: number;
  /** By the kernel, because its ring was full, and by the interface before that. */
  readonly dropped: number;
  readonly droppedByInterface: number;
  /** Taken from the kernel and left out, because our ring was nearly full: payload first, then signalling. */
  readonly shedPayload: number;
  readonly shedSignalling: number;
  /** Undefined while it works: `down`, `gone`, or what the system said. */
  readonly fault: string | undefined;
  /** How often it went down and came back. */
  readonly recoveries: number;
}

/** A live capture. `run` ends when its signal is aborted; what is in the rings by then is still delivered. */
export interface LiveSource extends PacketSource {
  readonly counts: readonly InterfaceCounts[];
  /** Octets in our ring, and its size. */
  readonly fill: { readonly octets: number; readonly size: number };
  /** From the capture time of the packet delivered last to now, milliseconds: how far the engine is behind. 0 when none waits. */
  readonly lag: number;
  /** Stops capturing, and goes on. What comes meanwhile is left out and counted nowhere. */
  setCapturing(isOn: boolean): void;
  /** Gives the interfaces back. */
  close(): void;
}
