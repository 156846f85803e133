import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isComplete,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence } from '../../engine/rule-api.ts';

const { homeRegistration, mapRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
const OTHER_REGISTRATION = mapRegistration.mask | proxyRegistration.mask;
/** MAX_RR_BINDING_LIFETIME. RFC 6275 section 12. */
const CORRESPONDENT_SECONDS = 420;
const SECONDS = 4;
const ASKED = { maxEntries: 4096, ttlSeconds: 60 };

export default defineRule({
  id: 'MIP6-1208',
  title: 'Binding lifetime beyond what the protocol or the site allows',
  severity: 'medium',
  category: 'forged-binding',
  references: ['RFC 6275 sections 5.2, 9.5.2, 10.3.1 and 12', 'RFC 4225 section 4.3'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A binding at a correspondent lives 420 seconds at most, so that a token that somebody stole is of use for as long ' +
    'and no longer, and the node has to show again that it can be reached. A correspondent that grants more keeps a stolen ' +
    'binding for hours. To ask for more is harmless when the answer is shorter, and common with tools, which ask for the ' +
    'longest time there is. At a home agent the site decides; a very long registration outlives the node, its address ' +
    'and its keys, and is reported as low.',
  advice:
    'Repair or configure the node that grants such lifetimes. If a forged binding may be in place, delete it there.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['home-update', 'long-lifetime'],
    'binding-acknowledgement': ['remarkable'],
  },
  params: {
    homeSeconds: {
      default: 86_400,
      min: 60,
      max: 262_140,
      unit: 'seconds',
      doc: 'longest lifetime that a home agent of the site grants',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    const { message } = header;
    const { homeSeconds } = context.params;
    if (message.kind === 'binding-update') {
      const seconds = message.lifetime * SECONDS;
      const isHome = (message.flags & homeRegistration.mask) !== 0;
      if (seconds <= (isHome ? homeSeconds : CORRESPONDENT_SECONDS)) return undefined;
      if ((message.flags & OTHER_REGISTRATION) !== 0 || !isComplete(event)) return undefined;
      const homeAddress = wire.homeAddressOption ?? wire.source;
      const peer = wire.routingHomeAddress ?? wire.destination;
      if (context.seenUpdates(homeAddress, peer)?.hasOtherKeys === true) return undefined;
      const text = `Binding Update of ${formatAddress(homeAddress)} to ${formatAddress(peer)} asks for ${seconds} s`;
      const here = evidenceOf(wire, text);
      context.table<Evidence>('asked', ASKED).set(registrationKey(homeAddress, peer), here);
      // What a home agent is asked for is judged by its answer.
      if (isHome) return undefined;
      return {
        object: `asked/${addressKey(wire.source)}`,
        message: `${formatAddress(wire.source)} asks correspondent ${formatAddress(peer)} for a binding of ${seconds} s; ${CORRESPONDENT_SECONDS} s is the longest`,
        packet: wire.packet,
        evidence: [here],
        confidence: 'certain',
        severity: 'low',
        homeAddress,
      };
    }
    if (message.kind !== 'binding-acknowledgement' || message.status >= 128) return undefined;
    const seconds = message.lifetime * SECONDS;
    if (seconds <= CORRESPONDENT_SECONDS && seconds <= homeSeconds) return undefined;
    if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) {
      return undefined;
    }
    if (!isComplete(event)) return undefined;
    const homeAddress = wire.routingHomeAddress ?? wire.destination;
    const peer = wire.homeAddressOption ?? wire.source;
    const pair = context.seenUpdates(homeAddress, peer);
    const update = pair?.updates.findLast(({ sequence }) => sequence === message.sequence);
    if (update === undefined || pair?.hasOtherKeys === true) return undefined;
    const isHome = update.isHomeRegistration;
    const longest = isHome ? homeSeconds : CORRESPONDENT_SECONDS;
    if (seconds <= longest) return undefined;
    const before = context.table<Evidence>('asked', ASKED).get(registrationKey(homeAddress, peer));
    return {
      object: `granted/${addressKey(peer)}`,
      message: `${formatAddress(peer)} keeps a binding of ${formatAddress(homeAddress)} for ${seconds} s; ${longest} s is the longest${isHome ? ' of the site' : ''}`,
      packet: wire.packet,
      evidence: [
        ...(before === undefined ? [] : [before]),
        evidenceOf(
          wire,
          `Binding Acknowledgement with status ${message.status} and a lifetime of ${seconds} s`,
        ),
      ],
      confidence: 'certain',
      ...(isHome ? { severity: 'low', homeAgent: peer } : {}),
      homeAddress,
    };
  },
});
