import { defineRule, formatAddress } from '../../engine/rule-api.ts';
import type { DiagnosticCode } from '../../engine/rule-api.ts';

const FAULTS: ReadonlyMap<DiagnosticCode, string> = new Map<DiagnosticCode, string>([
  ['HAO_POSITION', 'Home Address option where it must not be'],
  ['HAO_DUPLICATE', 'a second Home Address option in the same packet'],
  ['RH2_POSITION', 'type 2 routing header before another routing header'],
]);

export default defineRule({
  id: 'MIP6-1007',
  title: 'Illegal extension-header position for mobility headers',
  severity: 'high',
  category: 'integrity',
  references: ['RFC 6275 section 6.3', 'RFC 6275 section 6.4.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'The Home Address option says whose packet this really is, the type 2 routing header to whom it really goes. ' +
    'Both have one fixed place in front of encryption and fragmentation, and appear once. In another place some ' +
    'nodes obey them and some do not, so that a filter, the IPsec policy and the node can each believe in another ' +
    'home address. A tunnel packet may have one of its own: the inner packet counts for itself.',
  advice:
    'Drop such packets at the border; no conforming stack sends them. Check which home address the receiving node ' +
    'took the packet to be from.',
  on: ['malformed'],
  params: {},
  evaluate({ context, diagnostics }) {
    const faults = diagnostics.filter(({ code }) => FAULTS.has(code));
    if (faults.length === 0) return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    const { packet, link, homeAddressOption } = context;
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a packet with mobility headers in an illegal place`,
      packet,
      evidence: faults.map(({ code, detail }) => {
        const fault = FAULTS.get(code) ?? code;
        return { packet, text: detail === undefined ? fault : `${fault}: ${detail}`, link };
      }),
      confidence: 'certain',
      stage: 'evasion',
      attacker: context.source,
      ...(homeAddressOption === undefined ? {} : { homeAddress: homeAddressOption }),
    };
  },
});
