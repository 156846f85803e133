/**
 * The field tree of one frame: hands the octets from layer to layer. Every layer is one entry of a table.
 */
import { DiagnosticList } from './core/diagnostic.ts';
import type { Dissection, FieldNode } from './core/node.ts';
import { DHCPV6_PORT, dissectDhcpv6 } from './dhcpv6/message.ts';
import { dissectIcmpv6 } from './icmpv6/layer.ts';
import { dissectIke } from './ike/layer.ts';
import { dissectIpv4 } from './ipv4/header.ts';
import {
  dissectAuthentication,
  dissectDestinationOptions,
  dissectFragment,
  dissectHopByHop,
  dissectRouting,
} from './ipv6/extension.ts';
import { NEXT_HEADER } from './ipv6/header.ts';
import { dissectIpv6, dissectNoNextHeader } from './ipv6/packet.ts';
import { dissectEsp } from './ipsec/esp.ts';
import { addData, report } from './layer.ts';
import type {
  LayerContext,
  LayerDissector,
  LayerInput,
  LayerTable,
  OpenEsp,
  OpenIke,
} from './layer.ts';
import { dissectCiscoMetaData } from './link/cisco-metadata.ts';
import { dissectEthernet } from './link/ethernet.ts';
import { ETHERTYPE } from './link/ethertype.ts';
import { dissectLinuxSll, dissectLinuxSll2 } from './link/linux-sll.ts';
import { dissectLlc } from './link/llc.ts';
import { dissectLoopback } from './link/loopback.ts';
import { PPP_PROTOCOL, dissectPpp, dissectPppControl, dissectPppHdlc } from './link/ppp.ts';
import { dissectPppoe } from './link/pppoe.ts';
import { dissectRaw } from './link/raw.ts';
import { dissectVlan } from './link/vlan.ts';
import { dissectMobility } from './mobility/layer.ts';
import { dissectTcp } from './transport/tcp.ts';
import { dissectUdp } from './transport/udp.ts';
import { dissectGre } from './tunnel/gre.ts';
import { MIP6_TLS_PORT, dissectMip6Tls } from './tunnel/mip6-tls.ts';
import { PMIPV6_CONTROL_PORT, dissectPmipv6Control } from './tunnel/pmipv6.ts';
import {
  IKE_PORT,
  UDP_ENCAPSULATION_PORT,
  dissectUdpEncapsulation,
} from './tunnel/udp-encapsulated-esp.ts';
import { DSMIPV6_PORT, PMIPV6_DATA_PORT, dissectUdpTunnel } from './tunnel/udp-tunnel.ts';
import type { Verifier } from './verification.ts';
import { LINKTYPE, MAX_EXTENSION_HEADERS } from './walk.ts';

/** Link, VLAN, IP, tunnel and upper layers of one frame; extension headers are counted for each IP header. */
export const MAX_LAYERS = 32;

/** All layers; a new one is one entry. */
const LAYERS: Readonly<Record<LayerTable, ReadonlyMap<number, LayerDissector>>> = {
  'link-type': new Map<number, LayerDissector>([
    [LINKTYPE.null, dissectLoopback],
    [LINKTYPE.ethernet, dissectEthernet],
    [LINKTYPE.ppp, dissectPpp],
    [LINKTYPE.rawBsd, dissectRaw],
    [LINKTYPE.rawOpenBsd, dissectRaw],
    [LINKTYPE.pppHdlc, dissectPppHdlc],
    [LINKTYPE.raw, dissectRaw],
    [LINKTYPE.loop, dissectLoopback],
    [LINKTYPE.linuxSll, dissectLinuxSll],
    [LINKTYPE.ipv4, dissectRaw],
    [LINKTYPE.ipv6, dissectRaw],
    [LINKTYPE.linuxSll2, dissectLinuxSll2],
  ]),
  ethertype: new Map<number, LayerDissector>([
    [ETHERTYPE.llc, dissectLlc],
    [ETHERTYPE.ipv4, dissectIpv4],
    [ETHERTYPE.ipv6, dissectIpv6],
    [ETHERTYPE.transparentEthernet, dissectEthernet],
    [ETHERTYPE.ppp, dissectPpp],
    [ETHERTYPE.pppoeDiscovery, dissectPppoe],
    [ETHERTYPE.pppoeSession, dissectPppoe],
    [ETHERTYPE.jumboLlc, dissectLlc],
    [ETHERTYPE.vlan, dissectVlan],
    [ETHERTYPE.serviceVlan, dissectVlan],
    [ETHERTYPE.oldServiceVlan, dissectVlan],
    [ETHERTYPE.ciscoMetaData, dissectCiscoMetaData],
  ]),
  'ip-protocol': new Map<number, LayerDissector>([
    [NEXT_HEADER.hopByHop, dissectHopByHop],
    [NEXT_HEADER.ipv4, dissectIpv4],
    [NEXT_HEADER.tcp, dissectTcp],
    [NEXT_HEADER.udp, dissectUdp],
    [NEXT_HEADER.ipv6, dissectIpv6],
    [NEXT_HEADER.routing, dissectRouting],
    [NEXT_HEADER.fragment, dissectFragment],
    [NEXT_HEADER.gre, dissectGre],
    [NEXT_HEADER.esp, dissectEsp],
    [NEXT_HEADER.ah, dissectAuthentication],
    [NEXT_HEADER.icmpv6, dissectIcmpv6],
    [NEXT_HEADER.none, dissectNoNextHeader],
    [NEXT_HEADER.destinationOptions, dissectDestinationOptions],
    [NEXT_HEADER.mobility, dissectMobility],
  ]),
  'ppp-protocol': new Map<number, LayerDissector>([
    [PPP_PROTOCOL.ipv4, dissectIpv4],
    [PPP_PROTOCOL.ipv6, dissectIpv6],
    [PPP_PROTOCOL.ipv4Control, dissectPppControl],
    [PPP_PROTOCOL.ipv6Control, dissectPppControl],
    [PPP_PROTOCOL.linkControl, dissectPppControl],
  ]),
  'udp-port': new Map<number, LayerDissector>([
    [IKE_PORT, dissectIke],
    [DHCPV6_PORT.client, dissectDhcpv6],
    [DHCPV6_PORT.server, dissectDhcpv6],
    [DSMIPV6_PORT, dissectUdpTunnel],
    [UDP_ENCAPSULATION_PORT, dissectUdpEncapsulation],
    [PMIPV6_CONTROL_PORT, dissectPmipv6Control],
    [PMIPV6_DATA_PORT, dissectUdpTunnel],
    [MIP6_TLS_PORT, dissectMip6Tls],
  ]),
};

