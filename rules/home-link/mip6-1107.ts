import {
  defineRule,
  formatAddress,
  formatMac,
  homeStyleAnswerOf,
  isBare,
  isKnownCareOfAddress,
  isSameAddress,
  registeredCareOfAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EspEvent,
  EventOf,
  Link,
  MobilityEvent,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 600 };
/** How long an acknowledgement to a strange address waits for its stripped copy, microseconds. */
const COPY_WITHIN = 5e6;

/** Statuses from here on refuse the update. RFC 6275 section 6.1.8. */
const REFUSED = 128;

/** A readable acknowledgement, to recognise its copy. */
interface Acknowledgement {
  readonly packet: PacketReference;
  readonly link: Link;
  readonly status: number;
  readonly checksum: number;
  readonly isPlain: boolean;
  readonly destination: Uint8Array;
}

/** Map key of the ESP packet that an acknowledgement came in. */
function statusKey(
  homeAddress: Uint8Array,
  homeAgent: Uint8Array,
  spi: number,
  sequence: number,
): string {
  return `${registrationKey(homeAddress, homeAgent)}${spi}/${sequence}`;
}

/** The same acknowledgement behind a routing header and without it. */
function judgeRelay(event: EventOf<'relay'>, context: RuleContext): AlertDraft | undefined {
  if (event.direction !== 'from-home-agent') return undefined;
  const { homeAddress, homeAgent, relay, plain, plainLink, extended, extendedLink } = event;
  const status = context
    .table<number>('statuses', BOUNDS)
    .get(statusKey(homeAddress, homeAgent, event.spi, event.sequence));
  const isRefusal = status !== undefined && status >= REFUSED;
  const id = `SPI 0x${event.spi.toString(16).padStart(8, '0')}, sequence number ${event.sequence}`;
  const isOwn = isSameAddress(
    registeredCareOfAddress(context.binding(homeAddress, homeAgent), context.now),
    relay,
  );
  const what = isRefusal
    ? `a refusal (status ${status})`
    : 'the acknowledgement of the de-registration';
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `${what} that home agent ${formatAddress(homeAgent)} sent to ${formatAddress(relay)} was brought to ${formatAddress(homeAddress)} with its routing header removed`,
    packet: event.context.packet,
    evidence: [
      {
        packet: extended,
        text: `ESP ${id}: ${formatAddress(homeAgent)} to ${formatAddress(relay)} with type 2 routing header to ${formatAddress(homeAddress)}`,
        link: extendedLink,
      },
      {
        packet: plain,
        text: `the same ESP ${id} and ${event.isCut === true ? 'first octets (the capture cut the rest)' : 'integrity check value'}: ${formatAddress(homeAgent)} to ${formatAddress(homeAddress)}, no routing header`,
        link: plainLink,
      },
    ],
    confidence: 'certain',
    // The home agent's own acknowledgement, of which a copy was quicker.
    ...(extended === event.context.packet ? { isToPass: true } : {}),
    // A refusal deregisters nobody.
    stage: isRefusal ? 'binding-update-relayed' : 'acknowledgement-stripped',
    homeAddress,
    homeAgent,
    ...(isOwn ? {} : { attacker: relay }),
  };
}

/** An acknowledgement in the layout of the home link, on another link. */
function judgePlain(event: EspEvent | MobilityEvent, context: RuleContext): AlertDraft | undefined {
  if (event.context.link.role !== 'foreign') return undefined;
  const answer = homeStyleAnswerOf(event, context);
  if (answer === undefined) return undefined;
  const { link, packet, linkSource } = answer.context;
  const { homeAddress, homeAgent, status } = answer;
  const isRefusal = status !== undefined && status >= REFUSED;
  const by = linkSource === undefined ? '' : ` by ${formatMac(linkSource)}`;
  const what = status === undefined ? 'ESP' : `Binding Acknowledgement, status ${status},`;
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `an acknowledgement of home agent ${formatAddress(homeAgent)} came to ${formatAddress(homeAddress)} without routing header on link ${link.name}, which is not its home link`,
    packet,
    evidence: [
      {
        packet,
        text: `${what} ${formatAddress(homeAgent)} to ${formatAddress(homeAddress)} without type 2 routing header, delivered${by} on link ${link.name}`,
        link,
      },
    ],
    confidence: 'certain',
    stage: isRefusal ? 'binding-update-relayed' : 'acknowledgement-stripped',
    homeAddress,
    homeAgent,
    ...(linkSource === undefined ? {} : { attacker: linkSource }),
  };
}

