import {
  BINDING_UPDATE_FLAGS,
  bindingUpdateOf,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { Link, PacketReference, RuleDefinition } from '../../engine/rule-api.ts';

/** Numbers that the tool sends one after another, so that one of them is above whatever the home agent has last seen. */
const SEQUENCES: readonly number[] = [0x0002, 0x4002, 0x8002, 0xc002];
const FLAGS = BINDING_UPDATE_FLAGS.acknowledge.mask | BINDING_UPDATE_FLAGS.homeRegistration.mask;
/** Lifetime of the message: no end. RFC 6275 section 6.1.7. */
const FOREVER = 0xffff;
/** Home addresses remembered. */
const BOUNDS = { maxEntries: 1024, ttlSeconds: 60 };

const params = {
  windowSeconds: {
    default: 5,
    min: 1,
    max: 60,
    unit: 'seconds',
    doc: 'time in which two of the four numbers have to come',
  },
} satisfies RuleDefinition['params'];

/** The first of the four that came. */
interface First {
  readonly packet: PacketReference;
  readonly link: Link;
  readonly sequence: number;
}

export default defineRule({
  id: 'MIP6-2901',
  title: 'Fingerprint of a tool that forges home registrations (fake_mipv6)',
  severity: 'critical',
  category: 'reconnaissance',
  references: ['RFC 3776 section 4.1', 'RFC 6275 sections 6.1.7 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'The program atk6-fake_mipv6 of the thc-ipv6 collection redirects the traffic of a home address to an address of its ' +
    'user. It sends four unprotected Binding Updates at once: flags A and H alone, a lifetime without end, the care-of ' +
    'address also as option, and the numbers 2, 16386, 32770 and 49154, so that one of them is taken whatever the last ' +
    'number was. No mobile node counts like that. Two of the four for one home address are enough. The fingerprint says ' +
    'who speaks; whether a home agent believes it is the matter of rule MIP6-1801.',
  advice:
    'Look for the sender: he has the tool at hand and means this home address. Check the binding cache of the home agent, ' +
    'and that it refuses Binding Updates without IPsec.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['long-lifetime'] },
  params,
  evaluate(event, context) {
    const update = bindingUpdateOf(event);
    if (update?.lifetime !== FOREVER) return undefined;
    const { context: packet, checksum, header } = event;
    const { homeAddressOption: homeAddress, protection, source, destination } = packet;
    if (homeAddress === undefined || checksum === 'wrong') return undefined;
    const isToolLike =
      protection === 'none' &&
      packet.hasAuthenticationHeader !== true &&
      update.flags === FLAGS &&
      SEQUENCES.includes(update.sequence);
    if (!isToolLike) return undefined;
    const option = findOption(header.options, 'alternate-care-of-address');
    if (option === undefined || !isSameAddress(option.careOfAddress, source)) return undefined;
    const table = context.table<First>('first', BOUNDS);
    const key = registrationKey(homeAddress, destination);
    const first = table.get(key);
    const { windowSeconds } = context.params;
    const isLate = first === undefined || context.now - first.packet.time > windowSeconds * 1e6;
    if (isLate || first.sequence === update.sequence) {
      if (isLate) {
        table.set(key, { packet: packet.packet, link: packet.link, sequence: update.sequence });
      }
      return undefined;
    }
    const home = formatAddress(homeAddress);
    return {
      object: key,
      message: `${formatAddress(source)} forges a registration of ${home} with the tool fake_mipv6`,
      packet: packet.packet,
      evidence: [
        {
          packet: first.packet,
          text: `Binding Update with sequence ${first.sequence}`,
          link: first.link,
        },
        evidenceOf(
          packet,
          `Binding Update for ${home} to ${formatAddress(destination)} without protection, flags A and H, lifetime without end, Alternate Care-of Address ${formatAddress(source)}, sequence ${update.sequence}: two of ${SEQUENCES.join(', ')}`,
        ),
      ],
      confidence: 'certain',
      homeAddress,
      homeAgent: destination,
      attacker: source,
    };
  },
});
