import { defineRule, unmatchedTestDraft, unmatchedTestOf } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1702',
  title: 'Care-of Test that answers no Care-of Test Init',
  severity: 'high',
  category: 'return-routability',
  references: ['RFC 6275 sections 11.6.2 and 15.4.6'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Care-of Test repeats the cookie of the Care-of Test Init that asked for it. This one has a cookie that the node did ' +
    'not send in the last 210 seconds: somebody sends tokens in the name of the correspondent, so that the registration of ' +
    'the node fails. The sensor judges only where it has seen both directions before. A single one without further sign ' +
    'can be one whose question the sensor missed, and is low; another token for the same nonce index, another hop limit, ' +
    'or several within a minute show a forgery.',
  advice:
    'Mobile nodes drop it by themselves. Look where such packets enter: their source is forged, and ingress filtering ' +
    'there would stop them.',
  on: ['mobility'],
  messages: ['care-of-test'],
  asksOnly: { 'care-of-test': ['remarkable'] },
  params: {
    repeats: {
      default: 3,
      min: 2,
      max: 16,
      unit: 'answers in 60 s',
      doc: 'different answers without question to one node from which on no lost packet explains them',
    },
  },
  evaluate(event, context) {
    const found = unmatchedTestOf(event, 'care-of', context);
    if (found === undefined) return undefined;
    return unmatchedTestDraft(event, found, context.params.repeats);
  },
});
