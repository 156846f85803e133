import {
  addressKey,
  defineRule,
  formatAddress,
  prefixMatches,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

type Event = EventOf<'mobility' | 'esp' | 'tunnelled'>;

const BOUNDS = { maxEntries: 4096, ttlSeconds: 600 };
const LINK_BOUNDS = { maxEntries: 256, ttlSeconds: 3600 };
/** Messages of one registration remembered. */
const MAX_MESSAGES = 16;
/** Microseconds after which a message has arrived or is lost: the longest way and clocks that differ. */
const ARRIVAL = 5e6;
/** Microseconds in which lost messages are counted. */
const WINDOW = 60e6;
/** Bits of the prefix that nodes of one visited link share. */
const LINK_PREFIX = 64;

/** A message of a registration, by what stays the same on its way. */
interface Message {
  readonly id: string;
  readonly isUpdate: boolean;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly careOfAddress: Uint8Array;
}

interface Sighting {
  readonly id: string;
  readonly packet: PacketReference;
  readonly link: Link;
}

/** Messages of one direction of a registration. */
interface Way {
  /** The last one. */
  message: Message;
  /** Seen on the first link of the way and not yet behind it. */
  readonly waiting: Sighting[];
  /** Seen behind it. */
  readonly arrived: string[];
}

/** Reads protected signalling by its layout, and Binding Updates and Acknowledgements in clear. */
function messageOf(event: EventOf<'mobility' | 'esp'>, context: RuleContext): Message | undefined {
  const { context: wire } = event;
  const { homeAddressOption, routingHomeAddress, source, destination } = wire;
  // What came in ESP was told as ESP already.
  if (event.kind === 'mobility' && wire.protection !== 'none') return undefined;
  if (homeAddressOption !== undefined && context.isHomeAgent(destination)) {
    const id = idOf(event, 'binding-update');
    if (id === undefined) return undefined;
    return {
      id,
      isUpdate: true,
      homeAddress: homeAddressOption,
      homeAgent: destination,
      careOfAddress: source,
    };
  }
  if (routingHomeAddress === undefined || !context.isHomeAgent(source)) return undefined;
  const id = idOf(event, 'binding-acknowledgement');
  if (id === undefined) return undefined;
  return {
    id,
    isUpdate: false,
    homeAddress: routingHomeAddress,
    homeAgent: source,
    careOfAddress: destination,
  };
}

function idOf(
  event: EventOf<'mobility' | 'esp'>,
  kind: 'binding-update' | 'binding-acknowledgement',
): string | undefined {
  if (event.kind === 'esp') return `esp ${event.spi} ${event.sequence}`;
  const { message } = event.header;
  if (message.kind !== kind) return undefined;
  return `clear ${message.sequence} ${event.header.checksum}`;
}

/** Map key of the network of a care-of address. */
function linkPrefixKey(address: Uint8Array): string {
  return addressKey(address).slice(0, LINK_PREFIX / 16);
}

/** What else came through from the visited link, newest time by /64 of the care-of addresses. */
function noteOthers(event: Event, context: RuleContext): void {
  const { link, packet, source, outer } = event.context;
  if (link.effectiveRole !== 'transit' && link.effectiveRole !== 'home') return;
  context
    .table<number>('others', LINK_BOUNDS)
    .set(linkPrefixKey(outer?.source ?? source), packet.time);
}

function take(event: EventOf<'mobility' | 'esp'>, context: RuleContext): void {
  const { link, packet } = event.context;
  const role = link.effectiveRole;
  if (role === 'unknown') return;
  const message = messageOf(event, context);
  if (message === undefined) return;
  const isForeign = role === 'foreign';
  const { homeAddress, homeAgent, id, isUpdate } = message;
  const ways = context.table<Way>('ways', BOUNDS);
  const key = `${registrationKey(homeAddress, homeAgent)}${isUpdate ? 'up' : 'down'}`;
  const way: Way = ways.get(key) ?? { message, waiting: [], arrived: [] };
  way.message = message;
  ways.set(key, way);
  if (isForeign === isUpdate) {
    if (way.arrived.includes(id) || way.waiting.some((item) => item.id === id)) return;
    way.waiting.push({ id, packet, link });
    if (way.waiting.length > MAX_MESSAGES) way.waiting.shift();
    return;
  }
  if (!way.arrived.includes(id)) way.arrived.push(id);
  if (way.arrived.length > MAX_MESSAGES) way.arrived.shift();
  const at = way.waiting.findIndex((item) => item.id === id);
  if (at < 0) return;
  // Both ends of this way are in the capture, and packets come through.
  way.waiting.splice(at, 1);
  const prefix = linkPrefixKey(message.careOfAddress);
  context.table<number>('proved', LINK_BOUNDS).set(prefix, packet.time);
}

function judge(
  way: Way,
  now: number,
  messages: number,
  context: RuleContext,
): AlertDraft | undefined {
  const { message, waiting } = way;
  const { homeAddress, homeAgent, careOfAddress, isUpdate } = message;
  const lost = waiting.filter(
    ({ packet }) => now - packet.time >= ARRIVAL && now - packet.time <= WINDOW + ARRIVAL,
  );
  const first = lost[0];
  const last = lost.at(-1);
  if (first === undefined || last === undefined || lost.length < messages) return undefined;
  const prefix = linkPrefixKey(careOfAddress);
  if (context.table<number>('proved', LINK_BOUNDS).get(prefix) === undefined) return undefined;
  const other = context.table<number>('others', LINK_BOUNDS).get(prefix) ?? 0;
  if (prefixMatches(homeAgent, LINK_PREFIX, careOfAddress, 0)) return undefined;
  const isSelective = other > first.packet.time;
  const name = isUpdate ? 'Binding Updates' : 'Binding Acknowledgements';
  const where = isUpdate
    ? `leave link ${first.link.name} and do not reach home agent ${formatAddress(homeAgent)}`
    : `leave home agent ${formatAddress(homeAgent)} and do not reach the node`;
  return {
    object: `${registrationKey(homeAddress, homeAgent)}${isUpdate ? 'updates' : 'answers'}`,
    message: `${name} of ${formatAddress(homeAddress)} ${where}`,
    packet: last.packet,
    evidence: lost.map(({ packet, link, id }) => ({
      packet,
      text: `${isUpdate ? 'update' : 'answer'} (${id}) seen on link ${link.name} only`,
      link,
    })),
    confidence: 'partial',
    // When nothing at all comes through it is an outage.
    ...(isSelective ? {} : { severity: 'low' }),
    homeAddress,
    homeAgent,
  };
}

export default defineRule({
  id: 'MIP6-1306',
  title: 'Binding Updates or Acknowledgements are kept from arriving',
  severity: 'medium',
  category: 'replay',
  references: ['RFC 4225 section 3.1.6'],
  needs: ['foreign-link', 'transit-link'],
  verdict: 'alert',
  explanation:
    'Who cannot forge a registration can keep it from arriving: traffic then goes on to where the node was. The node ' +
    'sends its update again and again, each time after a longer wait. Seen from both ends, the updates of a node leave ' +
    'the visited link and never come to the edge of the home network, or the answers leave and never come to the link, ' +
    'while other packets from that link do come through. A firewall that drops ESP does the same, without ill will.',
  advice:
    'See whether a firewall or access router of the visited network drops ESP (protocol 50), Mobility Headers (135) or ' +
    'destination options. If not, somebody on the way does it.',
  on: ['mobility', 'esp', 'tunnelled', 'tick'],
  asksOnly: { mobility: ['on-known-link'], esp: ['on-known-link'], tunnelled: ['on-known-link'] },
  params: {
    messages: {
      default: 3,
      min: 2,
      max: 16,
      unit: 'messages in 60 seconds',
      doc: 'different messages of one registration that do not arrive',
    },
  },
  evaluate(event, context) {
    if (event.kind === 'tunnelled') {
      noteOthers(event, context);
      return undefined;
    }
    if (event.kind === 'tick') {
      const found: AlertDraft[] = [];
      for (const way of context.table<Way>('ways', BOUNDS).values()) {
        const draft = judge(way, event.time, context.params.messages, context);
        if (draft !== undefined) found.push(draft);
      }
      return found;
    }
    noteOthers(event, context);
    take(event, context);
    return undefined;
  },
});
