/**
 * Every row of the wire formats, as tables made by hand from the RFCs have it: read, shown and written again.
 */
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import type { NamedValue } from '../../dissectors/core/layout.ts';
import type { FieldNode } from '../../dissectors/core/node.ts';
import { dissect } from '../../dissectors/dissect.ts';
import { dhcpv6Options } from '../../dissectors/dhcpv6/options.ts';
import { decodeIcmpv6, encodeIcmpv6, icmpv6Tree } from '../../dissectors/icmpv6/index.ts';
import { CONFIGURATION_ATTRIBUTE_NAMES } from '../../dissectors/ike/names/configuration.ts';
import {
  IKEV1_EXCHANGE_NAMES,
  IKEV2_EXCHANGE_NAMES,
  PAYLOAD_NAMES,
} from '../../dissectors/ike/names/message.ts';
import { IKEV2_NOTIFY_NAMES } from '../../dissectors/ike/names/notify.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { mobilityOptions } from '../../dissectors/mobility/options/index.ts';
import { hexOf, octetsOf } from './hex.ts';
import { decodeOctets, nodesOf } from './mobility/decoded.ts';
import { readOption } from './mobility/options-b-place.ts';
import { CODE_ROWS } from './registry/codes.ts';
import {
  DHCPV6_ROWS,
  ENCAPSULATION_ROWS,
  ICMPV6_ROWS,
  IKE_NUMBERS,
  ND_MESSAGES,
  ND_OPTION_ROWS,
  PMIPV6_CONTROL,
} from './registry/layers.ts';
import { FLAG_ROWS, LEAST_HEADER_LENGTH, MESSAGE_ROWS } from './registry/messages.ts';
import { CIVIC_TYPES, OPTION_ROWS, SUB_OPTION_ROWS, TAKE_ANY_OPTION } from './registry/options.ts';
import type { Expected, OptionRow } from './registry/options.ts';
import { ICMPV6_VECTORS, ip } from './vectors.ts';
import { VECTORS } from './icmpv6/vectors.ts';

/** An ICMPv6 message in an IPv6 packet. */
const icmpv6Packet = (hex: string): Uint8Array => {
  const message = octetsOf(hex);
  const header = octetsOf(`60000000 0000 3a ff ${'00'.repeat(32)}`);
  header[5] = message.length;
  return Uint8Array.of(...header, ...message);
};
const NOWHERE = new Uint8Array(16);
/** MH types that are assigned. */
const MH_TYPES = Array.from({ length: 24 }, (_, i) => i);

/** A decoded value in the form of the tables: octets as hexadecimal text, records without their kind. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'kind' && key !== 'options');
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** Names without what writers put in differently. */
const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, ' ');

/** Nodes of a tree, in depth. */
function all(nodes: readonly FieldNode[]): FieldNode[] {
  return nodes.flatMap((node) => [node, ...all(node.children)]);
}

/** An offset that the alignment of a row asks for. */
const placeOf = ({ align }: OptionRow): number => align?.[1] ?? 0;
const firstMessage = ({ messages = [5] }: OptionRow): number => messages[0] ?? 5;
const read = (row: OptionRow, mhType = firstMessage(row), place = placeOf(row)) =>
  readOption(row.hex, mhType, place);

describe('mobility options', () => {
  it('are all those that are assigned', () => {
    const types = Array.from({ length: 70 }, (_, i) => i + 1);
    expect(OPTION_ROWS.map(({ type }) => type)).toEqual(types);
    expect([...mobilityOptions.definitions.keys()].sort((a, b) => a - b)).toEqual(types);
  });

  describe.each(OPTION_ROWS)('$type $name', (row) => {
    const { type, name, align, lengths, messages, repeats, hex, fields } = row;
    const bytes = octetsOf(hex);

    it('is read to its values and written to the same octets', () => {
      const { option, codes } = read(row);
      expect(codes).toEqual([]);
      expect(plain(option)).toEqual(fields satisfies Record<string, Expected>);
      if (option === undefined) throw new Error('not read');
      expect(hexOf(mobilityOptions.encode([option], placeOf(row), 'as-given'))).toBe(hexOf(bytes));
    });

    it('has its name in the tree', () => {
      const [node] = mobilityOptions.tree(bytes, 0, bytes.length, 0);
      expect(node?.label).toBe(`Mobility option: ${name}`);
      expect(node?.spec).toBeDefined();
    });

    it('has its alignment', () => {
      for (let place = 0; place < 8; place++) {
        const isAligned = align === undefined || place % align[0] === align[1];
        expect(read(row, firstMessage(row), place).codes).toEqual(
          isAligned ? [] : ['OPTION_ALIGNMENT'],
        );
      }
    });

    it('has its lengths', () => {
      expect(mobilityOptions.definitions.get(type)?.lengths).toEqual(lengths);
    });

    it('may stand in its messages, and in no others', () => {
      const wrong = MH_TYPES.filter((mhType) => {
        const { codes } = read(row, mhType);
        return codes.includes('OPTION_NOT_ALLOWED');
      });
      const right = messages === undefined ? MH_TYPES : [...messages, ...TAKE_ANY_OPTION];
      expect(wrong).toEqual(MH_TYPES.filter((mhType) => !right.includes(mhType)));
    });

    it('is repeated where the document has it repeated', () => {
      const padding = '00'.repeat((8 - (bytes.length % 8)) % 8);
      const twice = readOption(`${hex} ${padding} ${hex}`, firstMessage(row), placeOf(row));
      expect(twice.codes.includes('OPTION_DUPLICATE')).toBe(repeats !== true);
    });
  });
});

