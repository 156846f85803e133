import { describe, expect, it } from 'vitest';
import {
  bitsOf,
  bytesField,
  flags,
  layout,
  reserved,
  uint16,
  uint8,
} from '../../../dissectors/core/layout.ts';
import { octetsOf } from '../hex.ts';

const table = layout({
  name: 'Test',
  spec: { rfc: 8200, section: '3' },
  fields: [
    uint8('kind', { label: 'Kind', filter: 't.kind', values: [{ value: 1, name: 'one' }] }),
    flags(4, 'word', {
      label: 'Word',
      filter: 't.word',
      bits: {
        top: { mask: 0x80000000, label: 'Top (T)', filter: 't.top' },
        number: { mask: 0x00ff0000, label: 'Number', filter: 't.number' },
        named: {
          mask: 0x18,
          label: 'Named',
          filter: 't.named',
          values: [{ value: 3, name: 'three' }],
        },
      },
    }),
    reserved(1, 'reserved', 't.reserved'),
    bytesField('rest', 'prefix', { label: 'Prefix', filter: 't.prefix', show: 'prefix' }),
  ],
});

describe('a table of fields', () => {
  const bytes = octetsOf('01 80ab0018 00 20010db800000001');

  it('shows one bit as a flag, several bits as a number, named when it has a name', () => {
    const [, word] = table.tree(bytes, 0, bytes.length, 0);
    expect(word?.children.map(({ name, text, value }) => [name, text, value])).toEqual([
      ['t.top', 'set', 1],
      ['t.number', '171', 0xab],
      ['t.named', '3 (three)', 3],
    ]);
    expect(word?.text).toBe('0x80ab0018 (Top (T), Number 171, Named 3)');
  });

  it('shows part of an address as a prefix, and no line for octets that are not there', () => {
    const nodes = table.tree(bytes, 0, bytes.length, 0);
    expect(nodes.at(-1)).toMatchObject({ text: '2001:db8:0:1::', length: 8 });
    expect(table.tree(bytes, 0, 6, 0).at(-1)?.name).toBe('t.reserved');
  });

  it('cuts bits out of a word', () => {
    expect(bitsOf(0x80000000, 0x80000000)).toBe(1);
    expect(bitsOf(0xffffffff, 0xf0000000)).toBe(15);
    expect(bitsOf(0x1234, 0x0ff0)).toBe(0x23);
  });

  it('leaves zero reserved octets out of the value and keeps others', () => {
    expect(table.decode(bytes, 0, bytes.length)).toEqual({
      kind: 1,
      word: 0x80ab0018,
      prefix: octetsOf('20010db800000001'),
    });
    const value = table.decode(bytes.with(5, 7), 0, bytes.length);
    expect(value?.reserved).toEqual(Uint8Array.of(7));
    expect(table.reservedIsZero(bytes, 0, bytes.length)).toBe(true);
    expect(table.reservedIsZero(bytes.with(5, 7), 0, bytes.length)).toBe(false);
    expect(table.reservedIsZero(bytes.with(4, 1), 0, bytes.length)).toBe(false);
  });

  it.each([
    ['8 octets', '3 (24 octets)'],
    ['8 octets, without the first 8', '3 (32 octets)'],
    ['4 octets, minus 2', '3 (20 octets)'],
    ['octets', '3 octets'],
    ['4 s', '3 (12 s)'],
  ])('shows a number of units of %s as what it counts', (unit, text) => {
    const row = layout({
      name: 'Unit',
      fields: [uint8('n', { label: 'Number', filter: 'u.n', unit })],
    });
    expect(row.tree(Uint8Array.of(3), 0, 1, 0)[0]?.text).toBe(text);
  });

  it('refuses values that do not fit, and names the field', () => {
    const value = { kind: 1, word: 0, prefix: new Uint8Array() };
    expect(() => table.encode({ ...value, kind: 256 })).toThrow('t.kind: expected an integer');
    expect(() => table.encode({ ...value, word: -1 })).toThrow('t.word');
    expect(() => table.encode({ ...value, reserved: new Uint8Array(2) })).toThrow('t.reserved');
    const short = layout({
      name: 'Short',
      fields: [uint16('port', { label: 'Port', filter: 's.port' })],
    });
    expect(short.decode(bytes, 0, 1)).toBeUndefined();
    expect(short.spec).toBeUndefined();
  });
});
