import {
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isNotGreater,
  isSameAddress,
  registrationAnswerOf,
  registrationKey,
  registrationRequestOf,
  sequenceDistance,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  PacketReference,
  RegistrationRequest,
  RuleContext,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 120 };
/** SEQUENCE_NUMBER_OUT_OF_WINDOW. RFC 6275 section 6.1.8. */
const OUT_OF_WINDOW = 135;
/** Updates that overtake each other are few and close together, microseconds. */
const IN_FLIGHT = 2e6;
const FEW = 3;

interface Suspect {
  readonly request: RegistrationRequest;
  readonly accepted: number;
  /** It comes from where the node is registered. */
  readonly isOwn: boolean;
  refused: PacketReference | undefined;
}

function draftOf({ request, accepted, isOwn, refused }: Suspect): AlertDraft {
  const { context, homeAddress, peer, sequence } = request;
  const source = formatAddress(context.source);
  const refusal = { packet: refused ?? context.packet, text: 'answered with status 135' };
  return {
    object: registrationKey(homeAddress, peer),
    message: `${source} sent ${formatAddress(peer)} a Binding Update for ${formatAddress(homeAddress)} with an old sequence number`,
    packet: context.packet,
    evidence: [
      evidenceOf(
        context,
        `Binding Update from ${source} with sequence ${sequence}; accepted before: ${accepted}`,
      ),
      ...(refused === undefined ? [] : [refusal]),
    ],
    confidence: refused === undefined || isOwn ? 'partial' : 'certain',
    // A node that lost its counter and its answers looks the same.
    ...(isOwn ? { severity: 'low' } : {}),
    homeAddress,
    ...(request.isHome ? { homeAgent: peer } : {}),
    ...(isOwn ? {} : { attacker: context.source }),
  };
}

/** An update whose number is not greater than the last accepted one. */
function suspectOf(
  event: EventOf<'mobility'>,
  request: RegistrationRequest,
  context: RuleContext,
): Suspect | undefined {
  // The same octets again are a retransmission, or the business of MIP6-1302.
  if (event.earlier !== undefined) return undefined;
  // Several bindings of one home address have numbers of their own. RFC 5648 section 5.
  if (request.hasBindingIdentifier) return undefined;
  const { homeAddress, peer, sequence } = request;
  const binding = context.binding(homeAddress, peer);
  if (binding?.sequence === undefined || !isBindingValid(binding, context.now)) return undefined;
  const { sequence: accepted } = binding;
  if (!isNotGreater(sequence, accepted)) return undefined;
  const isClose = sequenceDistance(sequence, accepted) <= FEW;
  if (isClose && context.now - binding.registeredAt < IN_FLIGHT) return undefined;
  const isOwn = isSameAddress(binding.careOfAddress, event.context.source);
  return { request, accepted, isOwn, refused: undefined };
}

export default defineRule({
  id: 'MIP6-1301',
  title: 'Binding Update with a sequence number that is not greater than the last accepted one',
  severity: 'high',
  category: 'replay',
  references: ['RFC 6275 sections 9.5.1 and 11.8', 'RFC 4225 section 3.1.6'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  precedence: 'sequence',
  explanation:
    'Every Binding Update of a node carries a larger number than the one before, counted modulo 65536; a repetition ' +
    'carries a new number as well. An old number means an update that was recorded, or made by somebody who does not ' +
    'know the counter. A node that was restarted makes the same mistake once: it is told the right number with status ' +
    '135 and goes on from there, which raises nothing. Updates that overtake each other within two seconds raise ' +
    'nothing either.',
  advice:
    'Find out who sent it: the node itself has another counter. The receiver drops such updates; one that accepted it ' +
    'is reported by MIP6-1305.',
  on: ['mobility', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['remarkable', 'holding suspects'],
    'binding-acknowledgement': ['holding suspects'],
  },
  params: {
    waitSeconds: {
      default: 10,
      min: 1,
      max: 60,
      unit: 'seconds',
      doc: 'how long a corrected Binding Update of the same sender excuses an old sequence number',
    },
  },
  evaluate(event, context) {
    const suspects = context.table<Suspect>('suspects', BOUNDS);
    if (event.kind === 'tick') {
      const found: AlertDraft[] = [];
      if (suspects.size === 0) return found;
      for (const suspect of [...suspects.values()]) {
        const { homeAddress, peer, context: wire } = suspect.request;
        const wait = context.params.waitSeconds * 1e6;
        if (!event.isEnd && event.time - wire.packet.time < wait) continue;
        suspects.delete(registrationKey(homeAddress, peer));
        found.push(draftOf(suspect));
      }
      return found;
    }
    if (event.header.message.kind === 'binding-acknowledgement') {
      const answer = suspects.size === 0 ? undefined : registrationAnswerOf(event);
      if (answer === undefined) return undefined;
      const key = registrationKey(answer.homeAddress, answer.peer);
      const suspect = suspects.get(key);
      if (suspect === undefined) return undefined;
      if (answer.status === OUT_OF_WINDOW) suspect.refused ??= answer.context.packet;
      // Accepted: that is MIP6-1305.
      else if (answer.status < 128 && answer.sequence === suspect.request.sequence) {
        suspects.delete(key);
      }
      return undefined;
    }
    const request = registrationRequestOf(event);
    if (request === undefined) return undefined;
    const known =
      suspects.size === 0
        ? undefined
        : suspects.get(registrationKey(request.homeAddress, request.peer));
    if (known !== undefined) {
      const isCorrected =
        known.refused !== undefined &&
        isSameAddress(known.request.context.source, request.context.source) &&
        !isNotGreater(request.sequence, known.accepted);
      if (isCorrected) suspects.delete(registrationKey(request.homeAddress, request.peer));
      return undefined;
    }
    const suspect = suspectOf(event, request, context);
    if (suspect !== undefined) {
      suspects.set(registrationKey(request.homeAddress, request.peer), suspect);
    }
    return undefined;
  },
});
