import {
  addressKey,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  formatIpv4,
  homeRegistrationOf,
  ipv4OuterOf,
  isIpv4Mapped,
  isSameIpv4,
} from '../../engine/rule-api.ts';
import type { Link, PacketReference } from '../../engine/rule-api.ts';

/** Updates whose acknowledgement may come: MAX_BINDACK_TIMEOUT. RFC 6275 section 12. */
const BOUNDS = { maxEntries: 8192, ttlSeconds: 32 };
/** Offset of the IPv4 address in an IPv4-mapped one. RFC 4291 section 2.5.5.2. */
const MAPPED = 12;

/** A Binding Update from behind what looks like a NAT. */
interface Translated {
  readonly sequence: number;
  readonly named: Uint8Array;
  readonly seen: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
}

export default defineRule({
  id: 'MIP6-2501',
  title: 'IPv4 care-of address is not the IPv4 source, and no NAT was detected',
  severity: 'high',
  category: 'extension',
  references: ['RFC 5555 sections 4.1.1, 4.2 and 5.4'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'Over IPv4 a node names its IPv4 care-of address in the Binding Update. If the IPv4 header has another source, a ' +
    'NAT stands between, which is legal, and the home agent says so with a NAT Detection option. Here the home agent ' +
    'accepted the registration and said nothing of a NAT: it did not see the difference, because the outer header, ' +
    'which nothing protects, was rewritten on its way, or it does not compare. Then the tunnel ends where nobody ' +
    'registered it.',
  advice:
    'Check that the home agent compares the IPv4 care-of address with the source and demands UDP encapsulation. Look ' +
    'for what rewrites addresses between node and home agent.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['encapsulated', 'holding pending'],
    'binding-acknowledgement': ['holding pending'],
  },
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (event.checksum === 'wrong') return undefined;
    const pending = context.table<Translated>('pending', BOUNDS);
    const { packet, link, source, destination } = event.context;
    if (pending.size === 0) {
      // Nothing waits, and only what came over IPv4 has to.
      if (message.kind !== 'binding-update' || ipv4OuterOf(event.context) === undefined) {
        return undefined;
      }
    }
    const registration = homeRegistrationOf(event);
    if (registration !== undefined) {
      const { sequence } = registration;
      const outer = ipv4OuterOf(event.context);
      const key = addressKey(registration.homeAddress) + addressKey(destination);
      const option = findOption(options, 'ipv4-care-of-address')?.careOfAddress;
      const mapped = isIpv4Mapped(source) ? source.slice(MAPPED) : undefined;
      const named = option ?? mapped;
      pending.delete(key);
      if (outer === undefined || named === undefined || isSameIpv4(named, outer.source)) {
        return undefined;
      }
      pending.set(key, { sequence, named, seen: outer.source, packet, link });
      return undefined;
    }
    if (message.kind !== 'binding-acknowledgement') return undefined;
    const homeAddress = event.context.routingHomeAddress ?? destination;
    const key = addressKey(homeAddress) + addressKey(source);
    const update = pending.get(key);
    if (update?.sequence !== message.sequence) return undefined;
    pending.delete(key);
    const isTold = findOption(options, 'nat-detection') !== undefined;
    if (message.status >= 128 || isTold) return undefined;
    return {
      object: formatAddress(homeAddress),
      message: `${formatAddress(homeAddress)} registered IPv4 care-of address ${formatIpv4(update.named)} from ${formatIpv4(update.seen)}, and the home agent noticed no NAT`,
      packet,
      evidence: [
        {
          packet: update.packet,
          text: `Binding Update, sequence ${update.sequence}: IPv4 care-of address ${formatIpv4(update.named)}, IPv4 source ${formatIpv4(update.seen)}`,
          link: update.link,
        },
        evidenceOf(
          event.context,
          `Binding Acknowledgement with status ${message.status} and without NAT Detection option`,
        ),
      ],
      confidence: 'partial',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: source,
    };
  },
});
