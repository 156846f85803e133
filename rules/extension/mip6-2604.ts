import {
  BINDING_UPDATE_FLAGS,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  includesAddress,
} from '../../engine/rule-api.ts';

/** A neighbor sends with it; a router would have lowered it. */
const HOP_LIMIT = 255;

export default defineRule({
  id: 'MIP6-2604',
  title: 'Rogue mobility anchor point',
  severity: 'high',
  category: 'extension',
  references: ['RFC 5380 sections 7 and 12'],
  needs: ['mobility-anchor-points'],
  verdict: 'drop',
  explanation:
    'A mobility anchor point is a local home agent: nodes that hear of one in a Router Advertisement register with it ' +
    'and have all their traffic go through it. An attacker who advertises himself as one gets that traffic. This ' +
    'advertisement names an anchor point that the site file does not list, or a node registers with such a one. ' +
    'Visited operators have anchor points of their own: list those that your nodes may use.',
  advice:
    'Find the sender of the advertisement by its link-layer address. Have nodes accept anchor points of known operators ' +
    'alone, by certificate (RFC 5380 section 12).',
  on: ['icmpv6', 'mobility'],
  messages: ['router-advertisement', 'binding-update'],
  asksOnly: { 'binding-update': ['anchor-point'] },
  params: {},
  evaluate(event, context) {
    const { mobilityAnchorPoints } = context.site.domain;
    if (mobilityAnchorPoints.length === 0 || event.checksum === 'wrong') return undefined;
    const { source, destination, packet, link, linkSource, hopLimit, outer } = event.context;
    if (event.kind === 'icmpv6') {
      const { message } = event;
      if (message.kind !== 'router-advertisement') return undefined;
      if (hopLimit !== HOP_LIMIT || outer !== undefined) return undefined;
      const who = `${formatAddress(source)}${linkSource === undefined ? '' : ` (${formatMac(linkSource)})`}`;
      for (const option of message.options) {
        if (option.kind !== 'mobility-anchor-point' || option.validLifetime === 0) continue;
        if (includesAddress(mobilityAnchorPoints, option.globalAddress)) continue;
        const point = formatAddress(option.globalAddress);
        return {
          object: `${formatAddress(source)}: ${point}`,
          message: `${who} advertises mobility anchor point ${point} on link ${link.name}, which the site does not know`,
          packet,
          evidence: [
            evidenceOf(
              event.context,
              `Router Advertisement with MAP option ${point}; expected one of ${mobilityAnchorPoints.length} of the site file`,
            ),
          ],
          confidence: 'certain',
          stage: 'rogue-advertisement',
          attacker: linkSource ?? source,
        };
      }
      return undefined;
    }
    const { message } = event.header;
    if (message.kind !== 'binding-update' || message.lifetime === 0) return undefined;
    if ((message.flags & BINDING_UPDATE_FLAGS.mapRegistration.mask) === 0) return undefined;
    if (includesAddress(mobilityAnchorPoints, destination)) return undefined;
    const homeAddress = event.context.homeAddressOption ?? source;
    return {
      object: `registrations at ${formatAddress(destination)}`,
      message: `${formatAddress(homeAddress)} registers with mobility anchor point ${formatAddress(destination)}, which the site does not know`,
      packet,
      evidence: [
        evidenceOf(
          event.context,
          `Binding Update with M flag, sequence ${message.sequence}, from ${formatAddress(source)}`,
        ),
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      attacker: destination,
    };
  },
});
