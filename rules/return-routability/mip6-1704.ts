import {
  correspondentKey,
  correspondentUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence, TestKind } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1704',
  title: 'Binding Authorization Data does not verify',
  severity: 'critical',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.5, 5.2.6, 6.2.7 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'The sensor saw both tests of this node and so both tokens. With them it computed the key of the registration and the ' +
    'authenticator that belongs into this Binding Update, and another one is in it. All tokens were tried that are still ' +
    'valid. The update was changed on its way, or made by somebody who does not have the tokens: an attempt to take over ' +
    'the traffic of the home address. Nodes with keys from elsewhere (RFC 4449, RFC 4866) are left out; a supplied key ' +
    'is used where there is one.',
  advice:
    'A correspondent silently discards it. One that accepts it does not verify, and has to be repaired at once. Find the ' +
    'sender by its care-of address.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['wrong-authenticator'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    if (event.authentication !== 'wrong') return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update === undefined) return undefined;
    const { homeAddress, peer, careOfAddress, nonces, sequence, lifetime } = update;
    const wire = event.context;
    const token = (kind: TestKind, address: Uint8Array, index: number | undefined): Evidence[] => {
      const found = context
        .routabilityTests(kind, address, peer)
        ?.issued.findLast((item) => item.isSolicited && item.nonceIndex === index);
      const name = kind === 'home' ? 'Home Test' : 'Care-of Test';
      return found === undefined
        ? []
        : [
            {
              packet: found.packet,
              text: `${name} for ${formatAddress(address)} with nonce index ${found.nonceIndex}`,
            },
          ];
    };
    return {
      object: correspondentKey(update),
      message: `${formatAddress(wire.source)} sent ${formatAddress(peer)} a Binding Update for ${formatAddress(homeAddress)} whose authenticator is wrong`,
      packet: wire.packet,
      evidence: [
        ...token('home', homeAddress, nonces?.home),
        ...(lifetime === 0 ? [] : token('care-of', careOfAddress, nonces?.careOf)),
        evidenceOf(
          wire,
          `Binding Update, sequence ${sequence}, care-of address ${formatAddress(careOfAddress)}: its authenticator is not the one of these tokens`,
        ),
      ],
      confidence: 'certain',
      homeAddress,
      attacker: wire.source,
    };
  },
});
