import {
  addressKey,
  defineRule,
  formatAddress,
  homeBindingUpdateOf,
  homeStyleSignallingOf,
  isKnownCareOfAddress,
  isOverIpv4,
  isSameAddress,
  registeredCareOfAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EspEvent,
  EventOf,
  Evidence,
  HomeBindingUpdate,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const CLEAR_BOUNDS = { maxEntries: 1024, ttlSeconds: 600 };
const LENGTH_BOUNDS = { maxEntries: 4096, ttlSeconds: 24 * 3600 };
const CANDIDATE_BOUNDS = { maxEntries: 256, ttlSeconds: 120 };

/** Octets of an Alternate Care-of Address option with its padding: what a home-style update lacks. */
const ALTERNATE_OCTETS = 16;
/** Traffic of the first moments after a handover was on its way before it, microseconds. */
const IN_FLIGHT = 2e6;

const params = {
  confirmSeconds: {
    default: 10,
    min: 2,
    max: 60,
    unit: 'seconds',
    doc: 'without keys: how long after the answer to an unknown address the old care-of address is watched',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** A Binding Update that was seen as sent at home, in clear. */
interface ClearUpdate {
  readonly packet: PacketReference;
  readonly link: Link;
  readonly checksum: number;
  readonly isHomeStyle: boolean;
  readonly source: Uint8Array;
}

/** An encrypted update from an address that is not the registered care-of address. */
interface Candidate {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly source: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
  readonly isShort: boolean;
  readonly lengths: readonly [was: number, is: number];
  readonly tunnelPackets: number;
  /** The home agent was seen tunnelling to the old care-of address. */
  readonly sawTunnel: boolean;
  answer: { readonly packet: PacketReference; readonly link: Link } | undefined;
  /** First bare packet from the home address on a foreign link after the answer. */
  bareTraffic: { readonly packet: PacketReference; readonly link: Link } | undefined;
  /** First packet to the home address after the answer, which the home agent should tunnel. */
  inbound: { readonly packet: PacketReference; readonly link: Link } | undefined;
  /** The home address also sends on that side: through the home agent, or because it has come home. */
  isAtHome: boolean;
}

/** One packet seen under two layouts. */
function judgeRelay(event: EventOf<'relay'>, context: Context): AlertDraft | undefined {
  if (event.direction !== 'to-home-agent') return undefined;
  const { homeAddress, homeAgent, relay, plain, plainLink, extended, extendedLink } = event;
  const binding = context.binding(homeAddress, homeAgent);
  // An address that is only asked for may be the relay's own: that proves nothing.
  const isSpoofed =
    isSameAddress(registeredCareOfAddress(binding, context.now), relay) ||
    binding?.previousCareOfAddresses.some((item) => isSameAddress(item, relay)) === true;
  const id = `SPI 0x${event.spi.toString(16).padStart(8, '0')}, sequence number ${event.sequence}`;
  const who = isSpoofed
    ? `with the node's own care-of address ${formatAddress(relay)} as source`
    : `from ${formatAddress(relay)}`;
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `the de-registration of ${formatAddress(homeAddress)} was relayed to its home agent ${formatAddress(homeAgent)} ${who}, with a Home Address option added`,
    packet: event.context.packet,
    evidence: [
      {
        packet: plain,
        text: `ESP ${id}: ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)}, no Home Address option`,
        link: plainLink,
      },
      {
        packet: extended,
        text: `the same ESP ${id} and ${event.isCut === true ? 'first octets (the capture cut the rest)' : 'integrity check value'}: source ${formatAddress(relay)}, Home Address option ${formatAddress(homeAddress)}`,
        link: extendedLink,
      },
    ],
    confidence: 'certain',
    stage: 'binding-update-relayed',
    homeAddress,
    homeAgent,
    ...(isSpoofed ? {} : { attacker: relay }),
  };
}

/** The same de-registration in clear under two layouts: its checksum does not change when an option is added. */
function judgeClearCopy(update: HomeBindingUpdate, context: Context): AlertDraft | undefined {
  if (update.isProtected || update.via === 'tunnel') return undefined;
  const { homeAddress, homeAgent, wireSource, checksum } = update;
  const { packet, link } = update.context;
  const isHomeStyle = update.via === 'source';
  const seen = context.table<ClearUpdate>('clear-updates', CLEAR_BOUNDS);
  const key = `${registrationKey(homeAddress, homeAgent)}${update.sequence}`;
  const other = seen.get(key);
  if (other?.checksum !== checksum || other.isHomeStyle === isHomeStyle) {
    if (other === undefined) {
      seen.set(key, { packet, link, checksum, isHomeStyle, source: wireSource });
    }
    return undefined;
  }
  const now = { packet, link, source: wireSource };
  const [plain, extended] = isHomeStyle ? [now, other] : [other, now];
  const relay = formatAddress(extended.source);
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `the de-registration of ${formatAddress(homeAddress)} was relayed to its home agent ${formatAddress(homeAgent)} from ${relay}, with a Home Address option added`,
    packet,
    evidence: [
      {
        packet: plain.packet,
        text: `Binding Update sequence ${update.sequence}, checksum 0x${checksum.toString(16)}: ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)}, no Home Address option`,
        link: plain.link,
      },
      {
        packet: extended.packet,
        text: `the same Binding Update: source ${relay}, Home Address option ${formatAddress(homeAddress)}`,
        link: extended.link,
      },
    ],
    confidence: 'certain',
    stage: 'binding-update-relayed',
    homeAddress,
    homeAgent,
    attacker: extended.source,
  };
}

/** A readable de-registration that has the shape of a home-style one to which a Home Address option was added. */
function judgeContent(update: HomeBindingUpdate, context: Context): AlertDraft | undefined {
  const { homeAddress, homeAgent, wireSource, alternateCareOfAddress: alternate } = update;
  // In clear nobody has to relay: anyone can write it. That is rule 1108.
  if (!update.isProtected || update.via !== 'home-address-option') return undefined;
  if (update.hasBindingIdentifier || isSameAddress(wireSource, homeAddress)) return undefined;
  if (alternate !== undefined && !isSameAddress(alternate, homeAddress)) return undefined;
  const binding = context.binding(homeAddress, homeAgent);
  if (binding === undefined || binding.registeredAt === 0) return undefined;
  if (isKnownCareOfAddress(binding, wireSource)) return undefined;
  const registered = registeredCareOfAddress(binding, context.now);
  const { packet, link } = update.context;
  const known =
    registered === undefined
      ? 'no care-of address this node ever had'
      : `not the registered care-of address ${formatAddress(registered)}`;
  const option =
    alternate === undefined
      ? 'no Alternate Care-of Address'
      : 'the home address as Alternate Care-of Address';
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `the de-registration of ${formatAddress(homeAddress)} reached its home agent ${formatAddress(homeAgent)} from ${formatAddress(wireSource)}: written as if at home, with a Home Address option added`,
    packet,
    evidence: [
      {
        packet,
        text: `Binding Update lifetime 0, sequence ${update.sequence}: source ${formatAddress(wireSource)} is ${known}, ${option}`,
        link,
      },
    ],
    confidence: registered === undefined ? 'partial' : 'certain',
    stage: 'binding-update-relayed',
    homeAddress,
    homeAgent,
    attacker: wireSource,
  };
}

