/**
 * What a live capture needs of the library below it, so that it can be tried without one.
 */
import type { SocketState } from './sockets.ts';

/** How an interface is opened. */
export interface OpenSettings {
  /** BPF filter; undefined = the default for the kind of interface, '' = none. */
  readonly filter: string | undefined;
  /** Octets kept of a packet. */
  readonly snapLength: number;
  /** Kernel ring, octets. */
  readonly kernelBuffer: number;
  readonly isPromiscuous: boolean;
}

/** Takes one packet; it must not throw. The octets are those of {@link CaptureHandle.frame}. */
export type OnFrame = () => void;

/** An open interface. */
export interface CaptureHandle {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Octets of the packet at hand, from 0 on. */
  readonly frame: Uint8Array;
  /** Of the packet at hand: seconds, microseconds, octets captured, octets on the wire. */
  readonly header: Uint32Array;
  /**
   * Hands over everything that the kernel has, by `OnFrame`.
   * @returns false when the interface has gone for good
   */
  dispatch(): boolean;
  /** Packets lost by the kernel, and by the interface before it, since the opening. Never throws. */
  losses(): { readonly kernel: number; readonly interface: number };
  /** Gives the interface back. Never throws. */
  close(): void;
}

/** A library that captures. */
export interface CaptureBackend {
  /** Names of the interfaces there are; empty when they cannot be listed. */
  interfaces(): readonly string[];
  /** Throws LiveError. */
  open(name: string, settings: OpenSettings, onFrame: OnFrame): CaptureHandle;
  /** States of open interfaces; asked a few times a second. */
  states(handles: readonly CaptureHandle[]): readonly SocketState[];
}
