import {
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isNotGreater,
  registrationAnswerOf,
  registrationKey,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1305',
  title: 'Old sequence number accepted: the receiver has lost its counter',
  severity: 'high',
  category: 'replay',
  references: ['RFC 6275 sections 9.5.1 and 15.3'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  precedence: 'sequence',
  explanation:
    'A receiver refuses a Binding Update whose sequence number is not greater than the last one, as long as the binding ' +
    'lasts. This one accepted it. It has forgotten the binding, most likely in a restart, and with it the only thing ' +
    'that stops recorded updates where keys are manual: whoever kept an old update can send it now.',
  advice:
    'Have the home agent keep sequence numbers over a restart, or make it negotiate new keys after one. Check where the ' +
    'node is registered now.',
  on: ['mobility'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['remarkable'] },
  params: {},
  evaluate(event, context) {
    const answer = registrationAnswerOf(event);
    if (answer === undefined || answer.status >= 128) return undefined;
    const { homeAddress, peer, sequence, context: wire } = answer;
    const binding = context.binding(homeAddress, peer);
    if (binding?.pending?.sequence !== sequence || binding.sequence === undefined) return undefined;
    if (!isBindingValid(binding, context.now)) return undefined;
    const { sequence: accepted, pending, role } = binding;
    if (sequence === accepted || !isNotGreater(sequence, accepted)) return undefined;
    return {
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(peer)} accepted an old Binding Update of ${formatAddress(homeAddress)}`,
      packet: wire.packet,
      evidence: [
        {
          packet: pending.packet,
          text: `Binding Update with sequence ${sequence}, care-of address ${formatAddress(pending.careOfAddress)}`,
        },
        evidenceOf(
          wire,
          `accepted with status ${answer.status}; ${accepted} had been accepted before, and that binding has not ended`,
        ),
      ],
      confidence: 'partial',
      homeAddress,
      ...(role === 'home' ? { homeAgent: peer } : {}),
    };
  },
});