/** Whether something is dissected behind UDP of this port. */
export function isTunnelPort(port: number): boolean {
  return LAYERS['udp-port'].has(port);
}

/** Headers that stand between an IP header and its upper layer. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([
  NEXT_HEADER.hopByHop,
  NEXT_HEADER.routing,
  NEXT_HEADER.fragment,
  NEXT_HEADER.ah,
  NEXT_HEADER.destinationOptions,
]);

/** What a caller knows about a frame. */
export interface DissectOptions {
  /** LINKTYPE_ value. */
  readonly linkType: number;
  /** Length on the wire; default: the octets given. */
  readonly originalLength?: number;
  /** Opens ESP for a caller who has keys. */
  readonly openEsp?: OpenEsp;
  /** Opens IKE for a caller who has keys. */
  readonly openIke?: OpenIke;
  /** Verifies authenticators and signatures for a caller who can. */
  readonly verifier?: Verifier;
  /**
   * The whole packet that this frame holds a fragment of: IPv6 header, extension headers and payload as
   * put together (RFC 8200 section 4.5). The tree goes on in it after the fragment.
   */
  readonly reassembled?: Uint8Array;
}

/** Runs layers until none follows. Bounded by MAX_LAYERS and MAX_EXTENSION_HEADERS. */
function run(context: LayerContext, first: LayerInput): void {
  let input: LayerInput | undefined = first;
  for (let layers = 0; input !== undefined;) {
    const isUpper = input.table === 'ip-protocol';
    // The header walk has reported the limit.
    if (isUpper && (context.ip?.extensionCount ?? 0) >= MAX_EXTENSION_HEADERS) break;
    const isExtension = isUpper && EXTENSION_HEADERS.has(input.key);
    if (!isExtension && ++layers > MAX_LAYERS) {
      report(context, 'EXTENSION_LIMIT', input.offset, input.end - input.offset);
      break;
    }
    const table: ReadonlyMap<number, LayerDissector> = LAYERS[input.table];
    const dissector: LayerDissector | undefined =
      table.get(input.key) ?? table.get(input.otherKey ?? input.key);
    if (dissector === undefined) {
      if (input.table === 'link-type') {
        report(context, 'LINK_TYPE_UNKNOWN', input.offset, 0, `link type ${input.key}`);
      }
      break;
    }
    input = dissector(context, input);
  }
  if (input !== undefined) addData(context, input.offset, input.end);
  context.nodes.push(...context.trailers);
}

/** Nodes of a packet quoted in an error message: no diagnostics, nothing opened, no quotes in it. */
function quotedNodes(context: LayerContext, offset: number, end: number): FieldNode[] {
  const inner: LayerContext = {
    sources: context.sources,
    nodes: [],
    trailers: [],
    diagnostics: new DiagnosticList(),
    bytes: context.bytes,
    source: context.source,
    isCut: true,
    isPartial: true,
    link: undefined,
    ip: undefined,
    openEsp: undefined,
    openIke: undefined,
    verifier: undefined,
    reassembled: undefined,
    isReassembled: false,
    dissectQuoted: undefined,
  };
  run(inner, { table: 'ethertype', key: ETHERTYPE.ipv6, offset, end });
  return inner.nodes;
}

/**
 * Field tree of the frame at `bytes[offset, end)`.
 *
 * The frame is copied, so the result may outlive `bytes`; offsets in the tree count from the start of the
 * frame. Never throws: whatever is wrong becomes a diagnostic, and the rest is shown as data.
 */
export function dissect(
  bytes: Uint8Array,
  offset: number,
  end: number,
  options: DissectOptions,
): Dissection {
  const frame = new Uint8Array(bytes.subarray(offset, end));
  const { linkType, originalLength = frame.length, openEsp, openIke } = options;
  const { verifier, reassembled } = options;
  const isCut = originalLength > frame.length;
  const context: LayerContext = {
    sources: [{ label: 'Frame', bytes: frame }],
    nodes: [],
    trailers: [],
    diagnostics: new DiagnosticList(),
    bytes: frame,
    source: 0,
    isCut,
    isPartial: false,
    link: undefined,
    ip: undefined,
    openEsp,
    openIke,
    verifier,
    reassembled,
    isReassembled: false,
    dissectQuoted: (from, to) => quotedNodes(context, from, to),
  };
  if (isCut) {
    const found = `${frame.length} of ${originalLength} octets`;
    report(context, 'CAPTURE_CUT', frame.length, 0, found);
  }
  run(context, { table: 'link-type', key: linkType, offset: 0, end: frame.length });
  const { sources, nodes, diagnostics } = context;
  return { sources, nodes, diagnostics: diagnostics.items };
}
