import { addressKey, defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** MAX_RR_BINDING_LIFETIME in microseconds. RFC 6275 section 12. */
const LONGEST = 420e6;

/** Requests of one peer to one node on one link. */
interface Requests {
  count: number;
  readonly start: number;
  readonly first: Evidence;
}

export default defineRule({
  id: 'MIP6-1213',
  title: 'Binding Refresh Request without binding, or a flood of them',
  severity: 'medium',
  category: 'forged-binding',
  references: ['RFC 6275 sections 6.1.2, 9.5.5 and 11.7.4'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A correspondent asks a mobile node to refresh its binding shortly before it ends. The request is not protected, and ' +
    'each one makes the node run return routability anew: two tests and a registration. Asked by somebody who has no ' +
    'binding of the node, or again and again, it only makes work. A request long before the end of the binding is odd and ' +
    'weighs little.',
  advice:
    'Limit Binding Refresh Requests towards mobile nodes. Look for the sender: the source is easily forged.',
  on: ['mobility'],
  messages: ['binding-refresh-request'],
  params: {
    requests: {
      default: 5,
      min: 1,
      max: 1000,
      unit: 'requests',
      doc: 'more requests than this to one node within the window, for one binding or from many senders',
    },
    windowSeconds: {
      default: 60,
      min: 1,
      max: 3600,
      unit: 'seconds',
      doc: 'time in which they are counted',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    if (header.message.kind !== 'binding-refresh-request' || event.checksum === 'wrong') {
      return undefined;
    }
    const { packet, link, source } = wire;
    const homeAddress = wire.routingHomeAddress ?? wire.destination;
    const peer = wire.homeAddressOption ?? source;
    const isInTunnel = wire.outer !== undefined ? 'in' : 'out';
    const key = `${link.id}${isInTunnel}/${addressKey(homeAddress)}`;
    const here = evidenceOf(
      wire,
      `Binding Refresh Request from ${formatAddress(peer)} to ${formatAddress(homeAddress)}`,
    );
    const table = context.table<Requests>('requests', BOUNDS);
    const known = table.get(key);
    const isOver =
      known === undefined || packet.time - known.start > context.params.windowSeconds * 1e6;
    const current = isOver ? { count: 0, start: packet.time, first: here } : known;
    current.count++;
    if (isOver) table.set(key, current);
    const binding = context.binding(homeAddress, peer);
    const base = { packet, homeAddress, stage: 'denial-of-service' } as const;
    if (current.count > context.params.requests) {
      return {
        ...base,
        object: `flood/${addressKey(homeAddress)}`,
        message: `${formatAddress(homeAddress)} is flooded with Binding Refresh Requests: more than ${context.params.requests} in ${context.params.windowSeconds} s`,
        evidence: [current.first, here],
        confidence: 'certain',
        ...(binding === undefined ? { attacker: peer } : {}),
      };
    }
    const isLive =
      binding !== undefined &&
      binding.phase !== 'deregistered' &&
      binding.phase !== 'expired' &&
      (binding.lifetime === undefined || binding.expiresAt > packet.time - 10e6);
    if (isLive) {
      const { lifetime, expiresAt, registeredAt } = binding;
      const isEarly =
        lifetime !== undefined &&
        registeredAt > 0 &&
        expiresAt - packet.time > (lifetime * 1e6) / 2;
      if (!isEarly) return undefined;
      const seconds = Math.round((expiresAt - packet.time) / 1e6);
      return {
        ...base,
        object: `early/${addressKey(homeAddress)}`,
        message: `${formatAddress(peer)} asks ${formatAddress(homeAddress)} to refresh a binding that lives another ${seconds} s`,
        evidence: [
          { packet: binding.lastChange, text: `binding accepted for ${lifetime} s` },
          here,
        ],
        confidence: 'partial',
        severity: 'low',
      };
    }
    // That there is no binding is known of peers whose registrations were seen, and of ended bindings.
    const pair = context.seenUpdates(homeAddress, peer);
    const isEnded = binding !== undefined && binding.registeredAt > 0;
    const watched = context.seenUpdatesOf(homeAddress).filter((item) => item.answers > 0);
    if (!isEnded && pair === undefined && watched.length === 0) return undefined;
    // A binding that began before the capture, or was refreshed unseen, has ended after the longest lifetime.
    const isProved =
      binding?.phase === 'deregistered' ||
      watched.some(({ updates }) => packet.time - (updates[0]?.packet.time ?? Infinity) > LONGEST);
    return {
      ...base,
      object: `none/${addressKey(homeAddress)}${isProved ? '' : ' perhaps'}`,
      message: `${formatAddress(peer)} asks ${formatAddress(homeAddress)} to refresh a binding that it does not have`,
      evidence: [
        ...(isEnded
          ? [{ packet: binding.lastChange, text: `the binding was ${binding.phase}` }]
          : []),
        here,
      ],
      confidence: 'partial',
      ...(isProved ? {} : { severity: 'low' }),
      attacker: peer,
    };
  },
});