/** Without keys: takes note of updates from unknown addresses, and of their answers. */
function watchEncrypted(event: EspEvent, context: Context): AlertDraft | undefined {
  const { context: wire, layout, spi, length, outcome } = event;
  if (outcome === 'opened') return undefined;
  const candidates = context.table<Candidate>('candidates', CANDIDATE_BOUNDS);
  if (layout === 'plain') {
    if (candidates.size > 0 && homeStyleSignallingOf(event, context) !== undefined) {
      // It signals as at home by itself: what follows has another reason.
      candidates.delete(addressKey(wire.source));
    }
    return undefined;
  }
  // Over IPv4 the update has another length, and the tunnel is not seen as one. RFC 5555 sections 3.1.2 and 4.
  if (wire.encapsulation.length > 0 && wire.encapsulation.some(isOverIpv4)) return undefined;
  if (layout === 'home-address-option' && wire.homeAddressOption !== undefined) {
    const homeAddress = wire.homeAddressOption;
    const { source, destination: homeAgent, packet, link } = wire;
    const binding = context.binding(homeAddress, homeAgent);
    const careOfAddress = registeredCareOfAddress(binding, context.now);
    const lengths = context.numbersOf('lengths', LENGTH_BOUNDS);
    if (binding === undefined || careOfAddress === undefined) {
      lengths.set(length, homeAddress, homeAgent, spi);
      return undefined;
    }
    const usual = lengths.get(homeAddress, homeAgent, spi);
    if (isKnownCareOfAddress(binding, source)) {
      lengths.set(Math.max(length, usual ?? 0), homeAddress, homeAgent, spi);
      return undefined;
    }
    // Already known for what it is.
    const relay = context
      .table<Uint8Array>('relays', CANDIDATE_BOUNDS)
      .get(addressKey(homeAddress));
    if (isSameAddress(relay, source)) return undefined;
    candidates.set(addressKey(homeAddress), {
      homeAddress,
      homeAgent,
      source,
      careOfAddress,
      packet,
      link,
      isShort: usual !== undefined && usual - length >= ALTERNATE_OCTETS,
      lengths: [usual ?? length, length],
      tunnelPackets: binding.tunnelPackets,
      sawTunnel: binding.lastTunnelTo > 0,
      answer: undefined,
      bareTraffic: undefined,
      inbound: undefined,
      isAtHome: false,
    });
    return undefined;
  }
  if (layout !== 'type-2-routing-header' || wire.routingHomeAddress === undefined) return undefined;
  if (candidates.size === 0) return undefined;
  const candidate = candidates.get(addressKey(wire.routingHomeAddress));
  if (candidate?.answer !== undefined) return undefined;
  if (!isSameAddress(candidate?.source, wire.destination)) return undefined;
  if (candidate === undefined) return undefined;
  if (wire.packet.time - candidate.packet.time > context.params.confirmSeconds * 1e6) {
    return undefined;
  }
  candidate.answer = { packet: wire.packet, link: wire.link };
  if (!candidate.isShort) return undefined;
  candidates.delete(addressKey(candidate.homeAddress));
  const [was, is] = candidate.lengths;
  return guess(candidate, wire.packet, {
    packet: candidate.packet,
    text: `the update has ${is} octets, earlier ones of this node had ${was}: as much shorter as without an Alternate Care-of Address, which only a node at home leaves out`,
    link: candidate.link,
  });
}

