/**
 * Checks of what a plan is made of: what gets into the text of a packet filter must not mean anything else there.
 */
import { BlockList, isIPv6 } from 'node:net';
import { HostError } from '../native/host-error.ts';
import type { QueuePlanOptions } from './queue-plan.ts';

/** Name of an instance: short enough that the names of its chains fit into 28 characters. */
const ID = /^[A-Za-z0-9_]{1,12}$/;
/** Names that mean themselves in every packet filter: `+` and `*` at the end are wildcards there. */
const INTERFACE = /^[A-Za-z0-9_@.-]{1,15}$/;
/** Every packet is compared with every address, so there is an end to them. */
const MAX_ADDRESSES = 1000;
const MAX_QUEUE = 65_535;
const MAX_QUEUES = 64;

/**
 * The options with prefixes written out, each once, none inside another.
 * @throws HostError (ERR_HOST_OPTION)
 */
export function checkedOptions(options: QueuePlanOptions): QueuePlanOptions {
  const { id, place, hook, queues } = options;
  checkId(id);
  const protectedAgents = prefixes('protectedAgents', options.protectedAgents);
  const homePrefixes = prefixes('homePrefixes', options.homePrefixes);
  const correspondents = prefixes('correspondents', options.correspondents ?? []);
  if (place.length === 0) {
    refuse('place is empty', 'Expected: home-agent, access-link or correspondent.');
  }
  if (place.includes('home-agent') && protectedAgents.length === 0) {
    refuse(
      'in front of a home agent protectedAgents is empty',
      'Name the addresses of the agents.',
    );
  }
  if (place.includes('correspondent') && correspondents.length === 0) {
    refuse(
      'in front of correspondents the list of them is empty',
      'Name their addresses or prefixes.',
    );
  }
  if (hook === 'local' && place.includes('access-link')) {
    refuse(
      'an access link has no place in packets of the machine itself (hook local)',
      'Use the hook bridge, or routed on its router.',
    );
  }
  if (!isIn(queues.first, 0, MAX_QUEUE) || !isIn(queues.count, 1, MAX_QUEUES)) {
    refuse(
      `queues ${queues.first} and ${queues.count - 1} more are out of range`,
      `Expected: a first number of 0 to ${MAX_QUEUE}, and 1 to ${MAX_QUEUES} of them.`,
    );
  }
  if (queues.first + queues.count - 1 > MAX_QUEUE) {
    refuse(`the last queue is above ${MAX_QUEUE}`, 'Begin with a lower number.');
  }
  const { ports, ...others } = options;
  const checked = { ...others, protectedAgents, homePrefixes, correspondents };
  // No interface at all is as good as no list.
  if (ports === undefined || ports.outside.length + ports.inside.length === 0) return checked;
  checkPorts(ports, hook);
  return { ...checked, ports };
}

/** @throws HostError (ERR_HOST_OPTION) when it is no name of an instance */
export function checkId(id: string): void {
  if (ID.test(id)) return;
  refuse(`'${id}' is no name of an instance`, 'Expected: 1 to 12 letters, digits and _.');
}

function checkPorts(
  { outside, inside }: NonNullable<QueuePlanOptions['ports']>,
  hook: QueuePlanOptions['hook'],
): void {
  const names = [...outside, ...inside];
  for (const name of names) {
    if (!INTERFACE.test(name)) {
      refuse(
        `'${name}' is no name of an interface for a packet filter`,
        'Expected: 1 to 15 letters, digits and _ @ . -',
      );
    }
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    refuse(`the interface ${twice} is named twice`, 'A port is outside or inside, not both.');
  }
  const isComplete = hook === 'local' ? names.length > 0 : outside.length * inside.length > 0;
  if (isComplete) return;
  refuse(
    'ports are named for one side only',
    'Name interfaces outside and inside, or leave ports out.',
  );
}

/** Checks and completes addresses, and leaves out what is inside another. */
function prefixes(field: string, texts: readonly string[]): string[] {
  if (texts.length > MAX_ADDRESSES) {
    refuse(
      `${field} has ${texts.length} entries; ${MAX_ADDRESSES} are the limit`,
      'Name prefixes instead of single addresses.',
    );
  }
  const all = texts.map((text) => {
    const [address = '', length = '128', ...more] = text.split('/');
    const octets = isIPv6(address) && !address.includes('%');
    if (!octets || more.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > 128) {
      refuse(
        `${field}: '${text}' is no IPv6 address or prefix`,
        'Expected: 2001:db8::1 or 2001:db8:1::/48',
      );
    }
    const list = new BlockList();
    list.addSubnet(address, Number(length), 'ipv6');
    return { address, length: Number(length), list };
  });
  // Wider ones first, so that one look is enough.
  const kept: typeof all = [];
  for (const prefix of all.toSorted((a, b) => a.length - b.length)) {
    if (!kept.some(({ list }) => list.check(prefix.address, 'ipv6'))) kept.push(prefix);
  }
  return all
    .filter((prefix) => kept.includes(prefix))
    .map(({ address, length }) => `${address}/${length}`);
}

function isIn(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function refuse(message: string, hint: string): never {
  throw new HostError('ERR_HOST_OPTION', `packet filter: ${message}`, { hint });
}
