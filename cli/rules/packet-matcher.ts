/**
 * Asks the filters of the operator's rules about packets. A tree is made only of packets that one of them may want.
 */
import type { FieldNode } from '../../dissectors/index.ts';
import { neededProtocols } from '../../engine/filter/needed-protocols.ts';
import { fieldSource } from '../../engine/filter/source.ts';
import type { FieldSource } from '../../engine/filter/source.ts';
import { ValueList } from '../../engine/filter/values.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import type { MatchedPacket, PacketMatcher } from '../../engine/rules/packet-matcher.ts';
import type { AnyIkeSecret } from '../../engine/ike/secret.ts';
import type { SecurityAssociation } from '../../engine/state/security-association.ts';
import { NO_VERIFICATION_KEYS } from '../../engine/verification/keys.ts';
import type { VerificationKeys } from '../../engine/verification/keys.ts';
import { packetOpeners } from '../openers.ts';
import type { PacketOpeners } from '../openers.ts';
import { PacketViews, allNodes } from '../read/packet-view.ts';
import { PlainPackets } from '../read/plain-packets.ts';
import type { LocalRule } from './rule-file.ts';

const UNSPECIFIED = new Uint8Array(16);

/** The matcher of one run; packets must come in order. */
export class FilterMatcher implements PacketMatcher {
  readonly #rules: readonly LocalRule[];
  readonly #views: PacketViews;
  readonly #plain: PlainPackets;
  readonly #values = new ValueList();

  /**
   * @param openers for ESP and IKE, of this run alone
   * @param interfaces of the source; may grow
   */
  constructor(
    rules: readonly LocalRule[],
    openers: PacketOpeners,
    interfaces: readonly CaptureInterface[],
    verification: VerificationKeys,
  ) {
    this.#rules = rules;
    this.#views = new PacketViews(openers, interfaces, undefined, verification);
    this.#plain = new PlainPackets(neededOf(rules), openers.opensEsp);
  }

  match(record: PacketRecord): MatchedPacket | undefined {
    if (this.#plain.lacks(record)) {
      this.#views.passOver(record);
      return undefined;
    }
    const view = this.#views.next(record);
    const { sources } = view.dissection;
    const nodes = allNodes(view);
    const source = fieldSource(nodes, sources);
    const matches = this.#rules
      .filter(({ filter }) => filter.matches(source))
      .map((rule) => ({ ruleId: rule.definition.id, value: this.#valueOf(rule, source) }));
    return matches.length === 0 ? undefined : { ...addressesOf(nodes), matches };
  }

  #valueOf({ countedBy }: LocalRule, source: FieldSource): string {
    const values = this.#values;
    values.clear();
    for (const name of countedBy) source.collect(name, 'text', values);
    return values.length === 0 ? '' : values.text(0);
  }
}

/** What a run has keys for. */
interface RunKeys {
  readonly associations: readonly SecurityAssociation[];
  readonly ike: readonly AnyIkeSecret[];
  readonly verification?: VerificationKeys;
}

/** The matcher of a run; undefined when there are no rules of the operator. @param interfaces may grow */
export function filterMatcher(
  rules: readonly LocalRule[],
  { associations, ike, verification = NO_VERIFICATION_KEYS }: RunKeys,
  interfaces: readonly CaptureInterface[],
): PacketMatcher | undefined {
  if (rules.length === 0) return undefined;
  return new FilterMatcher(rules, packetOpeners(associations, ike), interfaces, verification);
}

/** Protocols of which a packet must have one, for any of the filters; undefined when it may be any packet. */
function neededOf(rules: readonly LocalRule[]): ReadonlySet<string> | undefined {
  const all = rules.map(({ filter }) => neededProtocols(filter.root));
  const known = all.filter((found) => found !== undefined);
  return known.length < all.length ? undefined : new Set(known.flatMap((found) => [...found]));
}

/** Addresses of the outermost IP header. */
function addressesOf(nodes: readonly FieldNode[]): Omit<MatchedPacket, 'matches'> {
  const found = new Map<string, FieldNode>();
  collect(nodes, found);
  const octets = (name: string): Uint8Array | undefined => {
    const value = found.get(name)?.value;
    return value instanceof Uint8Array ? value : undefined;
  };
  const outermost = nodes.find(({ name }) => name === 'ipv6' || name === 'ip')?.name;
  const place = (six: string, four: string): Uint8Array =>
    outermost === 'ip' ? mapped(octets(four)) : (octets(six) ?? UNSPECIFIED);
  const hopLimit = found.get(outermost === 'ip' ? 'ip.ttl' : 'ipv6.hlim')?.value;
  return {
    source: place('ipv6.src', 'ip.src'),
    destination: place('ipv6.dst', 'ip.dst'),
    homeAddressOption: octets('ipv6.opt.mipv6.home_address'),
    routingHomeAddress: octets('ipv6.routing.mipv6.home_address'),
    hopLimit: typeof hopLimit === 'number' ? hopLimit : 0,
  };
}

const WANTED: ReadonlySet<string> = new Set([
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ipv6.opt.mipv6.home_address',
  'ipv6.routing.mipv6.home_address',
]);

/** The first field of each wanted name, in order of the packet. */
function collect(nodes: readonly FieldNode[], found: Map<string, FieldNode>): void {
  for (const node of nodes) {
    const { name, children } = node;
    if (name !== undefined && WANTED.has(name) && !found.has(name)) found.set(name, node);
    if (children.length > 0) collect(children, found);
  }
}

/** IPv4-mapped address. RFC 4291 section 2.5.5.2. */
function mapped(address: Uint8Array | undefined): Uint8Array {
  if (address?.length !== 4) return UNSPECIFIED;
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(address, 12);
  return bytes;
}
