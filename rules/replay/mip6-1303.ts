import {
  defineRule,
  formatAddress,
  registrationKey,
  registrationRequestOf,
  sequenceDistance,
} from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 2 };
/** Microseconds in which numbers are compared. */
const WINDOW = 1e6;
/** Updates of one home address remembered. */
const MAX_UPDATES = 16;

interface Probe {
  readonly sequence: number;
  readonly source: Uint8Array;
  readonly packet: PacketReference;
}

export default defineRule({
  id: 'MIP6-1303',
  title: 'Sequence numbers tried all over the number space',
  severity: 'high',
  category: 'replay',
  references: ['RFC 6275 section 9.5.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  precedence: 'sequence',
  explanation:
    'A receiver takes half of all sequence numbers for greater than the last one. Who does not know the counter sends ' +
    'a few updates whose numbers lie far apart, so that one of them must be taken: atk6-fake_mipv6 sends 0x0002, ' +
    '0x4002, 0x8002 and 0xC002. No node does that; its own numbers follow each other.',
  advice:
    'Drop updates of this sender. See whether the receiver accepted one of them: where signalling is protected by ' +
    'IPsec it cannot have.',
  on: ['mobility'],
  messages: ['binding-update'],
  params: {
    updates: {
      default: 3,
      min: 2,
      max: 16,
      unit: 'updates in a second',
      doc: 'updates of one home address with numbers far apart',
    },
    distance: {
      default: 8192,
      min: 16,
      max: 32_768,
      unit: 'numbers',
      doc: 'least distance between any two of them, modulo 65536',
    },
  },
  evaluate(event, context) {
    if (event.earlier !== undefined) return undefined;
    const request = registrationRequestOf(event);
    if (request === undefined) return undefined;
    if (request.hasBindingIdentifier) return undefined;
    const { homeAddress, peer, sequence } = request;
    const { packet, link, source } = event.context;
    const { updates, distance } = context.params;
    const recent = context.tableOf<Probe | readonly Probe[]>('recent', BOUNDS);
    const probe: Probe = { sequence, source, packet };
    const before = recent.get(homeAddress, peer);
    if (before === undefined) {
      // A single one is never enough.
      recent.set(probe, homeAddress, peer);
      return undefined;
    }
    const known = ('sequence' in before ? [before] : before).filter(
      (item) => packet.time - item.packet.time <= WINDOW,
    );
    // Of numbers that are close together one stands for all.
    if (known.some((item) => sequenceDistance(item.sequence, sequence) < distance)) {
      return undefined;
    }
    const all = [...known, probe].slice(-MAX_UPDATES);
    recent.set(all, homeAddress, peer);
    if (all.length < updates) return undefined;
    return {
      object: registrationKey(homeAddress, peer),
      message: `${formatAddress(source)} tries sequence numbers all over for ${formatAddress(homeAddress)} at ${formatAddress(peer)}`,
      packet,
      evidence: all.map((item) => ({
        packet: item.packet,
        text: `Binding Update from ${formatAddress(item.source)}, sequence 0x${item.sequence.toString(16).padStart(4, '0')}`,
        link,
      })),
      confidence: 'certain',
      homeAddress,
      ...(request.isHome ? { homeAgent: peer } : {}),
      attacker: source,
    };
  },
});
