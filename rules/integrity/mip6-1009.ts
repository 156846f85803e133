import { defineRule, formatAddress } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1009',
  title: 'Malformed type 2 routing header',
  severity: 'high',
  category: 'integrity',
  references: ['RFC 6275 section 6.4', 'RFC 6275 section 11.3.3'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A type 2 routing header brings a packet from the care-of address to the home address of one and the same ' +
    'mobile node, so it holds exactly one address and exactly one step is left. With more steps, more room or an ' +
    'address that no single node can have it is an attempt to send the packet on to somebody else, which is what ' +
    'made the old type 0 routing header a weapon.',
  advice:
    'Drop such packets at the border. Check that the node they were sent to did not forward them: then its ' +
    'mobility software takes other than its own home address and has to be replaced.',
  on: ['malformed'],
  params: {},
  evaluate({ context, diagnostics }, known) {
    const shape = diagnostics.find(({ code }) => code === 'RH2_MALFORMED');
    const address = diagnostics.find(({ code }) => code === 'RH2_ADDRESS');
    if (shape === undefined && address === undefined) return undefined;
    const { packet, link, routingHomeAddress } = context;
    // The header kept its address although its shape is wrong: right length, no step left.
    const isSpent = shape !== undefined && routingHomeAddress !== undefined;
    // A capture inside the mobile node shows the header after the node has exchanged the addresses.
    if (isSpent && known.isHomeAddress(context.destination)) return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    const evidence: string[] = [];
    if (shape !== undefined) {
      evidence.push(
        `type 2 routing header with ${shape.detail ?? 'a wrong shape'}, expected length 24 octets, segments left 1`,
      );
    }
    if (address !== undefined) {
      const value =
        routingHomeAddress === undefined ? 'an address' : formatAddress(routingHomeAddress);
      evidence.push(
        `type 2 routing header holds ${value}, expected a unicast routable home address`,
      );
    }
    // Nothing is left to do for a spent header, and it may be an effect of where the capture was taken.
    const isHarmless = isSpent && address === undefined;
    return {
      object: `${source} to ${destination}${isHarmless ? ': spent' : ''}`,
      message: `${source} sent ${destination} a type 2 routing header that no mobile node may accept`,
      packet,
      evidence: evidence.map((text) => ({ packet, text, link })),
      ...(isHarmless ? { confidence: 'partial', severity: 'low' } : { confidence: 'certain' }),
      stage: 'evasion',
      attacker: context.source,
    };
  },
});