it('a Binding Identifier has an address in the messages that set a binding or move a flow', () => {
  const hex = '23 08 0001 00 00 c0000201';
  // RFC 5648 section 4.3; RFC 7109 section 4.5.
  expect(readOption(hex, 5, 2).codes).toEqual([]);
  expect(readOption(hex, 21, 2).codes).toEqual([]);
  expect(readOption(hex, 6, 2).codes).toEqual(['OPTION_VALUE']);
});

describe('sub-options and attributes', () => {
  const assigned: readonly (readonly [within: number, types: number])[] = [
    [45, 5],
    [52, 6],
    [58, 11],
    [62, 2],
  ];
  it.each(assigned)('of option %i are all those that are assigned', (within, types) => {
    const rows = SUB_OPTION_ROWS.filter((row) => row.within === within);
    expect([...new Set(rows.map(({ type }) => type))]).toEqual(
      Array.from({ length: types }, (_, i) => i + 1),
    );
  });

  it.each(SUB_OPTION_ROWS)(
    '$within $type $name is read, shown and written',
    ({ within, head, message, name, hex, fields }) => {
      const data = octetsOf(`${head} ${hex}`);
      const whole = hexOf(Uint8Array.of(within, data.length)) + hexOf(data);
      const place = within === 62 ? 2 : 0;
      const { option, codes } = readOption(whole, message, place);
      expect(codes).toEqual([]);
      if (option === undefined) throw new Error('not read');
      const value = plain(option) as Record<string, unknown>;
      expect(value['subOptions'] ?? value['attributes']).toEqual([fields]);
      expect(hexOf(mobilityOptions.encode([option], place, 'as-given'))).toBe(whole);
      const bytes = octetsOf(whole);
      const labels = all(mobilityOptions.tree(bytes, 0, bytes.length, 0)).map(({ label }) => label);
      expect(labels.some((label) => label.endsWith(name))).toBe(true);
    },
  );

  it('know every type of a civic address', () => {
    const elements = CIVIC_TYPES.map((type) => `${hexOf(Uint8Array.of(type))}0161`).join('');
    const data = `0000 4445 ${elements}`;
    const inner = octetsOf(data).length;
    const whole = `34 ${hexOf(Uint8Array.of(inner + 2))} 04 ${hexOf(Uint8Array.of(inner))} ${data}`;
    expect(readOption(whole, 5).codes).toEqual([]);
  });
});

describe('mobility messages', () => {
  it('are all those that are assigned', () => {
    expect([...new Set(MESSAGE_ROWS.map(({ type }) => type))]).toEqual(MH_TYPES);
  });

  it.each(MESSAGE_ROWS)('$type $name is read, shown and written', ({ name, hex, fields }) => {
    const bytes = octetsOf(hex);
    const { header, findings, tree } = decodeOctets(bytes);
    expect(findings).toEqual([]);
    if (header === undefined) throw new Error('not read');
    expect(plain(header.message)).toEqual(fields);
    expect(tree.text.startsWith(name)).toBe(true);
    const how = {
      source: NOWHERE,
      destination: NOWHERE,
      padding: 'as-given',
      checksum: 0,
    } as const;
    expect(hexOf(encodeMobilityHeader(header.message, header.options, how))).toBe(hexOf(bytes));
  });

  it.each(LEAST_HEADER_LENGTH)('%i needs a Header Len of %i', (type, least) => {
    const found = (headerLength: number) => {
      const bytes = new Uint8Array(8 * headerLength + 8);
      bytes.set([59, headerLength, type]);
      const list = new DiagnosticList();
      decodeMobilityHeader(bytes, 0, bytes.length, list);
      return list.items.map(({ code }) => code);
    };
    expect(found(least - 1)).toContain('MH_TRUNCATED');
    expect(found(least)).not.toContain('MH_TRUNCATED');
  });

  it.each(FLAG_ROWS)('have the flag $letter in a $about', ({ hex, letter }) => {
    const flags = all([decodeOctets(octetsOf(hex)).tree]).filter(
      ({ label, text }) => /\([A-Z]\)$/.test(label) && text === 'set',
    );
    // Of a bulk update P has to be set as well.
    const letters = flags
      .map(({ label }) => label.at(-2))
      .filter((item) => item !== 'P' || letter === 'P');
    expect(letters).toEqual([letter]);
  });
});

