import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Evidence,
  PacketContext,
  SeenUpdate,
  UpdatePair,
} from '../../engine/rule-api.ts';

/** Acknowledgements that answer one update at most come this long after it: MAX_BINDACK_TIMEOUT, twice. */
const ANSWER_WITHIN = 64e6;
/** Sequence number out of window: the acknowledgement has the last accepted one. RFC 6275 section 9.5.1. */
const OUT_OF_WINDOW = 135;
/** Pairs that were told to take up another number. */
const CORRECTED = { maxEntries: 4096, ttlSeconds: 120 };
/** Numbers after the last one seen that can be of updates which the sensor missed. */
const MISSED = 16;

/** Whether an acknowledgement goes to where an update came from. */
function isWayBack(
  { source, careOfAddress }: SeenUpdate,
  { homeAddress }: Readonly<UpdatePair>,
  { destination }: PacketContext,
): boolean {
  return (
    isSameAddress(source, destination) ||
    isSameAddress(careOfAddress, destination) ||
    isSameAddress(homeAddress, destination)
  );
}

/** Why an acknowledgement answers nothing; undefined when it answers, or when nobody can tell. */
function fault(
  wire: PacketContext,
  pair: Readonly<UpdatePair>,
  sequence: number,
  status: number,
): { readonly why: string; readonly isStrong: boolean; readonly update: Evidence } | undefined {
  const { packet, destination } = wire;
  const last = pair.updates.at(-1);
  if (last === undefined) return undefined;
  if (status !== OUT_OF_WINDOW) {
    for (const item of pair.updates) {
      const isAnswered = item.sequence === sequence && isWayBack(item, pair, wire);
      if (isAnswered) return undefined;
    }
  }
  const evidence = (item: typeof last): Evidence => ({
    packet: item.packet,
    text: `Binding Update with sequence ${item.sequence} from ${formatAddress(item.source)} to ${formatAddress(pair.peer)}`,
  });
  const answered = pair.updates.filter((item) => item.sequence === sequence);
  if (status === OUT_OF_WINDOW) {
    const isAsked = pair.updates.some((item) => packet.time - item.packet.time <= ANSWER_WITHIN);
    return isAsked
      ? undefined
      : { why: 'no update was sent in the last minute', isStrong: false, update: evidence(last) };
  }
  if (answered.length === 0) {
    const isNear = ((sequence - last.sequence) & 0xffff) <= MISSED;
    return {
      why: `no update with sequence ${sequence} was sent`,
      isStrong: !isNear,
      update: evidence(last),
    };
  }
  if (wire.routingHomeAddress === undefined) return undefined;
  return {
    why: `its update came from ${formatAddress(answered[0]?.source ?? destination)}`,
    isStrong: true,
    update: evidence(answered[0] ?? last),
  };
}

export default defineRule({
  id: 'MIP6-1211',
  title: 'Binding Acknowledgement that answers no Binding Update',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 6275 sections 9.5.4 and 11.7.3'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'An acknowledgement goes to where its Binding Update came from and repeats its sequence number. One that fits no ' +
    'update, or comes from a node that was not asked, was made by somebody who wants the mobile node to believe that it ' +
    'is registered, or that it is refused. The sensor judges only peers whose acknowledgements it has seen to fit before. ' +
    'A number just behind the last one seen can be of an update that the sensor missed, and weighs little; status 135 ' +
    'rightly repeats an older number.',
  advice:
    'A mobile node must drop it. Acknowledgements of home agents belong under ESP, those of correspondents carry an ' +
    'authenticator: a node that believed this one checks neither.',
  on: ['mobility'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['remarkable'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    const { message } = header;
    if (message.kind !== 'binding-acknowledgement' || event.checksum !== 'right') return undefined;
    if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) {
      return undefined;
    }
    const homeAddress = wire.routingHomeAddress ?? wire.destination;
    const peer = wire.homeAddressOption ?? wire.source;
    const pair = context.seenUpdates(homeAddress, peer);
    const { sequence, status } = message;
    if (status === OUT_OF_WINDOW) {
      context.table<true>('corrected', CORRECTED).set(registrationKey(homeAddress, peer), true);
    }
    const fits = pair !== undefined && pair.updates.length > 0;
    const found = fits ? fault(wire, pair, sequence, status) : undefined;
    if (fits && found === undefined) return undefined;
    const { packet } = wire;
    const key = registrationKey(homeAddress, peer);
    const name = `Binding Acknowledgement with status ${status} and sequence ${sequence} from ${formatAddress(peer)} to ${formatAddress(wire.destination)}`;
    const base = {
      packet,
      homeAddress,
      ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
    };
    if (pair !== undefined && found !== undefined) {
      // The sensor must have seen an update and its answer before: else it may see one direction alone.
      const isCovered = pair.answers > 0;
      if (!isCovered && !found.isStrong) return undefined;
      const binding = context.binding(homeAddress, peer);
      if (binding?.sequence === sequence) return undefined;
      // The update that took up another number may have been missed: it need not be near.
      const isCorrected =
        status !== OUT_OF_WINDOW &&
        context.table<true>('corrected', CORRECTED).get(key) !== undefined;
      const isWeak = !found.isStrong || !isCovered || isCorrected;
      return {
        ...base,
        object: `${key}${isWeak ? ' near' : ''}`,
        message: `${formatAddress(homeAddress)} got a Binding Acknowledgement in the name of ${formatAddress(peer)} that answers nothing: ${found.why}`,
        evidence: [found.update, evidenceOf(wire, name)],
        confidence: 'partial',
        ...(isWeak ? { severity: 'low' } : {}),
      };
    }
    // From somebody who was not asked, with the number of an update that waits for the answer of another.
    const asked = context
      .seenUpdatesOf(homeAddress)
      .flatMap((item) => item.updates.map((update) => ({ item, update })))
      .find(
        ({ item, update }) =>
          item.answers > 0 &&
          update.sequence === sequence &&
          packet.time - update.packet.time <= ANSWER_WITHIN,
      );
    if (asked === undefined) return undefined;
    return {
      ...base,
      object: `${addressKey(homeAddress)} other`,
      message: `${formatAddress(peer)} acknowledges a registration of ${formatAddress(homeAddress)} that went to ${formatAddress(asked.item.peer)}`,
      evidence: [
        {
          packet: asked.update.packet,
          text: `Binding Update with sequence ${sequence} to ${formatAddress(asked.item.peer)}`,
        },
        evidenceOf(wire, name),
      ],
      confidence: 'partial',
      attacker: peer,
    };
  },
});
