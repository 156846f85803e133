import {
  defineRule,
  evidenceOf,
  findNdOption,
  formatAddress,
  formatMac,
  isSameAddress,
  isSameLinkLayer,
  routerAdvertisementOf,
  senderKey,
} from '../../engine/rule-api.ts';
import type { LinkKnowledge, PacketContext } from '../../engine/rule-api.ts';

/** What a tool puts into every Router Advertisement unless it is told otherwise, as seen on the wire. */
interface ToolDefaults {
  readonly name: string;
  /** Seconds. */
  readonly routerLifetime: number;
  /** Milliseconds. */
  readonly reachableTime: number;
  readonly retransTimer: number;
  /** Of the prefix option, seconds; absent where the user has to give them. */
  readonly validLifetime?: number;
  readonly preferredLifetime?: number;
  readonly trafficClass?: number;
}

/** All of them say hop limit 255 and a high preference, and no other flag. */
const TOOLS: readonly ToolDefaults[] = [
  {
    name: 'fake_router26',
    routerLifetime: 2048,
    reachableTime: 0,
    retransTimer: 0,
    validLifetime: 99_999,
    preferredLifetime: 49_999,
    trafficClass: 0xe0,
  },
  {
    name: 'fake_router6',
    routerLifetime: 2048,
    reachableTime: 0,
    retransTimer: 1024,
    validLifetime: 0x11111111,
    preferredLifetime: 0x04040404,
    trafficClass: 0xe0,
  },
  {
    name: 'flood_router26',
    routerLifetime: 65_535,
    reachableTime: 3_145_728,
    retransTimer: 1_966_080,
    validLifetime: 130_816,
    preferredLifetime: 130_816,
  },
  {
    name: 'ra6',
    routerLifetime: 9000,
    reachableTime: 0xffffffff,
    retransTimer: 4000,
  },
];
const HOP_LIMIT = 255;
/** Default router preference high, no other flag. RFC 4191 section 2.2. */
const FLAGS = 0x08;

/** Whether the site file names the sender as a router or home agent. */
function isTold({ source, linkSource }: PacketContext, { site }: LinkKnowledge): boolean {
  return [...site.routers, ...site.homeAgents].some(
    ({ addresses, linkLayerAddresses }) =>
      addresses.some((item) => isSameAddress(item, source)) &&
      (linkLayerAddresses.length === 0 ||
        linkLayerAddresses.some((item) => isSameLinkLayer(item, linkSource))),
  );
}

export default defineRule({
  id: 'MIP6-2903',
  title: 'Fingerprint of a tool that forges Router Advertisements',
  severity: 'medium',
  category: 'reconnaissance',
  references: ['RFC 6105 section 1', 'RFC 3756 section 4.2.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Tools that play router (thc-ipv6, ipv6toolkit) fill in the same unusual numbers every time: hop limit 255, preference ' +
    'high, and router, prefix and timer values that no router has by default. This advertisement has all of them. It is the ' +
    'start of many attacks on mobile nodes, which take a forged router for their new link or even for home. A router that ' +
    'the site file names may be configured like that, however odd, and raises no more than a note.',
  advice:
    'Find the port of the link-layer address and take it off the network. Turn RA-Guard (RFC 6105) on at the switches.',
  on: ['icmpv6'],
  messages: ['router-advertisement'],
  params: {},
  evaluate(event, context) {
    const advertisement = routerAdvertisementOf(event);
    if (advertisement === undefined || event.checksum === 'wrong') return undefined;
    const { currentHopLimit, flags, routerLifetime, reachableTime, retransTimer } = advertisement;
    if (currentHopLimit !== HOP_LIMIT || flags !== FLAGS) return undefined;
    const prefix = findNdOption(advertisement.options, 'prefix-information');
    const tool = TOOLS.find(
      (item) =>
        item.routerLifetime === routerLifetime &&
        item.reachableTime === reachableTime &&
        item.retransTimer === retransTimer &&
        (item.validLifetime === undefined ||
          (prefix?.validLifetime === item.validLifetime &&
            prefix.preferredLifetime === item.preferredLifetime)),
    );
    if (tool === undefined) return undefined;
    const { context: packet } = event;
    const { source, linkSource, link, trafficClass } = packet;
    const isKnown = isTold(packet, context);
    const isExact = tool.trafficClass === undefined || tool.trafficClass === trafficClass;
    const by = linkSource === undefined ? formatAddress(source) : formatMac(linkSource);
    const lifetimes =
      prefix === undefined
        ? ''
        : `, prefix lifetimes ${prefix.validLifetime} and ${prefix.preferredLifetime} s`;
    return {
      object: `${tool.name}/${link.id}/${senderKey(packet, context)}${isKnown ? ': told' : ''}`,
      message: `${by} advertises itself on link ${link.name} as the tool ${tool.name} does`,
      packet: packet.packet,
      evidence: [
        evidenceOf(
          packet,
          `Router Advertisement from ${formatAddress(source)}: hop limit ${currentHopLimit}, preference high, router lifetime ${routerLifetime} s, reachable time ${reachableTime} ms, retransmission timer ${retransTimer} ms${lifetimes}${trafficClass === undefined ? '' : `, traffic class ${trafficClass}`}`,
        ),
      ],
      confidence: isExact && !isKnown ? 'certain' : 'partial',
      ...(isKnown ? { severity: 'info' } : {}),
      stage: 'rogue-advertisement',
      ...(isKnown ? {} : { attacker: linkSource ?? source }),
    };
  },
});
