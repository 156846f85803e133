import { addressKey, defineRule, formatAddress, registrationKey } from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 512, ttlSeconds: 120 };
/** Octets of the prefix of home addresses that are not in a known home prefix. RFC 4291 section 2.5.4. */
const SUBNET_OCTETS = 8;
/** Ends remembered of one home network: the newest stay. */
const MAX_ENDS = 512;

/** A binding that has ended. */
interface End {
  readonly key: string;
  readonly homeAddress: Uint8Array;
  /** Microseconds since 1970. */
  readonly time: number;
  readonly packet: PacketReference;
}

export default defineRule({
  id: 'MIP6-1405',
  title: 'Many bindings of one home network end at once',
  severity: 'medium',
  category: 'flooding',
  references: ['RFC 4225 section 2.2'],
  needs: [],
  verdict: 'alert',
  explanation:
    'As long as correspondents have bindings, traffic goes past the home network. When many of them end in the same ' +
    'moment, all that traffic comes back to the home agent at once, more than it is made for. Bindings of different ' +
    'nodes are made and end at different times; somebody who makes many with one lifetime can time their end. The ' +
    'restart of a correspondent or a mass event may look the same.',
  advice:
    'Look at who made these bindings and whether the home addresses are real. Watch the load of the home agent.',
  on: ['binding'],
  asksOnly: { binding: ['ended'] },
  params: {
    bindings: {
      default: 20,
      min: 2,
      max: 500,
      unit: 'home addresses',
      doc: 'bindings at correspondents of so many home addresses of one network may end together',
    },
    seconds: {
      default: 10,
      min: 1,
      max: 60,
      unit: 'seconds',
      doc: 'within how many seconds',
    },
  },
  evaluate({ change, binding, packet }, context) {
    if (binding.role !== 'correspondent') return undefined;
    if (change !== 'expired' && change !== 'deregistered') return undefined;
    const { homeAddress, peer, expiresAt } = binding;
    const network = context.homePrefixOf(homeAddress);
    const prefix = network?.prefix ?? subnetOf(homeAddress);
    const table = context.table<readonly End[]>('ends', BOUNDS);
    const about = addressKey(prefix);
    // What ran out is noticed later than it ended.
    const time = change === 'expired' && expiresAt > 0 ? expiresAt : packet.time;
    const key = registrationKey(homeAddress, peer);
    const known = (table.get(about) ?? []).filter((item) => item.key !== key);
    const ends = [...known, { key, homeAddress, time, packet }].slice(-MAX_ENDS);
    table.set(about, ends);
    const { bindings, seconds } = context.params;
    if (ends.length <= bindings) return undefined;
    const near = ends.filter((item) => Math.abs(item.time - time) <= seconds * 1e6);
    const nodes = new Set(near.map((item) => addressKey(item.homeAddress)));
    const first = near[0];
    if (nodes.size <= bindings || first === undefined) return undefined;
    const length = network?.length ?? SUBNET_OCTETS * 8;
    const name = `${formatAddress(prefix)}/${length}`;
    return {
      object: about,
      message: `bindings of ${nodes.size} home addresses in ${name} end within ${seconds} seconds`,
      packet,
      evidence: [
        {
          packet: first.packet,
          text: `the binding of ${formatAddress(first.homeAddress)} ends`,
        },
        {
          packet,
          text: `${change} is the binding of ${formatAddress(homeAddress)} at ${formatAddress(peer)}, the ${nodes.size}th`,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homePrefix: { prefix, length },
    };
  },
});

function subnetOf(address: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(16);
  prefix.set(address.subarray(0, SUBNET_OCTETS));
  return prefix;
}
