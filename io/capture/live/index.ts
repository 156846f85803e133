/**
 * Live capture by libpcap.
 */
export { DEFAULT_FILTER } from './default-filter.ts';
export { dropPrivileges } from './drop-privileges.ts';
export { LIVE_FAULTS, type LiveFaultCode } from './interface-capture.ts';
export { LIVE_ERRORS, LiveError, type LiveErrorCode } from './live-error.ts';
export { liveInterfaces, openLive } from './open-live.ts';
export { libpcapVersion, setcapLine } from './pcap-backend.ts';
