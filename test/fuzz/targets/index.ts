/**
 * Everything that takes octets or text from outside; a new entry point is one entry.
 */
import type { FuzzTarget } from '../target.ts';
import { pcap, pcapng } from './captures.ts';
import { dissector } from './dissector.ts';
import { engine } from './engine.ts';
import { decoders } from './decoders.ts';
import { policies } from './policies.ts';
import { filter, keyFile, siteFile, yamlKeys } from './texts.ts';

/** All targets. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  dissector,
  decoders,
  engine,
  pcap,
  pcapng,
  filter,
  keyFile,
  policies,
  siteFile,
  yamlKeys,
];
