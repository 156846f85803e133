/**
 * Whether rules of others can meet what a gateway judges. In doubt they can.
 */
import { withoutStrings } from './nft-ruleset.ts';
import { withoutComment } from './saved-rules.ts';

/** Protocols that a gateway judges no packet of, by name and number: whoever names one means nothing else. */
const OTHERS = new Set(['tcp', '6', 'sctp', '132', 'udplite', '136', 'dccp', '33']);
/** Ports of UDP that matter. RFC 7296, RFC 3948, RFC 5555. */
const PORTS = /\b(?:500|4500|4191)\b/;

/** Whether a rule of `ip6tables-save` may match them. */
export function mayMatchSaved(rule: string): boolean {
  const text = withoutComment(rule);
  const [, not, protocol = ''] = /( !)? -p (\S+)/.exec(text) ?? [];
  if (protocol === '' || not !== undefined) return true;
  if (OTHERS.has(protocol)) return false;
  const ports = / --(?:[sd]ports?|ports) (\S+)/.exec(text)?.[1];
  return protocol !== 'udp' || ports === undefined || /[:!]/.test(ports) || PORTS.test(ports);
}

/** Whether a rule of `nft list ruleset` may match them. */
export function mayMatchNft(rule: string): boolean {
  const text = withoutStrings(rule);
  if (/\b(?:tcp|sctp|dccp|udplite|arp) (?!!=)\w/.test(text)) return false;
  if (
    /\b(?:ip [sd]addr|ip protocol|icmp type|(?:meta )?nfproto ipv4|(?:meta )?protocol (?:ip|arp)) ?/.test(
      text,
    )
  ) {
    return false;
  }
  if (/\bl4proto (?:tcp|6)\b/.test(text) || /\bip6 nexthdr (?:tcp|6)\b/.test(text)) return false;
  const ports = /\budp [sd]port (.*)/.exec(text)?.[1];
  return ports === undefined || /-|!=|@/.test(ports) || PORTS.test(ports);
}

/** Whether a rule of `ip6tables-save` makes the kernel track connections. */
export function isTrackingSaved(rule: string): boolean {
  const text = withoutComment(rule);
  return (
    / -m (?:conntrack|state|connmark|connbytes|connlimit|connlabel|helper|socket|cluster)\b/.test(
      text,
    ) ||
    / -j (?:CONNMARK|CONNSECMARK|SNAT|DNAT|MASQUERADE|REDIRECT|NETMAP|TPROXY|SYNPROXY)\b/.test(text)
  );
}

/** Whether a rule of `nft list ruleset` does. */
export function isTrackingNft(rule: string): boolean {
  const text = withoutStrings(rule);
  return /\bct (?!helper object)\w|\b(?:masquerade|snat|dnat|redirect|tproxy|synproxy)\b|\bflow add\b/.test(
    text,
  );
}

/** Numbers of queues that a rule of `ip6tables-save` sends packets to, first and last. */
export function queuesOfSaved(rule: string): readonly [first: number, last: number] | undefined {
  const text = withoutComment(rule);
  if (!/ -j NFQUEUE\b/.test(text)) return undefined;
  const [, first, last] = / --queue-(?:num|balance) (\d+)(?::(\d+))?/.exec(text) ?? [];
  return first === undefined ? [0, 0] : [Number(first), Number(last ?? first)];
}

/** The same of `nft list ruleset`. */
export function queuesOfNft(rule: string): readonly [first: number, last: number] | undefined {
  const [, first, last] =
    /\bqueue (?:flags \S+ )?(?:num |to )?(\d+)(?:-(\d+))?/.exec(withoutStrings(rule)) ?? [];
  return first === undefined ? undefined : [Number(first), Number(last ?? first)];
}
