import { defineRule, formatAddress } from '../../engine/rule-api.ts';

/**
 * Ports that specifications give to mobility and IPsec: DSMIPv6, PMIPv6 over IPv4, NAT traversal; and ESP over IPv4
 * that a key of the site has opened.
 */
const ASSIGNED = new Set(['udp:4191', 'udp:5436', 'udp:4500', 'esp']);

export default defineRule({
  id: 'MIP6-1012',
  title: 'Mobility signalling in an unexpected encapsulation',
  severity: 'medium',
  category: 'integrity',
  references: ['RFC 5555 section 4', 'RFC 5845'],
  needs: [],
  verdict: 'alert',
  precedence: 'header',
  explanation:
    'Mobile IPv6 has its own ways through IPv4 networks (UDP port 4191, and 5436 between PMIPv6 gateways). Here ' +
    'its signalling comes inside another tunnel: 6in4, GRE, Teredo, VXLAN or UDP on some other port. Filters ' +
    'that read only the outer headers do not see it, which is how rules at the border are walked around. A tunnel ' +
    'that the operator has set up looks the same, therefore the finding is never certain and weighs less where ' +
    'no site file names the links.',
  advice:
    'If the tunnel is yours, allow its kind with a parameter of this rule in the site file. If not, find its two ' +
    'ends, and let the border drop tunnels it does not know.',
  on: ['mobility', 'esp'],
  asksOnly: { mobility: ['encapsulated'], esp: ['encapsulated'] },
  params: {
    allow6in4: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      doc: '1 = IPv6 directly in IPv4 (protocol 41) is a sanctioned tunnel of this site',
    },
    allowGre: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      doc: '1 = GRE is a sanctioned tunnel of this site, as in PMIPv6 networks (RFC 5845)',
    },
    allowVxlan: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      doc: '1 = VXLAN is a sanctioned tunnel of this site',
    },
    allowTeredo: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      doc: '1 = Teredo is a sanctioned tunnel of this site',
    },
    allowUdpPort: {
      default: 0,
      min: 0,
      max: 65_535,
      unit: 'UDP port',
      doc: 'one further UDP port on which IPv6 is sanctioned, for example 2152 for GTP-U; 0 = none',
    },
  },
  evaluate(event, known) {
    const { context } = event;
    if (context.encapsulation.length === 0) return undefined;
    if (event.kind === 'esp' && event.layout === 'plain') return undefined;
    const { params, site } = known;
    const sanctioned = new Set<string>(ASSIGNED);
    if (params.allow6in4 === 1) sanctioned.add('6in4');
    if (params.allowGre === 1) sanctioned.add('gre');
    if (params.allowVxlan === 1) sanctioned.add('vxlan');
    if (params.allowTeredo === 1) sanctioned.add('teredo');
    if (params.allowUdpPort > 0) sanctioned.add(`udp:${params.allowUdpPort}`);
    const unexpected = context.encapsulation.filter((name) => !sanctioned.has(name));
    if (unexpected.length === 0) return undefined;

    // Home address and peer stay the same over moves and in both directions: one alert for one tunnel user.
    const source = formatAddress(context.homeAddressOption ?? context.source);
    const destination = formatAddress(context.routingHomeAddress ?? context.destination);
    const ends = [source, destination].sort().join(' and ');
    const tunnel = unexpected.join(' and ');
    const what =
      event.kind === 'mobility'
        ? event.header.message.kind.replaceAll('-', ' ')
        : `ESP with a ${event.layout.replaceAll('-', ' ')}`;
    return {
      object: `${tunnel} between ${ends}`,
      message: `mobility signalling between ${ends} came inside ${tunnel}`,
      packet: context.packet,
      evidence: [
        {
          packet: context.packet,
          text: `${what} from ${formatAddress(context.source)} to ${formatAddress(context.destination)} inside ${context.encapsulation.join(', then ')}`,
          link: context.link,
        },
      ],
      confidence: 'partial',
      // Without knowing the links nobody can say whether the tunnel crosses a border.
      ...(site.links.length === 0 ? { severity: 'low' } : {}),
      stage: 'evasion',
    };
  },
});