/** What becomes of the packets of a node whose update came from an unknown address. */
function watchTraffic(event: EventOf<'home-address-traffic'>, context: Context): void {
  const candidates = context.table<Candidate>('candidates', CANDIDATE_BOUNDS);
  if (candidates.size === 0) return;
  const candidate = candidates.get(addressKey(event.homeAddress));
  if (candidate?.answer === undefined) return;
  const { packet, link } = event.context;
  const isForeign = link.effectiveRole === 'foreign';
  if (event.direction === 'to') {
    if (!isForeign) candidate.inbound ??= { packet, link };
  } else if (isForeign) candidate.bareTraffic ??= { packet, link };
  else candidate.isAtHome = true;
}

/** Whether the node behind a candidate is still where it was before. */
function judgeCandidates(event: EventOf<'tick'>, context: Context): AlertDraft[] {
  const candidates = context.table<Candidate>('candidates', CANDIDATE_BOUNDS);
  const found: AlertDraft[] = [];
  const wait = context.params.confirmSeconds * 1e6;
  for (const candidate of [...candidates.values()]) {
    const { answer, homeAddress, homeAgent, bareTraffic, inbound, isAtHome } = candidate;
    const since = (answer ?? candidate).packet.time;
    if (!event.isEnd && event.time - since < wait) continue;
    candidates.delete(addressKey(homeAddress));
    const binding = context.binding(homeAddress, homeAgent);
    if (answer === undefined || binding === undefined) continue;
    if (binding.lastTunnelFrom > since || binding.lastTunnelTo > since) continue;
    const last = binding.lastTunnelFromPrevious;
    if (last > since + IN_FLIGHT && last <= since + wait) {
      found.push(
        guess(candidate, answer.packet, {
          packet: answer.packet,
          text: `tunnel packets from the old care-of address ${formatAddress(candidate.careOfAddress)} went on for ${((last - since) / 1e6).toFixed(1)} s after this answer, none came from the new one`,
          link: answer.link,
        }),
      );
    } else if (bareTraffic !== undefined && candidate.tunnelPackets > 0 && last <= since) {
      found.push(
        guess(candidate, bareTraffic.packet, {
          packet: bareTraffic.packet,
          text: `the node sends from its home address without any tunnel on link ${bareTraffic.link.name}, which is not its home link`,
          link: bareTraffic.link,
        }),
      );
    } else if (
      candidate.sawTunnel &&
      inbound !== undefined &&
      !isAtHome &&
      last <= since + IN_FLIGHT
    ) {
      if (event.time - inbound.packet.time < IN_FLIGHT) continue;
      found.push(
        guess(candidate, inbound.packet, {
          packet: inbound.packet,
          text: `a packet to ${formatAddress(homeAddress)} arrives and is not tunnelled to ${formatAddress(candidate.source)}: the answer was not to a registration`,
          link: inbound.link,
        }),
      );
    }
  }
  return found;
}

/** An alert from layout and behaviour alone. */
function guess(candidate: Candidate, packet: PacketReference, reason: Evidence): AlertDraft {
  const { homeAddress, homeAgent, source, careOfAddress, answer } = candidate;
  const evidence: Evidence[] = [
    {
      packet: candidate.packet,
      text: `ESP from ${formatAddress(source)} with Home Address option ${formatAddress(homeAddress)}; the registered care-of address is ${formatAddress(careOfAddress)}`,
      link: candidate.link,
    },
  ];
  if (answer !== undefined) {
    evidence.push({
      packet: answer.packet,
      text: `${formatAddress(homeAgent)} answers ${formatAddress(source)} with a type 2 routing header to ${formatAddress(homeAddress)}`,
      link: answer.link,
    });
  }
  evidence.push(reason);
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `an encrypted update for ${formatAddress(homeAddress)} reached its home agent ${formatAddress(homeAgent)} from ${formatAddress(source)}, where the node does not seem to be: probably a relayed de-registration`,
    packet,
    evidence,
    confidence: 'partial',
    stage: 'binding-update-relayed',
    homeAddress,
    homeAgent,
    attacker: source,
  };
}

