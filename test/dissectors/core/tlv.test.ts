import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import {
  bytesField,
  flags,
  ipv4,
  layout,
  list,
  reserved,
  tlvs,
  uint16,
  uint24,
  uint8,
  when,
} from '../../../dissectors/core/layout.ts';
import { tlv, tlvCodec } from '../../../dissectors/core/tlv.ts';
import { hexOf, octetsOf } from '../hex.ts';

const spec = { rfc: 6089, section: '4.2' };

/** A record that counts its own addresses. */
const record = layout({
  name: 'Record',
  spec,
  fields: [
    uint8('sources', { label: 'Sources', filter: 't.sources' }),
    reserved(1, 'reserved', 't.reserved'),
    list('addresses', {
      label: 'Addresses',
      of: layout({
        name: 'Source',
        fields: [ipv4('address', { label: 'Address', filter: 't.a' })],
      }),
      count: 'sources',
    }),
  ],
});

const inner = tlvCodec(
  {
    name: 'sub-option',
    spec,
    typeFilter: 't.sub.type',
    lengthFilter: 't.sub.len',
    dataFilter: 't.sub.data',
    hasPad1: true,
  },
  [
    tlv({
      kind: 'name',
      type: 1,
      name: 'Name',
      spec,
      fields: [
        uint8('nameLength', { label: 'Name length', filter: 't.namelen' }),
        bytesField({ by: 'nameLength' }, 'name', { label: 'Name', filter: 't.name', show: 'text' }),
        bytesField('rest', 'more', { label: 'More', filter: 't.more' }),
      ],
    }),
    tlv({
      kind: 'position',
      type: 3,
      name: 'Position',
      spec,
      lengths: [3],
      repeatable: false,
      fields: [
        uint24('latitude', {
          label: 'Latitude',
          filter: 't.latitude',
          signed: true,
          format: (value) => `${value / 32768}°`,
        }),
      ],
    }),
  ],
);

const table = layout({
  name: 'Table',
  spec,
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 't.flags',
      bits: {
        bulk: { mask: 0x40, label: 'Bulk (B)', filter: 't.b', when: (word) => (word & 1) === 1 },
        overwrite: {
          mask: 0x40,
          label: 'Overwrite (O)',
          filter: 't.o',
          when: (word) => (word & 1) === 0,
        },
        proxy: { mask: 0x01, label: 'Proxy (P)', filter: 't.p' },
      },
    }),
    when(({ flags: word = 0 }) => word > 1, uint16('port', { label: 'Port', filter: 't.port' })),
    when(({ flags: word = 0 }) => word === 1, list('records', { label: 'Records', of: record })),
    tlvs('subOptions', { label: 'Sub-options', codec: inner }),
  ],
});

function names(bytes: Uint8Array): string[] {
  const found: string[] = [];
  const visit = (nodes: ReturnType<typeof table.tree>): void => {
    for (const node of nodes) {
      found.push(`${node.name ?? node.label} ${node.text}`.trim());
      visit(node.children);
    }
  };
  visit(table.tree(bytes, 0, bytes.length, 0));
  return found;
}

describe('fields that depend on each other', () => {
  it('are there when earlier numbers say so, and re-encode to the same octets', () => {
    const bytes = octetsOf('40 0050 01 04 02 6162 ff');
    const value = table.decode(bytes, 0, bytes.length);
    expect(value).toEqual({
      flags: 0x40,
      port: 80,
      subOptions: [{ kind: 'name', nameLength: 2, name: octetsOf('6162'), more: octetsOf('ff') }],
    });
    if (value !== undefined) expect(hexOf(table.encode(value))).toBe(hexOf(bytes));
    expect(names(bytes)).toContain('t.o set');
    expect(names(bytes)).not.toContain('t.b set');
    expect(names(bytes)).toContain('t.name ab');
  });

  it('name one bit by the document that the other bits tell', () => {
    expect(names(octetsOf('41 0050'))).toContain('t.b set');
  });

  it('walks records that count their own addresses', () => {
    const bytes = octetsOf('01 0200 c0000201 c0000202 0000');
    const value = table.decode(bytes, 0, bytes.length);
    expect(value?.records?.map(({ addresses }) => addresses.length)).toEqual([2, 0]);
    if (value !== undefined) expect(hexOf(table.encode(value))).toBe(hexOf(bytes));
    expect(names(bytes)).toContain('t.a 192.0.2.2');
    expect(table.reservedIsZero(bytes, 0, bytes.length)).toBe(true);
    expect(table.reservedIsZero(bytes.with(2, 1), 0, bytes.length)).toBe(false);
  });

  it('does not fit when a record exceeds its container, and still shows what does', () => {
    const bytes = octetsOf('01 0200 c0000201 c00002');
    expect(table.measure(bytes, 0, bytes.length)).toBe(-1);
    expect(table.decode(bytes, 0, bytes.length)).toBeUndefined();
    expect(names(bytes)).toContain('t.flags 0x01 (Proxy (P))');
  });

  it('refuses to encode counts that the value contradicts', () => {
    const source = { address: octetsOf('c0000201') };
    expect(() => record.encode({ sources: 2, addresses: [source] })).toThrow('2 records, got 1');
  });
});

describe('sub-options', () => {
  it('show signed numbers in their unit and keep unknown and cut ones', () => {
    const bytes = octetsOf('00 00 03 03 ff8000 09 01 aa 03 02 1234 01 05 61');
    const diagnostics = new DiagnosticList();
    const value = table.decode(bytes, 0, bytes.length, diagnostics);
    expect(value?.subOptions).toEqual([
      { kind: 'pad1' },
      { kind: 'position', latitude: -32768 },
      { kind: 'unknown', type: 9, data: octetsOf('aa') },
      { kind: 'unknown', type: 3, data: octetsOf('1234') },
      { kind: 'malformed', data: octetsOf('010561') },
    ]);
    expect(diagnostics.items.map(({ code, offset }) => [code, offset])).toEqual([
      ['SUBOPTION_UNKNOWN', 7],
      ['SUBOPTION_LENGTH', 10],
      ['SUBOPTION_TRUNCATED', 14],
    ]);
    if (value !== undefined) expect(hexOf(table.encode(value))).toBe(hexOf(bytes));
    expect(names(bytes)).toContain('t.latitude -1°');
    expect(names(bytes)).toContain('t.sub.data 1234');
  });

  it('report one that may appear once and appears again', () => {
    const bytes = octetsOf('00 03 03 000000 03 03 000000');
    const diagnostics = new DiagnosticList();
    table.decode(bytes, 0, bytes.length, diagnostics);
    expect(diagnostics.items.map(({ code }) => code)).toEqual(['SUBOPTION_DUPLICATE']);
  });
});