describe.each(CODE_ROWS)('$about', ({ field, hex, width, values }) => {
  it.each(values)('%i is %s', (value, name) => {
    const { tree } = decodeOctets(octetsOf(hex(value.toString(16).padStart(2 * width, '0'))));
    const [node] = nodesOf(tree, field);
    expect(bare(node?.text ?? '')).toContain(bare(name));
  });
});

describe('ICMPv6', () => {
  const others = [...ICMPV6_VECTORS, ...VECTORS].map(({ hex }) => octetsOf(hex));
  const figures = Object.values(ND_MESSAGES).map(icmpv6Packet);
  const trees = [...others, ...figures].map((bytes) =>
    all(dissect(bytes, 0, bytes.length, { linkType: 101 }).nodes),
  );

  it.each(ICMPV6_ROWS)(
    'has octets of $name ($type) to be tested with',
    ({ type, subtype, name }) => {
      const field = subtype === undefined ? 'icmpv6.type' : 'icmpv6.fmip6.subtype';
      const found = trees
        .flat()
        .find((node) => node.name === field && node.value === (subtype ?? type));
      expect(found?.text).toBe(`${subtype ?? type} (${name})`);
    },
  );

  describe.each(ND_OPTION_ROWS)('option $type $name', ({ name, within, hex, lines }) => {
    const bytes = octetsOf(`${ND_MESSAGES[within]} ${hex}`);

    it('is read without a fault and written to the same octets', () => {
      const list = new DiagnosticList();
      const message = decodeIcmpv6(bytes, 0, bytes.length, list);
      // What else the message should have is not the option's fault.
      expect(list.items.filter(({ code }) => /^(ND_OPTION|RESERVED)/.test(code))).toEqual([]);
      if (message === undefined) throw new Error('not read');
      const written = encodeIcmpv6(message, { source: NOWHERE, destination: NOWHERE });
      written.fill(0, 2, 4);
      expect(hexOf(written)).toBe(hexOf(bytes));
    });

    it('is shown', () => {
      const nodes = all([icmpv6Tree(bytes, 0, bytes.length, 0)]);
      expect(nodes.map(({ label, text }) => `${label} ${text}`).join('\n')).toContain(name);
      const texts = nodes.map((node) => `${node.name ?? ''}: ${node.text}`).join('\n');
      for (const line of lines) expect(texts).toContain(line);
    });
  });
});

describe('encapsulations', () => {
  const inner = `60000000 0008 87 40 ${hexOf(ip('2001:db8::2'))} ${hexOf(ip('2001:db8::1'))} 3b00000000000000`;

  it.each(ENCAPSULATION_ROWS)('$name leads to the mobility message', ({ linkType, hex }) => {
    const bytes = octetsOf(`${hex} ${inner}`);
    const { nodes } = dissect(bytes, 0, bytes.length, { linkType });
    expect(nodes.at(-1)).toMatchObject({ name: 'mip6', text: 'Binding Refresh Request' });
  });

  it('UDP of Proxy Mobile IPv6 leads to a message without an IPv6 header', () => {
    const bytes = octetsOf(PMIPV6_CONTROL);
    const { nodes } = dissect(bytes, 0, bytes.length, { linkType: 101 });
    expect(nodes.map(({ name }) => name)).toEqual(['ip', 'udp', 'mip6']);
  });
});

describe('DHCPv6', () => {
  it.each(DHCPV6_ROWS)('option %i %s is read, shown and written', (_code, name, hex, text) => {
    const bytes = octetsOf(hex);
    const list = new DiagnosticList();
    const values = dhcpv6Options.decode(bytes, 0, bytes.length, list);
    expect(list.items).toEqual([]);
    expect(hexOf(dhcpv6Options.encode(values))).toBe(hexOf(bytes));
    const nodes = all(dhcpv6Options.tree(bytes, 0, bytes.length, 0));
    expect(nodes[0]?.label).toContain(name);
    expect(nodes.map((node) => node.text).join('\n')).toContain(text);
  });
});

describe('IKE', () => {
  const tables: readonly (readonly [
    what: string,
    rows: readonly (readonly [number, string])[],
    names: readonly NamedValue[],
  ])[] = [
    ['exchanges of version 2', IKE_NUMBERS.exchanges, IKEV2_EXCHANGE_NAMES],
    ['exchanges of version 1', IKE_NUMBERS.exchanges1, IKEV1_EXCHANGE_NAMES],
    ['payloads', IKE_NUMBERS.payloads, PAYLOAD_NAMES],
    ['notifications', IKE_NUMBERS.notifications, IKEV2_NOTIFY_NAMES],
    ['configuration attributes', IKE_NUMBERS.configuration, CONFIGURATION_ATTRIBUTE_NAMES],
  ];
  it.each(tables)('%s have their names', (_, rows, names) => {
    for (const [value, name] of rows) {
      expect(bare(names.find((item) => item.value === value)?.name ?? '')).toContain(bare(name));
    }
  });
});
