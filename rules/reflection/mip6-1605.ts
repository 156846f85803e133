import { defineRule, evidenceOf, formatAddress, pairObject } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1605',
  title: 'Several routing headers in one packet',
  severity: 'high',
  category: 'reflection',
  references: ['RFC 6275 section 6.4.1', 'RFC 5095 section 3', 'RFC 8200 section 4.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A packet needs one routing header at most. The one exception is a header of another type, for example of a segment ' +
    'routing domain, with a type 2 header of Mobile IPv6 right behind it. Two of type 2, or an abolished type 0 in front ' +
    'of one, send the packet on past filters that look at the first header alone: the type 0 header brings it to the care-of ' +
    'address, the type 2 header into the node.',
  advice:
    'Drop such packets at the border. If your network uses segment routing, let its headers neither in nor out.',
  on: ['routing-header'],
  params: {},
  evaluate(event, context) {
    if (event.headers < 2) return undefined;
    const { context: wire, headers, types, segmentsLeft, addresses, protocol } = event;
    const [first = 0, second] = types;
    const isTolerated = headers === 2 && first !== 0 && first !== 2 && second === 2;
    if (isTolerated) return undefined;
    const { source, destination } = wire;
    const stations = addresses.map((item) => formatAddress(item)).join(', ');
    return {
      object: pairObject(context, source, destination),
      message: `${formatAddress(source)} sent ${formatAddress(destination)} a packet with ${headers} routing headers`,
      packet: wire.packet,
      evidence: [
        evidenceOf(
          wire,
          `routing headers of the types ${types.join(', ')}${headers > types.length ? ' at the end' : ''}, segments left ${segmentsLeft}, addresses ${stations === '' ? 'none' : stations}, protocol ${protocol}; expected one, or another type than 0 with type 2 behind it`,
        ),
      ],
      confidence: 'certain',
      stage: 'evasion',
      attacker: source,
    };
  },
});
