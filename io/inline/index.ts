/**
 * What a node stands on, on this machine: links, the programs of the machine, settings, time and chance.
 */
export {
  HOST_ERRORS,
  HostError,
  type HostErrorCode,
  type HostErrorDetails,
} from '../native/host-error.ts';
export type { Kernel } from '../native/kernel.ts';
export { openKernel } from '../native/koffi-kernel.ts';
export { systemRandom, systemScheduler } from './clock.ts';
export type { FailMode } from './judging.ts';
export { HostConfiguration, type HostConfigurationOptions } from './host-configuration.ts';
export type { InterfaceRoute } from './ip-command.ts';
export {
  openPacketLink,
  type PacketLink,
  type PacketLinkCounts,
  type PacketLinkOptions,
} from './packet-link.ts';
export { openPacketQueue, type PacketQueue, type PacketQueueOptions } from './packet-queue.ts';
export { runInRealTime } from './real-time.ts';
export { feedWatchdog, openServiceNotifier, type ServiceNotifier } from './service-notifier.ts';
export {
  openPortPair,
  type PortPair,
  type PortPairCounts,
  type PortPairOptions,
} from './port-pair.ts';
export { openTun, type TunCounts, type TunDevice, type TunOptions } from './tun.ts';
