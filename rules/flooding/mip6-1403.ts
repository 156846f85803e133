import {
  defineRule,
  formatAddress,
  isBindingValid,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft, PacketReference } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 120 };
const INTERVAL = 1e6;

/** Traffic to a home address after a binding at a correspondent has ended. */
interface Ended {
  readonly packet: PacketReference;
  readonly how: string;
  busySeconds: number;
  packets: number;
  octets: number;
  lastTime: number;
  isQuiet: boolean;
}

export default defineRule({
  id: 'MIP6-1403',
  title: 'Stream falls back on a home address where nobody is',
  severity: 'high',
  category: 'flooding',
  references: ['RFC 4225 sections 3.2.2 and 5.1'],
  needs: [],
  verdict: 'alert',
  explanation:
    'When a binding at a correspondent ends, its traffic goes back to the home address. Who claims the address of a ' +
    'stranger as his home address, starts a stream and then lets the binding end, floods the network of that stranger: ' +
    'no test ever asked whether the home network wants it. Here a stream goes to a home address right after its binding ' +
    'has ended, no home agent has a binding for it that would carry it on, and nothing comes back from it. A node that ' +
    'has really come home answers; one that lost its route optimisation has a home registration.',
  advice:
    'Limit the stream at the edge of the home network and have its sender stop. A home agent or router that knows nobody ' +
    'at the address may refuse it with ICMPv6 errors.',
  on: ['binding', 'binding-traffic'],
  asksOnly: { binding: ['ended', 'holding ended'], 'binding-traffic': ['holding ended'] },
  params: {
    packetsPerSecond: {
      default: 10,
      min: 1,
      max: 1_000_000,
      unit: 'packets per second',
      doc: 'packets to a home address from which on they are a stream',
    },
    seconds: {
      default: 3,
      min: 1,
      max: 600,
      unit: 'seconds',
      doc: 'how long the stream goes on without an answer before it is reported',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const { binding } = event;
    const { homeAddress, peer } = binding;
    if (binding.role !== 'correspondent') return undefined;
    const isEnd =
      event.kind === 'binding' && (event.change === 'deregistered' || event.change === 'expired');
    const table = context.table<Ended>('ended', BOUNDS);
    // Of most bindings none has ended of late.
    if (!isEnd && table.size === 0) return undefined;
    const key = registrationKey(homeAddress, peer);
    if (event.kind === 'binding') {
      const { change, packet } = event;
      if (!isEnd) {
        if (change !== 'rejected') table.delete(key);
        return undefined;
      }
      // What ran out is noticed later.
      const isRunOut = change === 'expired' && binding.expiresAt > 0;
      table.set(key, {
        packet,
        how: isRunOut ? 'the binding ran out' : 'the binding was deleted',
        busySeconds: 0,
        packets: 0,
        octets: 0,
        lastTime: isRunOut ? binding.expiresAt : packet.time,
        isQuiet: true,
      });
      return undefined;
    }
    const ended = table.get(key);
    const { traffic, time } = event;
    if (ended === undefined) return undefined;
    const seconds = Math.max(1, (time - Math.max(ended.lastTime, time - 10 * INTERVAL)) / 1e6);
    ended.lastTime = time;
    if (traffic.fromHome + traffic.fromByOption + traffic.fromByTunnel > 0) ended.isQuiet = false;
    ended.packets += traffic.toHome;
    ended.octets += traffic.toHomeOctets;
    const { packetsPerSecond, seconds: wanted } = context.params;
    if (traffic.toHome / seconds >= packetsPerSecond) ended.busySeconds += seconds;
    const { lastToHome } = traffic;
    if (!ended.isQuiet || ended.busySeconds < wanted || lastToHome === undefined) return undefined;
    const home = context.homeBinding(homeAddress);
    if (home !== undefined && isBindingValid(home, context.now)) return undefined;
    return {
      // Who claims many home addresses floods with one correspondent after the other.
      object: key,
      message: `${formatAddress(peer)} floods ${formatAddress(homeAddress)} after a binding has ended: nobody there answers`,
      packet: lastToHome,
      evidence: [
        { packet: ended.packet, text: ended.how },
        {
          packet: lastToHome,
          text: `${ended.packets} packets with ${ended.octets} octets to the home address since then, none from it, and no home registration`,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homeAddress,
    };
  },
});
