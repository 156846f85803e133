import {
  defineRule,
  formatAddress,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1010',
  title: 'Home Address option with a non-routable home address',
  severity: 'high',
  category: 'integrity',
  references: ['RFC 6275 section 6.3', 'RFC 6275 section 9.3.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'The Home Address option replaces the sender of a packet, and answers go to it. An address that cannot be the ' +
    'address of one node (a multicast group, the loopback, a link-local or an IPv4-mapped one, or none at all) ' +
    'turns the receiver into a reflector or confuses its binding table. Unique local addresses and prefixes of ' +
    'documentation are not counted: they are used in closed and test networks.',
  advice:
    'Drop such packets at the border. The sender is either a test tool or an attacker; no mobile node has such a ' +
    'home address.',
  on: ['malformed'],
  params: {},
  evaluate({ context, diagnostics }) {
    const address = diagnostics.find(({ code }) => code === 'HAO_ADDRESS');
    const length = diagnostics.find(({ code }) => code === 'HAO_LENGTH');
    const home = context.homeAddressOption;
    let text: string;
    if (address !== undefined && home !== undefined) {
      text = `Home Address option holds ${formatAddress(home)} (${kindOf(home)}), expected a unicast routable address`;
    } else if (length !== undefined) {
      text = `Home Address option with ${length.detail ?? 'a wrong length'}, expected the 16 octets of an address`;
    } else return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a Home Address option that holds no possible home address`,
      packet: context.packet,
      evidence: [{ packet: context.packet, text, link: context.link }],
      confidence: 'certain',
      attacker: context.source,
    };
  },
});

function kindOf(address: Uint8Array): string {
  if (isMulticast(address)) return 'multicast';
  if (isLinkLocal(address)) return 'link-local';
  if (isLoopback(address)) return 'loopback';
  return isUnspecified(address) ? 'unspecified' : 'IPv4-mapped';
}
