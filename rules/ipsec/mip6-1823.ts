import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

const HOUR = 3600e6;
/** As long as an association is remembered, seconds: longer than the largest parameter. */
const REMEMBERED = 2 * 8784 * 3600;

export default defineRule({
  id: 'MIP6-1823',
  title: 'Registrations under the same keys for a long time',
  severity: 'info',
  category: 'ipsec',
  references: ['RFC 3776 section 4.4', 'RFC 6275 section 15.3'],
  needs: [],
  verdict: 'alert',
  explanation:
    'IPsec protects from replays only with keys that IKE makes and renews. With manual keys the counter starts again ' +
    'after each restart, and what was recorded under the same keys fits again; the sequence numbers of Mobile IPv6, ' +
    'sixteen bits, are then all that is left. An association in use for longer than any ordinary lifetime of IKE ' +
    'has manual keys, or IKE is set up not to renew them.',
  advice:
    'Use IKEv2 (RFC 4877) where replays matter. If manual keys are accepted at this site, switch this rule off.',
  on: ['esp'],
  asksOnly: { esp: ['home-address-option', 'routing-header'] },
  params: {
    longestUse: {
      default: 168,
      min: 1,
      max: 8784,
      unit: 'h',
      doc: 'an association for signalling in use for longer is reported',
    },
  },
  evaluate({ context, layout, spi, sequence }, known) {
    // A plain packet may be a tunnel, and its addresses do not tell whose it is.
    if (layout === 'plain') return undefined;
    const { packet, link, source, destination } = context;
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    if (homeAddress === undefined) return undefined;
    const isToAgent = layout === 'home-address-option';
    // The two directions are two flows.
    const other = isToAgent ? homeAddress : undefined;
    const uses = known.tableOf<PacketReference>('uses', {
      maxEntries: 4096,
      ttlSeconds: REMEMBERED,
    });
    const first = uses.get(homeAddress, other, spi);
    if (first === undefined) {
      uses.set(packet, homeAddress, other, spi);
      return undefined;
    }
    const age = known.now - first.time;
    if (age <= known.params.longestUse * HOUR) return undefined;
    const hours = Math.floor(age / HOUR);
    const home = formatAddress(homeAddress);
    return {
      object: `${formatSpi(spi)} ${isToAgent ? 'of' : 'to'} ${home}`,
      message: `registrations of ${home} go under the same keys for ${hours} hours`,
      packet,
      evidence: [
        { packet: first, text: `SPI ${formatSpi(spi)}, the first time`, link },
        { packet, text: `SPI ${formatSpi(spi)}, sequence ${sequence}, ${hours} hours later`, link },
      ],
      confidence: 'partial',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: isToAgent ? destination : source,
    };
  },
});
