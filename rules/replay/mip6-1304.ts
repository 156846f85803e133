import {
  MIRROR_COPY,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isKnownCareOfAddress,
  registrationAnswerOf,
  registrationKey,
} from '../../engine/rule-api.ts';

/** SEQUENCE_NUMBER_OUT_OF_WINDOW. RFC 6275 section 6.1.8. */
const OUT_OF_WINDOW = 135;

export default defineRule({
  id: 'MIP6-1304',
  title: 'Sequence counter asked out by refused Binding Updates',
  severity: 'medium',
  category: 'replay',
  references: ['RFC 6275 sections 9.5.1 and 9.5.4'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'Who sends an update with an old sequence number is told the right one with status 135, and may use it in the next. ' +
    'That helps a node which was restarted: one such answer, and the next update is right. Again and again it is ' +
    'somebody who follows the counter of another node. A home agent that tells the counter in clear, to an address ' +
    'where the node never was, answers updates that it must not even look at.',
  advice:
    'Look at who sent the updates that were refused. A home agent must not answer updates that are not protected.',
  on: ['mobility'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['refusal'] },
  params: {
    answers: {
      default: 3,
      min: 2,
      max: 1000,
      unit: 'answers in 60 seconds',
      doc: 'answers with status 135 about one home address from which on it is no restarted node',
    },
  },
  evaluate(event, context) {
    const answer = registrationAnswerOf(event);
    if (answer?.status !== OUT_OF_WINDOW) return undefined;
    const { earlier, context: wire } = event;
    const { packet, link, destination, protection } = wire;
    const isMirror = earlier?.link.id === link.id && packet.time - earlier.lastSeen < MIRROR_COPY;
    if (isMirror) return undefined;
    const { homeAddress, peer, sequence } = answer;
    const key = registrationKey(homeAddress, peer);
    // Each link for itself: an answer that crosses two of them is one.
    const count = context
      .counts('answers', { windowSeconds: 60, maxEntries: 8192 })
      .add(`${key}${link.id}`);
    const binding = context.binding(homeAddress, peer);
    const isMany = count >= context.params.answers;
    const isStranger =
      binding !== undefined &&
      isBindingValid(binding, context.now) &&
      protection === 'none' &&
      wire.outer === undefined &&
      context.isHomeAgent(peer) &&
      context.site.ipsec.signalling === 'required' &&
      wire.routingHomeAddress !== undefined &&
      !isKnownCareOfAddress({ ...binding, pending: undefined }, destination);
    if (!isMany && !isStranger) return undefined;
    const to = formatAddress(destination);
    return {
      object: key,
      message: isMany
        ? `${formatAddress(peer)} told the sequence counter of ${formatAddress(homeAddress)} ${count} times within a minute`
        : `home agent ${formatAddress(peer)} told the sequence counter of ${formatAddress(homeAddress)} in clear to ${to}, where the node never was`,
      packet,
      evidence: [
        evidenceOf(
          wire,
          `Binding Acknowledgement with status 135 and sequence ${sequence} to ${to}${isMany ? `, the ${count}th in 60 s` : ''}`,
        ),
      ],
      confidence: 'partial',
      homeAddress,
      ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
      ...(isStranger ? { attacker: destination } : {}),
    };
  },
});
