import {
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  defineRule,
  evidenceOf,
  formatAddress,
  isPlausibleIndex,
  testLeg,
} from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1711',
  title: 'Deletion of a correspondent binding without a valid home nonce',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.5, 9.5.1 and 9.5.3'],
  needs: [],
  verdict: 'drop',
  explanation:
    'To delete its binding at a correspondent a node needs the home test alone: the care-of nonce index is ignored. ' +
    'A Binding Update with lifetime 0 that names no nonce, carries no authenticator, or rests on a home token that was ' +
    'never issued, comes from somebody else, who wants to end the route optimisation of the node. When the index may well ' +
    'have been issued, the sensor may have missed the test, and it is low. Peers with static keys (RFC 4449) send no nonce ' +
    'indices and are left out unless they did before.',
  advice:
    'A correspondent discards it. One that deletes the binding does not verify; traffic then goes through the home agent.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['unproved'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    if (event.authentication === 'right' || event.authentication === 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update === undefined || update.lifetime > 0 || update.hasOtherKeys) return undefined;
    const { homeAddress, peer, nonces, sequence, hasAuthorizationData } = update;
    const wire = event.context;
    const draft = (why: string, isCertain: boolean, isWeak: boolean): AlertDraft => ({
      object: `${correspondentKey(update)}${isWeak ? ' plausible' : ''}`,
      message: `${formatAddress(wire.source)} deletes the binding of ${formatAddress(homeAddress)} at ${formatAddress(peer)} ${why}`,
      packet: wire.packet,
      evidence: [evidenceOf(wire, `Binding Update with lifetime 0, sequence ${sequence}, ${why}`)],
      confidence: isCertain ? 'certain' : 'partial',
      ...(isWeak ? { severity: 'low' } : {}),
      stage: 'denial-of-service',
      homeAddress,
      attacker: wire.source,
    });
    if (!hasAuthorizationData) return draft('without authenticator', true, false);
    if (nonces === undefined) {
      const isUsual = context.seenUpdates(homeAddress, peer)?.isCovered === true;
      return isUsual
        ? draft('without nonce indices, which it used before', false, false)
        : undefined;
    }
    const leg = testLeg('home', homeAddress, peer, nonces.home, context);
    if (leg.state !== 'absent' && leg.state !== 'other-index') return undefined;
    const coverage = coverageOf(homeAddress, peer, wire.link, context);
    if (coverage === 'none') return undefined;
    const isPlausible = isPlausibleIndex(peer, nonces.home, context);
    const what =
      leg.state === 'absent'
        ? `with home nonce index ${nonces.home}, though no home test was seen for 240 s`
        : `with home nonce index ${nonces.home}, though ${leg.indices.join(', ')} was issued`;
    const isWeak = isPlausible || coverage === 'link';
    return draft(what, !isWeak, isWeak);
  },
});
