/**
 * Mobility Header, ICMPv6 and the header walk: what is read must not depend on the octets around, and what was
 * decoded must encode to the same octets.
 */
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import {
  decodeIcmpv6,
  decodeMobilityHeader,
  encodeIcmpv6,
  encodeMobilityHeader,
  Ipv6View,
  walkIpv6,
} from '../../../dissectors/index.ts';
import { fixtureFrames } from '../seeds.ts';
import { must } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

const ANYWHERE = new Uint8Array(16);
/** Octets put before and behind an input. */
const MARGIN = 64;

/** The input between octets of one value: whoever reads beyond it reads something else each time. */
function surrounded(input: Uint8Array, value: number): Uint8Array {
  const all = new Uint8Array(input.length + 2 * MARGIN).fill(value);
  all.set(input, MARGIN);
  return all;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item instanceof Uint8Array ? Array.from(item) : item,
  );
}

function bothSides(
  input: Uint8Array,
  read: (bytes: Uint8Array, offset: number, end: number) => unknown,
): void {
  const [zeros, ones] = [0, 0xff].map((value) => {
    const bytes = surrounded(input, value);
    return text(read(bytes, MARGIN, MARGIN + input.length));
  });
  must(zeros === ones, 'what is read depends on octets outside');
}

function mobility(bytes: Uint8Array, offset: number, end: number): unknown {
  const diagnostics = new DiagnosticList();
  return {
    header: decodeMobilityHeader(bytes, offset, end, diagnostics),
    items: diagnostics.items,
  };
}

function icmpv6(bytes: Uint8Array, offset: number, end: number): unknown {
  const diagnostics = new DiagnosticList();
  return { message: decodeIcmpv6(bytes, offset, end, diagnostics), items: diagnostics.items };
}

function walk(bytes: Uint8Array, offset: number, end: number): unknown {
  const view = new Ipv6View();
  const isPacket = walkIpv6(bytes, offset, end, false, view);
  const { upperProtocol, upperOffset, upperEnd, homeAddress, routingHomeAddress, esp } = view;
  must(!isPacket || (upperOffset <= end && upperEnd <= end), 'the walk leaves the packet');
  const fields = [upperProtocol, upperOffset, upperEnd, homeAddress, routingHomeAddress, esp];
  return isPacket ? { fields, items: view.diagnostics.items } : {};
}

function sameOctets(input: Uint8Array, offset: number, output: Uint8Array, what: string): void {
  const isSame = output.every((octet, i) => octet === input[offset + i]);
  must(isSame, `${what} encodes to other octets`);
}

/** Decoders that make values, and the header walk. */
export const decoders: FuzzTarget = {
  name: 'decoders',
  words: [
    Uint8Array.of(59, 3, 5),
    Uint8Array.of(5, 12),
    Uint8Array.of(0xc9, 16),
    Uint8Array.of(45, 6),
  ],
  seeds: () =>
    fixtureFrames()
      .filter(({ linkType, bytes }) => linkType === 1 && bytes[12] === 0x86)
      .map(({ bytes }) => {
        const view = new Ipv6View();
        walkIpv6(bytes, 14, bytes.length, false, view);
        const isUpper = view.upperProtocol === 135 || view.upperProtocol === 58;
        return isUpper ? bytes.slice(view.upperOffset, view.upperEnd) : bytes.slice(14);
      }),
  run(input) {
    bothSides(input, mobility);
    bothSides(input, icmpv6);
    bothSides(input, walk);
    const header = decodeMobilityHeader(input, 0, input.length, new DiagnosticList());
    if (header !== undefined && header.length <= input.length && input[3] === 0) {
      const { message, options, payloadProto, headerLength, checksum } = header;
      const last = header.optionOffsets.length;
      const encoded = encodeMobilityHeader(message, options.slice(0, last), {
        source: ANYWHERE,
        destination: ANYWHERE,
        padding: 'as-given',
        payloadProto,
        headerLength,
        checksum,
      });
      sameOctets(input, 0, encoded, 'a Mobility Header');
    }
    const message = decodeIcmpv6(input, 0, input.length, new DiagnosticList());
    if (message !== undefined) {
      const checksum = ((input[2] ?? 0) << 8) | (input[3] ?? 0);
      const how = { source: ANYWHERE, destination: ANYWHERE, checksum };
      sameOctets(input, 0, encodeIcmpv6(message, how), 'an ICMPv6 message');
    }
  },
};