/** Steps of the attack. draft-ebalard-mext-hld-security-00 section 5.3. */
const illustration = [
  'mobile node MN               attacker                        home agent HA',
  'visited link                 same visited link               home link',
  'HoA 2001:db8:1::10           2001:db8:6::66                  2001:db8:1::1',
  '  |                             |                               |',
  '  |<-- 1 Router Advertisement --|                               |  MIP6-1101: home prefix',
  '  |      with the home prefix   |                               |  off the home link',
  '  |                             |                               |',
  '  |--- 2 IPv6  HoA > HA ------->|                               |  MIP6-1105: MN believes',
  '  |      ESP [ BU lifetime 0 ]  |                               |  it is at home',
  '  |                             |                               |',
  '  |                             |--- 3 IPv6  attacker > HA ---->|  MIP6-1106: same SPI,',
  '  |                             |      HAO   HoA                |  sequence number and ICV',
  '  |                             |      ESP [ BU lifetime 0 ]    |  as 2; HA deletes binding',
  '  |                             |                               |',
  '  |                             |<-- 4 IPv6  HA > attacker -----|',
  '  |                             |      RH2   HoA                |',
  '  |                             |      ESP [ BA status 0 ]      |',
  '  |<-- 5 IPv6  HA > HoA --------|                               |  MIP6-1107: same ESP as 4',
  '  |      ESP [ BA status 0 ]    |                               |  without RH2; MN trusts it',
  '  |                             |                               |',
  '  |=== 6 payload HoA > anybody: no tunnel, no ESP =============>|  MIP6-1112: in the clear,',
  '  |                             |                               |  where the attacker reads',
  '',
  'HoA home address    HAO Home Address option    RH2 type 2 routing header',
  'BU Binding Update   BA Binding Acknowledgement ICV integrity check value',
].join('\n');

export default defineRule({
  id: 'MIP6-1106',
  title: 'De-registration relayed with an added Home Address option',
  severity: 'critical',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 sections 4.1 and 5.3',
    'RFC 6275 section 9.3.1',
    'RFC 3776 section 4.2',
  ],
  needs: [],
  verdict: 'drop',
  precedence: 'relay',
  explanation:
    'A mobile node that was made to believe it is at home sends an authentic, protected de-registration from its ' +
    'home address. Such a packet is not routed from a visited network, so the attacker takes it, puts his own ' +
    'address as source and adds a Home Address option with the address of the node. ESP protects neither, and the ' +
    'checksum stays right: the home agent restores the home address before it checks the protection, finds ' +
    'everything in order, and deletes the binding. Its acknowledgement goes to the attacker. Seen before and after ' +
    'the change, the packet has the same SPI, sequence number and integrity check value, which no node ever sends ' +
    'twice. With keys the content tells: no Alternate Care-of Address, or the home address there, although the ' +
    'packet comes from elsewhere. Without either, what happens afterwards has to tell, and the alert says so.',
  advice:
    'Let the home agent accept de-registrations in two layouts only: from the home address without Home Address ' +
    'option and without Alternate Care-of Address, or from the registered care-of address with both ' +
    '(draft section 5.4.2). Make the node register again, and find who sent the home prefix on its link. Block the ' +
    'address named here until it is known whose it is.',
  illustration,
  on: ['relay', 'mobility', 'esp', 'home-address-traffic', 'tick'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['deletion'], esp: ['home-address-option', 'holding candidates'] },
  params,
  evaluate(event, context) {
    switch (event.kind) {
      case 'relay': {
        const key = addressKey(event.homeAddress);
        context.table<Uint8Array>('relays', CANDIDATE_BOUNDS).set(key, event.relay);
        context.table<Candidate>('candidates', CANDIDATE_BOUNDS).delete(key);
        return judgeRelay(event, context);
      }
      case 'mobility': {
        const update = homeBindingUpdateOf(event, context);
        if (update?.lifetime !== 0) return undefined;
        return judgeClearCopy(update, context) ?? judgeContent(update, context);
      }
      case 'esp':
        return watchEncrypted(event, context);
      case 'home-address-traffic':
        watchTraffic(event, context);
        return undefined;
      case 'tick':
        return judgeCandidates(event, context);
    }
  },
});
