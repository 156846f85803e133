import {
  BINDING_UPDATE_FLAGS,
  defineRule,
  findOption,
  formatAddress,
} from '../../engine/rule-api.ts';
import type { DiagnosticCode, EventOf } from '../../engine/rule-api.ts';

/** Faults of single options. Unknown types and padding of any length are legal and make none of these. */
const FAULTS: ReadonlyMap<DiagnosticCode, string> = new Map<DiagnosticCode, string>([
  ['OPTION_LENGTH', 'wrong length'],
  ['OPTION_DUPLICATE', 'present more than once'],
  ['OPTION_NOT_ALLOWED', 'not allowed in this message'],
  ['OPTION_NOT_LAST', 'Binding Authorization Data is not the last option'],
]);

export default defineRule({
  id: 'MIP6-1005',
  title: 'Mobility option malformed, duplicated or illegal for this message',
  severity: 'medium',
  category: 'integrity',
  references: ['RFC 6275 section 6.2', 'RFC 6275 section 9.5.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'Options carry what decides over a registration: the care-of address, the nonces, the proof of authority. ' +
    'Here an option has an impossible length, appears twice where one must do, or stands in a message or a place ' +
    'where it must not be. Which of two contradicting options a node obeys differs between stacks, and that ' +
    'difference is what such a message is made for.',
  advice:
    'Drop such messages in front of the home agent or correspondent node. If one of your own nodes sends them, ' +
    'update its mobility software.',
  on: ['mobility'],
  asksOnly: { mobility: ['faulty', 'misplaced-nonces'] },
  params: {},
  evaluate(event) {
    const { context, diagnostics, header, checksum } = event;
    if (diagnostics.length === 0 && header.message.kind !== 'binding-update') return undefined;
    // In a cut frame the capture made the lengths wrong, not the sender.
    if (checksum === 'unknown') return undefined;
    const misplaced = misplacedNonceIndices(event);
    if (diagnostics.length === 0 && misplaced === undefined) return undefined;
    const faults = diagnostics
      .filter(({ code }) => FAULTS.has(code))
      .map(({ code, detail }) => {
        const fault = FAULTS.get(code) ?? code;
        return detail === undefined ? fault : `${detail}: ${fault}`;
      });
    if (misplaced !== undefined) faults.push(misplaced);
    if (faults.length === 0) return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    const name = header.message.kind.replaceAll('-', ' ');
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a ${name} with an illegal option`,
      packet: context.packet,
      evidence: [{ packet: context.packet, text: faults.join('; '), link: context.link }],
      confidence: 'certain',
      attacker: context.source,
      ...(context.homeAddressOption === undefined
        ? {}
        : { homeAddress: context.homeAddressOption }),
    };
  },
});

/** Nonce Indices belong to return routability alone. RFC 6275 sections 6.2.6 and 9.5.1. */
function misplacedNonceIndices({ header, diagnostics }: EventOf<'mobility'>): string | undefined {
  const { message, options } = header;
  if (message.kind !== 'binding-update') return undefined;
  if (findOption(options, 'nonce-indices') === undefined) return undefined;
  if ((message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0) {
    return 'Nonce Indices in a home registration';
  }
  // It may be the one that runs past the end, which is MIP6-1004.
  if (diagnostics.some(({ code }) => code === 'OPTION_TRUNCATED')) return undefined;
  return findOption(options, 'binding-authorization-data') === undefined
    ? 'Nonce Indices without Binding Authorization Data'
    : undefined;
}
