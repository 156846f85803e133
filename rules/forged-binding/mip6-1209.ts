import {
  BINDING_UPDATE_FLAGS,
  bindingUpdateOf,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  isComplete,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

const HOME_REGISTRATION = BINDING_UPDATE_FLAGS.homeRegistration.mask;
const OTHER_REGISTRATION =
  BINDING_UPDATE_FLAGS.proxyRegistration.mask | BINDING_UPDATE_FLAGS.mapRegistration.mask;

export default defineRule({
  id: 'MIP6-1209',
  title: 'Kind of registration changes under an existing binding',
  severity: 'medium',
  category: 'forged-binding',
  references: ['RFC 6275 sections 6.1.8 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A home registration rests on IPsec, a registration with a correspondent on return routability, which is weaker. A ' +
    'node can be home agent of a mobile node and correspondent at once; a Binding Update of the weaker kind for a binding ' +
    'of the stronger one, or the other way round, must be refused with status 139. Sent on purpose it tries to move a ' +
    'protected binding with the means of an unprotected one.',
  advice:
    'See from the answer whether it was refused. A home agent that accepts it has to be repaired. After a restart of the ' +
    'home agent the first registrations may look like this.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['remarkable'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const update = bindingUpdateOf(event);
    if (update === undefined || (update.flags & OTHER_REGISTRATION) !== 0) return undefined;
    const wire = event.context;
    const { options } = event.header;
    const homeAddress = wire.homeAddressOption ?? wire.source;
    const peer = wire.routingHomeAddress ?? wire.destination;
    const isHome = (update.flags & HOME_REGISTRATION) !== 0;
    const binding = context.binding(homeAddress, peer);
    if (binding === undefined || (binding.role === 'home') === isHome) return undefined;
    if (!isComplete(event)) return undefined;
    // A de-registration that forgot the flag is another matter: MIP6-1111.
    const isOfCorrespondent =
      findOption(options, 'nonce-indices') !== undefined ||
      findOption(options, 'binding-authorization-data') !== undefined;
    if (!isHome && update.lifetime === 0 && !isOfCorrespondent) return undefined;
    // Of an acknowledgement alone nobody knows what kind of registration it is for.
    if (binding.flags === undefined && binding.knownBy !== 'inferred') return undefined;
    const isLive =
      binding.registeredAt > 0 &&
      (binding.phase === 'registered' || binding.phase === 'deregistration-sent') &&
      (binding.lifetime === undefined || binding.expiresAt > wire.packet.time);
    if (!isLive) return undefined;
    const kind = isHome ? 'home registration' : 'registration with a correspondent';
    const before = isHome ? 'registered as with a correspondent' : 'registered at its home agent';
    return {
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(wire.source)} sent ${formatAddress(peer)} a ${kind} for ${formatAddress(homeAddress)}, which is ${before} there`,
      packet: wire.packet,
      evidence: [
        {
          packet: binding.lastChange,
          text: `binding of ${formatAddress(homeAddress)} at ${formatAddress(peer)} with H flag ${isHome ? 0 : 1}`,
        },
        evidenceOf(
          wire,
          `Binding Update, sequence ${update.sequence}, with H flag ${isHome ? 1 : 0}; the receiver must answer with status 139`,
        ),
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      ...(isHome ? {} : { homeAgent: peer }),
    };
  },
});
