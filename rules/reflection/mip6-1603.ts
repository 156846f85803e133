import { defineRule, evidenceOf, formatAddress, pairObject } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1603',
  title: 'Type 0 routing header',
  severity: 'high',
  category: 'reflection',
  references: ['RFC 5095 section 3', 'RFC 6275 section 8.3'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A type 0 routing header lists nodes that pass the packet on one after another. Up to a hundred stations, named again ' +
    'and again, make one packet cross a link dozens of times; and a filter in front of the last of them sees only the first. ' +
    'It is abolished: a node it is addressed to must drop it and answer with an error. With no step left it does no harm ' +
    'any more, and is only noted.',
  advice:
    'Drop type 0 routing headers at every border, which harms nobody. Mobile IPv6 needs type 2 alone: do not let a filter ' +
    'drop all types.',
  on: ['routing-header'],
  params: {},
  evaluate(event, context) {
    const { context: wire, types, headers, segmentsLeft, addresses, packets, protocol } = event;
    // Several headers are the matter of 1605.
    if (!types.includes(0) || headers > 1) return undefined;
    const { source, destination } = wire;
    const isHarmless = segmentsLeft === 0;
    const stations = addresses.map((item) => formatAddress(item)).join(', ');
    const pair = pairObject(context, source, destination);
    return {
      object: `${pair}${isHarmless ? ': no step left' : ''}`,
      message: isHarmless
        ? `${formatAddress(source)} sent ${formatAddress(destination)} a type 0 routing header with no step left`
        : `${formatAddress(source)} makes ${formatAddress(destination)} pass packets on by a type 0 routing header`,
      packet: wire.packet,
      evidence: [
        evidenceOf(
          wire,
          `type 0 routing header, segments left ${segmentsLeft}, addresses ${stations === '' ? 'none' : stations}, protocol ${protocol} behind it${packets > 1 ? `, ${packets} packets` : ''}; expected none`,
        ),
      ],
      confidence: 'certain',
      ...(isHarmless ? { severity: 'info' } : {}),
      stage: 'evasion',
      attacker: source,
    };
  },
});
