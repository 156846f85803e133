import {
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  formatSpi,
  isNotGreater,
  registrationAnswerOf,
  registrationKey,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type { EventOf } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 7 * 86_400 };

/** What protected a Binding Update: the SPI of its association, or a key that both sides were given (RFC 4449). */
type Key = number | 'static';

interface Protected {
  readonly sequence: number;
  readonly key: Key;
}

function keyOf({ context, header }: EventOf<'mobility'>): Key | undefined {
  if (context.esp !== undefined) return context.esp.spi;
  const { options } = header;
  const isStatic =
    findOption(options, 'binding-authorization-data') !== undefined &&
    findOption(options, 'nonce-indices') === undefined;
  return isStatic ? 'static' : undefined;
}

export default defineRule({
  id: 'MIP6-1309',
  title: 'Sequence numbers start over under the same keys',
  severity: 'low',
  category: 'replay',
  references: ['RFC 6275 section 15.3', 'RFC 4449 section 4'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'Sequence numbers of Binding Updates have 16 bits. With manual keys, or a static key shared with a correspondent, ' +
    'nothing else keeps old updates out: once the counter has gone past 65535 and started over, every update recorded ' +
    'in the last round becomes right again when its number comes near. This one was accepted on the other side of 65535 ' +
    'under the same SPI or static key.',
  advice:
    'Negotiate keys with IKEv2, or give the node new manual keys before its counter starts over.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['lasting-keys'], 'binding-acknowledgement': ['holding pending'] },
  params: {},
  evaluate(event, context) {
    const pending = context.table<Protected>('pending', BOUNDS);
    if (event.header.message.kind === 'binding-update') {
      const key = keyOf(event);
      const request = key === undefined ? undefined : registrationRequestOf(event);
      if (key === undefined || request === undefined) return undefined;
      if (request.hasBindingIdentifier) return undefined;
      const { sequence, homeAddress, peer } = request;
      pending.set(registrationKey(homeAddress, peer), { sequence, key });
      return undefined;
    }
    const answer = registrationAnswerOf(event);
    if (answer === undefined || answer.status >= 128 || pending.size === 0) return undefined;
    const { homeAddress, peer, sequence } = answer;
    const about = registrationKey(homeAddress, peer);
    const now = pending.get(about);
    if (now?.sequence !== sequence) return undefined;
    pending.delete(about);
    const accepted = context.table<Protected>('accepted', BOUNDS);
    const before = accepted.get(about);
    accepted.set(about, now);
    if (before?.key !== now.key) return undefined;
    if (sequence >= before.sequence || isNotGreater(sequence, before.sequence)) return undefined;
    const under = now.key === 'static' ? 'a static key' : `SPI ${formatSpi(now.key)}`;
    return {
      object: about,
      message: `sequence numbers of ${formatAddress(homeAddress)} at ${formatAddress(peer)} start over under ${under}`,
      packet: event.context.packet,
      evidence: [
        evidenceOf(
          event.context,
          `sequence ${sequence} accepted under ${under}; the one before was ${before.sequence}`,
        ),
      ],
      confidence: 'certain',
      homeAddress,
      ...(now.key === 'static' ? {} : { homeAgent: peer }),
    };
  },
});
