/**
 * All differences between tshark 4.0 and this project that are understood, and why. An entry that never applies
 * fails the test, so the list cannot rot.
 */
import type { Entry } from '../judge.ts';
import { captureEntries, outOfScopeEntries } from './captures.ts';
import { dhcpv6Entries } from './dhcpv6.ts';
import { icmpv6Entries } from './icmpv6.ts';
import { ikeEntries } from './ike.ts';
import { ipEntries } from './ip.ts';
import { mobilityMessageEntries } from './mobility-messages.ts';
import { mobilityOptionEntries } from './mobility-options.ts';
import { scapyEntries, tcpdumpEntries } from './others.ts';

/** Entries about tshark, by what they are about. */
export const SECTIONS: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  ['Mobility messages', mobilityMessageEntries],
  ['Mobility options', mobilityOptionEntries],
  ['ICMPv6 and neighbor discovery', icmpv6Entries],
  ['IKE', ikeEntries],
  ['DHCPv6', dhcpv6Entries],
  ['Links, IP, extension headers, IPsec, tunnels', ipEntries],
  ['In captures', captureEntries],
  ['Protocols beside mobility', outOfScopeEntries],
];

/** All entries about tshark; of two about one difference the first speaks. */
export const ENTRIES: readonly Entry[] = SECTIONS.flatMap(([, entries]) => entries);

/** Entries about the other dissectors. */
export const OTHER_SECTIONS: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  ['Scapy 2.5', scapyEntries],
  ['tcpdump', tcpdumpEntries],
];
