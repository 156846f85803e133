import { agentEndsOf, defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';
import type { AssociationFacts, Severity } from '../../engine/rule-api.ts';

/** What is wrong with the algorithms of an association for signalling. */
function weakness(
  facts: AssociationFacts,
): { readonly text: string; readonly severity: Severity } | undefined {
  if (facts.isAuthenticated === 'no') {
    return { text: 'no integrity algorithm', severity: 'critical' };
  }
  // RFC 8221 sections 5 and 6: MUST NOT, MUST NOT and SHOULD NOT.
  if (facts.integrity.startsWith('HMAC-MD5')) {
    return { text: `the forbidden algorithm ${facts.integrity}`, severity: 'high' };
  }
  if (facts.encryption.startsWith('DES')) {
    return { text: `the forbidden algorithm ${facts.encryption}`, severity: 'high' };
  }
  if (facts.encryption.startsWith('TripleDES')) {
    return { text: `the outdated algorithm ${facts.encryption}`, severity: 'low' };
  }
  return undefined;
}

export default defineRule({
  id: 'MIP6-1807',
  title: 'Signalling under null or broken algorithms',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.3', 'RFC 8221 sections 5 and 6'],
  needs: ['security-associations', 'readable-signalling'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'ESP protects a registration by its integrity check. An association without one, which the standard of ESP ' +
    'allows for other uses, lets everybody change and make registrations; RFC 3776 forbids it for signalling. ' +
    'HMAC-MD5 and DES are forbidden everywhere by RFC 8221 and reported as high, triple DES is discouraged and low. ' +
    'Algorithms that encrypt and authenticate at once (AES-GCM and its like) have no separate integrity algorithm, ' +
    'which is right. Without keys a missing integrity check can only be recognised, by checksums that come out right ' +
    'where a check value would stand; such a finding is partial.',
  advice:
    'Make new associations with AES-GCM, or with AES-CBC and HMAC-SHA-256-128, and take the old ones out. Take ' +
    'what was registered under an association without integrity as not authenticated.',
  on: ['mobility', 'icmpv6'],
  asksOnly: { mobility: ['protected'] },
  params: {},
  evaluate(event, context) {
    const { esp, packet, link } = event.context;
    const facts = esp?.security;
    if (esp === undefined || facts === undefined || event.context.protection === 'none') {
      return undefined;
    }
    const wrong = weakness(facts);
    if (wrong === undefined) return undefined;
    const type = event.kind === 'mobility' ? event.header.mhType : typeOf(event.message.kind);
    const found = type === undefined ? undefined : agentEndsOf(event, context);
    if (found === undefined) return undefined;
    return {
      object: `${formatSpi(esp.spi)} at ${formatAddress(event.context.destination)}: ${wrong.text}`,
      message: `signalling of ${formatAddress(found.homeAddress)} goes under an association with ${wrong.text}`,
      packet,
      evidence: [
        {
          packet,
          text: `association ${facts.label}: encryption ${facts.encryption}, integrity ${facts.integrity}`,
          link,
        },
      ],
      confidence: 'certain',
      // Weak is not forged: without it the node would be cut off.
      ...(facts.isAuthenticated === 'no' ? {} : { isToPass: true }),
      severity: wrong.severity,
      stage: 'policy-breach',
      homeAddress: found.homeAddress,
      homeAgent: found.homeAgent,
    };
  },
});

/** ICMPv6 type of mobile prefix discovery. RFC 6275 sections 6.7 and 6.8. */
function typeOf(kind: string): number | undefined {
  if (kind === 'mobile-prefix-solicitation') return 146;
  return kind === 'mobile-prefix-advertisement' ? 147 : undefined;
}