/** A readable acknowledgement: its copy, or an answer to an address that never was a care-of address. */
function judgeReadable(event: MobilityEvent, context: RuleContext): AlertDraft | undefined {
  const { context: wire, header } = event;
  const { message } = header;
  if (message.kind !== 'binding-acknowledgement' || event.checksum === 'wrong') return undefined;
  if (wire.homeAddressOption !== undefined || !isBare(wire)) return undefined;
  const homeAddress = wire.routingHomeAddress ?? wire.destination;
  const { source: homeAgent, packet, link, destination, esp } = wire;
  const { status, sequence, lifetime } = message;
  if (esp !== undefined) {
    const statuses = context.table<number>('statuses', BOUNDS);
    const isRefusal = status >= REFUSED;
    if (isRefusal || statuses.size > 0) {
      const id = statusKey(homeAddress, homeAgent, esp.spi, esp.sequence);
      // Only refusals are asked for.
      if (isRefusal) statuses.set(id, status);
      else statuses.delete(id);
    }
  } else if (context.isHomeAgent(homeAgent)) {
    const key = registrationKey(homeAddress, homeAgent);
    const copy = judgeClearCopy(event, { key, status, sequence, homeAddress }, context);
    if (copy !== undefined) return copy;
  }
  if (wire.routingHomeAddress === undefined || status >= REFUSED || lifetime !== 0) {
    return undefined;
  }
  const binding = context.binding(homeAddress, homeAgent);
  if (binding?.role !== 'home') return undefined;
  const registered = registeredCareOfAddress(binding, context.now);
  if (registered === undefined || isKnownCareOfAddress(binding, destination)) return undefined;
  const key = registrationKey(homeAddress, homeAgent);
  // Where the node's link is captured as well, the stripped copy follows at once and says more.
  context.table<AlertDraft>('half-seen', BOUNDS).set(key, {
    object: key,
    message: `home agent ${formatAddress(homeAgent)} acknowledged the de-registration of ${formatAddress(homeAddress)} to ${formatAddress(destination)}, which never was its care-of address`,
    packet,
    evidence: [
      {
        packet,
        text: `Binding Acknowledgement status ${status}, lifetime 0, to ${formatAddress(destination)} with routing header; the registered care-of address is ${formatAddress(registered)}`,
        link,
      },
    ],
    confidence: 'partial',
    // The home agent's half only: whether the node got it is not seen here.
    stage: 'binding-update-relayed',
    homeAddress,
    homeAgent,
    attacker: destination,
  });
  return undefined;
}

/** What proves that the node got the acknowledgement. */
function judgeCopy(
  event: EventOf<'relay' | 'esp' | 'mobility'>,
  context: RuleContext,
): AlertDraft | undefined {
  if (event.kind === 'relay') return judgeRelay(event, context);
  const readable = event.kind === 'mobility' ? judgeReadable(event, context) : undefined;
  return readable ?? judgePlain(event, context);
}

/** Acknowledgements to strange addresses of which no stripped copy came. */
function judgeHalfSeen(event: EventOf<'tick'>, context: RuleContext): AlertDraft[] {
  const table = context.table<AlertDraft>('half-seen', BOUNDS);
  return [...table.values()].filter((draft) => {
    if (!event.isEnd && event.time - draft.packet.time < COPY_WITHIN) return false;
    table.delete(draft.object);
    return true;
  });
}

/** The same acknowledgement in clear under two layouts: its checksum does not change with the header. */
function judgeClearCopy(
  event: MobilityEvent,
  about: { key: string; status: number; sequence: number; homeAddress: Uint8Array },
  context: RuleContext,
): AlertDraft | undefined {
  const { context: wire, header } = event;
  const { key, status, sequence, homeAddress } = about;
  const { source: homeAgent, packet, link, destination } = wire;
  const { checksum } = header;
  const seen = context.table<Acknowledgement>('clear-acknowledgements', BOUNDS);
  const isPlain = wire.routingHomeAddress === undefined;
  const now: Acknowledgement = { packet, link, status, checksum, isPlain, destination };
  const seenKey = `${key}${sequence}`;
  const other = seen.get(seenKey);
  if (other?.checksum !== checksum || other.isPlain === isPlain) {
    if (other === undefined) seen.set(seenKey, now);
    return undefined;
  }
  const [plain, extended] = isPlain ? [now, other] : [other, now];
  return {
    object: key,
    message: `the acknowledgement that home agent ${formatAddress(homeAgent)} sent to ${formatAddress(extended.destination)} was brought to ${formatAddress(homeAddress)} with its routing header removed`,
    packet,
    evidence: [
      {
        packet: extended.packet,
        text: `Binding Acknowledgement sequence ${sequence}, status ${status}, to ${formatAddress(extended.destination)} with type 2 routing header`,
        link: extended.link,
      },
      {
        packet: plain.packet,
        text: `the same Binding Acknowledgement to ${formatAddress(homeAddress)} without routing header`,
        link: plain.link,
      },
    ],
    confidence: 'certain',
    stage: status >= REFUSED ? 'binding-update-relayed' : 'acknowledgement-stripped',
    homeAddress,
    homeAgent,
    attacker: extended.destination,
  };
}

export default defineRule({
  id: 'MIP6-1107',
  title: 'Acknowledgement of a de-registration relayed with its routing header removed',
  severity: 'critical',
  category: 'home-link',
  references: ['draft-ebalard-mext-hld-security-00 section 5.3', 'RFC 3776 section 3.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'relay',
  explanation:
    'The home agent acknowledges a relayed de-registration to the address it came from, with a type 2 routing ' +
    'header that names the mobile node. The attacker removes that header and hands the rest to the node: ESP and ' +
    'checksum stay right, and the node sees exactly the acknowledgement that it would get at home. With it the ' +
    'attack is complete, and the node drops the IPsec protection of its traffic. The same SPI, sequence number and ' +
    'integrity check value with and without the header prove it; so does an acknowledgement without routing header ' +
    'on a link that is not the home link. From the side of the home agent alone one sees an acknowledgement to ' +
    'an address that never was a care-of address.',
  advice:
    'Take the binding as deleted and the traffic of this node as unprotected: make it register again from a link ' +
    'you trust. Let the home agent answer only to the registered care-of address or, without routing header, to ' +
    'the home address on its home link.',
  on: ['relay', 'esp', 'mobility', 'tick'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['remarkable'], esp: ['on-foreign-link'] },
  params: {},
  evaluate(event, context) {
    if (event.kind === 'tick') return judgeHalfSeen(event, context);
    const draft = judgeCopy(event, context);
    if (draft !== undefined) context.table<AlertDraft>('half-seen', BOUNDS).delete(draft.object);
    return draft;
  },
});
