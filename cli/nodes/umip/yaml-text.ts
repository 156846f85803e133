/**
 * Pieces of YAML for configurations that are made.
 */
import { formatAddress, formatPrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import type { UmipPolicy, UmipPolicySet } from './settings.ts';

/** Lines of the section `ipsec` for a set of policies; without any, the protection that RFC 6275 demands. */
export function protectionLines(set: UmipPolicySet | undefined): string[] {
  const policies = set?.policies ?? [];
  const find = (...kinds: readonly UmipPolicy['kind'][]): UmipPolicy | undefined =>
    policies.find(({ kind }) => kinds.includes(kind));
  const binding = find('HomeRegBinding', 'Mh', 'any');
  const has = (...kinds: readonly UmipPolicy['kind'][]): string =>
    find(...kinds) === undefined ? 'none' : 'esp';
  const isWide = find('Mh', 'ICMP', 'any') !== undefined;
  return [
    `bindingUpdates: ${binding?.protocol === 'ah' ? 'ah-transport' : 'esp-transport'}`,
    `prefixDiscovery: ${has('MobPfxDisc', 'ICMP', 'any')}`,
    `homeTests: ${has('TunnelHomeTesting', 'TunnelMh', 'TunnelPayload')}`,
    `payload: ${has('TunnelPayload')}`,
    `granularity: ${isWide ? 'protocol' : 'message-type'}`,
  ];
}

/** An address with nothing behind the prefix. */
export function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((octet, at) => (at * 8 < length ? octet : 0));
}

/** Prefixes as a list in a line. */
export function listText(prefixes: readonly Prefix[]): string {
  return `[${prefixes.map((each) => scalar(formatPrefix(each))).join(', ')}]`;
}

/** Without quotes it would be something else: a colon at an end is a key to YAML. */
export function addressText(address: Uint8Array): string {
  return scalar(formatAddress(address));
}

/** Text that YAML takes as text. */
export function scalar(text: string): string {
  const isPlain =
    /^[a-z\d/][\w./:-]*[\w]$/i.test(text) &&
    !/^[\d.+-]+(?:e[\d+-]+)?$|^0[xo]|^(?:true|false|null|yes|no|on|off)$/i.test(text) &&
    !text.includes(': ');
  return isPlain ? text : JSON.stringify(text);
}
