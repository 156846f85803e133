import { defineRule, formatAddress } from '../../engine/rule-api.ts';
import type { Diagnostic, DiagnosticCode } from '../../engine/rule-api.ts';

/** What is wrong, in words; in the order in which the first found is told. */
const FAULTS: ReadonlyMap<DiagnosticCode, string> = new Map<DiagnosticCode, string>([
  ['MH_TRUNCATED', 'the header is shorter than its message needs'],
  ['MH_LENGTH', 'Header Len claims more octets than the packet has'],
  ['OPTION_TRUNCATED', 'an option runs past the end of the header'],
  ['MH_TRAILING', 'octets follow after the end of the header'],
]);

export default defineRule({
  id: 'MIP6-1004',
  title: 'Header Len shorter than the message minimum, or options overrun it',
  severity: 'medium',
  category: 'integrity',
  references: ['RFC 6275 section 9.2', 'RFC 6275 section 6.2.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'The lengths inside this mobility message contradict each other: the header is too short for the message it ' +
    'says it is, too long for the packet, an option is longer than the header around it, or something is left ' +
    'over behind it. Lengths that do not add up are how parsers are made to read memory they should not, and how ' +
    'a filter and the node behind it are made to see different messages. The whole packet was captured, so this ' +
    'is not an effect of the capture.',
  advice:
    'Drop such packets at the border, keep the packet named here, and update the mobility software of the node it ' +
    'was sent to. If the sender is one of your own nodes, its stack is broken.',
  on: ['mobility', 'malformed'],
  asksOnly: { mobility: ['faulty'] },
  params: {},
  evaluate(event) {
    const { context, diagnostics } = event;
    if (diagnostics.length === 0) return undefined;
    // In a cut frame the capture made the lengths wrong, not the sender.
    if (event.kind === 'mobility' && event.checksum === 'unknown') return undefined;
    if (diagnostics.some(({ code }) => code === 'CAPTURE_CUT')) return undefined;
    // Octets behind a header that announces another protocol are what MIP6-1002 reports.
    const isPiggybacked = diagnostics.some(({ code }) => code === 'MH_PAYLOAD_PROTO');
    const faults = diagnostics.filter(
      ({ code }) => FAULTS.has(code) && !(isPiggybacked && code === 'MH_TRAILING'),
    );
    if (faults.length === 0) return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a mobility message whose lengths contradict each other`,
      packet: context.packet,
      evidence: [
        { packet: context.packet, text: faults.map(describe).join('; '), link: context.link },
      ],
      confidence: 'certain',
      attacker: context.source,
    };
  },
});

function describe({ code, detail, length }: Diagnostic): string {
  const more = detail ?? (code === 'MH_TRAILING' ? `${length} octets` : undefined);
  return `${FAULTS.get(code) ?? code}${more === undefined ? '' : ` (${more})`}`;
}
