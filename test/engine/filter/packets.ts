/**
 * Packets of the bundled captures, as filters see them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { encodePcap } from '../../../dissectors/capture-file/index.ts';
import type { ByteSource, FieldNode } from '../../../dissectors/core/node.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { expertNodes, frameNode } from '../../../dissectors/frame.ts';
import { fieldSource } from '../../../engine/filter/source.ts';
import type { FieldSource } from '../../../engine/filter/source.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';

/** Captures of this project. */
export const CAPTURES = path.join(import.meta.dirname, '../../../fixtures/captures');

/** One packet. */
export interface FilteredPacket {
  /** 1-based, over all captures asked for. */
  readonly number: number;
  readonly nodes: readonly FieldNode[];
  readonly sources: readonly ByteSource[];
  readonly source: FieldSource;
}

interface Raw {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Time of the first packet, seconds since 1970. */
const START = 1_700_000_000;

/** Packets of captures, one capture after the other, as if captured one a second. */
export function rawPackets(names: readonly string[]): Raw[] {
  const packets = names.flatMap((name) => {
    const file = new Uint8Array(readFileSync(path.join(CAPTURES, name)));
    return collect(file).packets;
  });
  return packets.map(({ data, linkType, originalLength }, i) => {
    const bytes = new Uint8Array(Buffer.from(data, 'hex'));
    return { bytes, linkType, originalLength, seconds: START + i, nanoseconds: 1000 * i };
  });
}

/** Dissected packets of captures, numbered over all of them. */
export function packetsOf(names: readonly string[]): FilteredPacket[] {
  const raws = rawPackets(names);
  const [first] = raws;
  return raws.map((raw, i) => {
    const { bytes, linkType, originalLength, seconds, nanoseconds } = raw;
    const dissection = dissect(bytes, 0, bytes.length, { linkType, originalLength });
    const previous = raws[i - 1] ?? raw;
    const facts = { number: i + 1, seconds, nanoseconds, originalLength, linkType, previous };
    const frame = frameNode({ ...facts, ...(first === undefined ? {} : { first }) }, dissection);
    const nodes = [frame, ...dissection.nodes, ...expertNodes(dissection)];
    const { sources } = dissection;
    return { number: i + 1, nodes, sources, source: fieldSource(nodes, sources) };
  });
}

/** The same packets as one capture file; all have to be of one link type. */
export function captureOf(names: readonly string[]): Uint8Array {
  const raws = rawPackets(names);
  const linkType = raws[0]?.linkType ?? 1;
  if (raws.some((raw) => raw.linkType !== linkType)) throw new Error('captures of several links');
  return encodePcap(raws, { linkType });
}
