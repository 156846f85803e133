/**
 * Public face of the dissectors: wire formats, decoded, encoded and shown. Pure; no I/O, no state.
 */
export { fieldCatalogue } from './catalogue.ts';
export type { FieldInfo, FieldType } from './catalogue.ts';
export {
  addressKey,
  formatAddress,
  formatIpv4,
  formatMac,
  formatPrefix,
  parseAddress,
  parsePrefix,
} from './core/address.ts';
export type { AddressKey, Prefix } from './core/address.ts';
export { DIAGNOSTICS, DiagnosticList } from './core/diagnostic.ts';
export type {
  Diagnostic,
  DiagnosticCode,
  DiagnosticGroup,
  DiagnosticSeverity,
} from './core/diagnostic.ts';
export type { ByteSource, Dissection, FieldNode, NodeValue, Spec } from './core/node.ts';
export { MAX_LAYERS, dissect, isTunnelPort } from './dissect.ts';
export type { DissectOptions } from './dissect.ts';
export { expertNodes, frameNode } from './frame.ts';
export type { FrameFacts } from './frame.ts';
export { decodeIcmpv6, encodeIcmpv6, icmpv6Checksum } from './icmpv6/index.ts';
export type { Icmpv6Message, Icmpv6MessageOf, NdOption } from './icmpv6/index.ts';
export * as build from './ipv6/build.ts';
export type { OpenEsp, OpenIke, OpenedEsp, OpenedIke } from './layer.ts';
export { decodeMobilityHeader, encodeMobilityHeader, mobilityChecksum } from './mobility/header.ts';
export type { MessageOf, MobilityHeader, MobilityMessage } from './mobility/header.ts';
export { findOption } from './mobility/options/index.ts';
export type { MobilityOption } from './mobility/options/index.ts';
export { summarize } from './summary.ts';
export type { PacketSummary } from './summary.ts';
export { FrameView, Ipv6View, LINKTYPE, walkExtensions, walkIpv6, walkLink } from './walk.ts';
