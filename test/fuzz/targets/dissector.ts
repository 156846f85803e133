/**
 * The field tree of a frame. The first octet of an input chooses the link type.
 */
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { dissect, summarize } from '../../../dissectors/index.ts';
import { PacketVerifier } from '../../../engine/verification/packet-verifier.ts';
import { generatedPackets } from '../../dissectors/oracle/generated/index.ts';
import { fixtureFrames } from '../seeds.ts';
import { must } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

const LINK_TYPES = [1, 101, 229, 0, 9, 12, 14, 50, 108, 113, 228, 276];
/** Lines of a tree of a 4 KiB frame: each octet may be some lines (flag bits), never many. */
const LINES_PER_OCTET = 40;
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

function check(found: Dissection, octets: number): void {
  let lines = 0;
  const visit = (node: FieldNode): void => {
    lines++;
    const room = found.sources[node.source]?.bytes.length ?? -1;
    const isInside = node.offset >= 0 && node.length >= 0 && node.offset + node.length <= room;
    must(isInside, `${node.name ?? node.label} at ${node.offset} leaves its octets`);
    must(!UNSAFE.test(node.text), `${node.name ?? node.label} holds a control character`);
    must(!UNSAFE.test(node.label), `the label of ${node.name ?? '-'} holds a control character`);
    for (const child of node.children) visit(child);
  };
  for (const node of found.nodes) visit(node);
  must(lines <= 200 + octets * LINES_PER_OCTET, `${lines} lines of ${octets} octets`);
  for (const { offset, length, source, detail, code } of found.diagnostics) {
    const room = found.sources[source]?.bytes.length ?? -1;
    must(offset >= 0 && length >= 0 && offset + length <= room, `${code} leaves its octets`);
    must(detail === undefined || !UNSAFE.test(detail), `${code} holds a control character`);
  }
  const { info, source, destination, protocol } = summarize(found);
  must(
    !UNSAFE.test(info + source + destination + protocol),
    'the summary holds a control character',
  );
}

/** Dissects frames and packets in the clear. */
export const dissector: FuzzTarget = {
  name: 'dissector',
  words: [
    Uint8Array.of(0x86, 0xdd, 0x60, 0, 0, 0),
    Uint8Array.of(60, 0),
    Uint8Array.of(0xc9, 16),
    Uint8Array.of(43, 2, 2, 1),
    Uint8Array.of(44, 0, 0, 1),
    Uint8Array.of(59, 3, 5),
    Uint8Array.of(0x10, 0x5f),
    Uint8Array.of(0x11, 0x94),
  ],
  seeds: () =>
    fixtureFrames().map(({ bytes, linkType }) =>
      Uint8Array.of(Math.max(0, LINK_TYPES.indexOf(linkType)), ...bytes),
    ),
  moreSeeds: () =>
    generatedPackets().map(({ bytes, linkType }) =>
      Uint8Array.of(Math.max(0, LINK_TYPES.indexOf(linkType)), ...bytes),
    ),
  run(input) {
    const linkType = LINK_TYPES[(input[0] ?? 0) % LINK_TYPES.length] ?? 1;
    const frame = input.subarray(1);
    const verifier = new PacketVerifier();
    const options = { linkType, originalLength: frame.length, reassembled: frame, verifier };
    check(
      dissect(frame, 0, frame.length, {
        ...options,
        openEsp: (bytes, offset, end) => ({
          bytes: bytes.slice(Math.min(end, offset + 8), end),
          ivLength: 0,
          icvLength: 0,
          icv: 'not-checked',
        }),
      }),
      frame.length,
    );
    check(
      dissect(frame, 0, frame.length, { linkType, originalLength: frame.length + 40 }),
      frame.length,
    );
  },
};
