import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1808',
  title: 'Return routability through a tunnel that does not encrypt',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 section 4.3', 'RFC 6275 section 15.4'],
  needs: ['security-associations'],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'Home Test and care-of Test together give the right to redirect traffic at a correspondent. Whoever sits on ' +
    'the link of the node sees the care-of test anyway; only the encryption of the tunnel keeps the home test from ' +
    'him. RFC 3776 therefore demands a cipher for it. This tunnel has NULL encryption: both halves can be read in ' +
    'one place. Without keys NULL encryption is recognised by the checksums of what it carries.',
  advice:
    'Give the association for return routability a cipher. Until then switch route optimisation off on links ' +
    'others can read.',
  on: ['mobility'],
  messages: ['home-test-init', 'home-test'],
  asksOnly: { 'home-test-init': ['protected'], 'home-test': ['protected'] },
  params: {},
  evaluate({ context, header }) {
    const { message } = header;
    if (message.kind !== 'home-test-init' && message.kind !== 'home-test') return undefined;
    const { protection, esp, outer, source, destination, packet, link } = context;
    const facts = esp?.security;
    if (protection !== 'esp-tunnel' || esp === undefined || outer === undefined) return undefined;
    if (facts?.isEncrypted !== false) return undefined;
    const isInit = message.kind === 'home-test-init';
    const homeAddress = isInit ? source : destination;
    return {
      object: `${formatAddress(homeAddress)} under ${formatSpi(esp.spi)}`,
      message: `the home test of ${formatAddress(homeAddress)} can be read on the way: its tunnel does not encrypt`,
      packet,
      evidence: [
        {
          packet,
          text: `${isInit ? 'Home Test Init' : 'Home Test'} under ${facts.label}: encryption ${facts.encryption}; expected a cipher`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: isInit ? outer.destination : outer.source,
    };
  },
});
