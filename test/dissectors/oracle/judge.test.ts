/**
 * The comparison itself: it must find what differs, or its agreement says nothing.
 */
import { describe, expect, it } from 'vitest';
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { octetsOf } from '../hex.ts';
import { Entries, compareFields } from './judge.ts';
import type { Difference, Entry } from './judge.ts';
import { packetsOfPdml } from './pdml.ts';
import { statementsOfLine } from './tcpdump-line.ts';

const status: FieldNode = {
  label: 'Status',
  name: 'mip6.ba.status',
  text: '2 (second)',
  value: 2,
  offset: 46,
  length: 1,
  source: 0,
  children: [],
};
const bit: FieldNode = { ...status, name: 'mip6.x', text: 'set', value: 1, mask: 0x80, length: 2 };
const word: FieldNode = {
  ...status,
  name: 'mip6.flags',
  text: '0x0080',
  value: 0x80,
  length: 2,
  children: [bit],
};

function ofNodes(...nodes: FieldNode[]): Dissection {
  return { sources: [{ label: 'Frame', bytes: octetsOf('00') }], nodes, diagnostics: [] };
}

const field = {
  name: 'mip6.ba.status',
  value: '2',
  offset: 46,
  length: 1,
  mask: 0,
  valueName: 'Second',
};

function kindsOf(ours: Dissection, ...fields: (typeof field)[]): string[] {
  const theirs = { fields, gaveUp: false };
  const { differences } = compareFields(ours, theirs, () => true, 'a test');
  return differences.map(({ name, kind }) => `${name} ${kind}`);
}

describe('comparing fields', () => {
  it('finds other values, lengths, names and places', () => {
    const ours = ofNodes(status);
    expect(kindsOf(ours, field)).toEqual([]);
    expect(kindsOf(ours, { ...field, value: '3' })).toEqual(['mip6.ba.status value']);
    expect(kindsOf(ours, { ...field, length: 2 })).toEqual(['mip6.ba.status length']);
    expect(kindsOf(ours, { ...field, valueName: 'First' })).toEqual(['mip6.ba.status name']);
    expect(kindsOf(ours, { ...field, offset: 47 })).toEqual([
      'mip6.ba.status only here',
      'mip6.ba.status only there',
    ]);
  });

  it('finds what one of both lacks', () => {
    expect(kindsOf(ofNodes(status))).toEqual(['mip6.ba.status only here']);
    expect(kindsOf(ofNodes(), field)).toEqual(['mip6.ba.status only there']);
  });

  it('takes the octets that bits lie in for the bits, and no others', () => {
    const inTheirs = { ...field, name: 'mip6.x', value: '1', offset: 47 };
    expect(kindsOf(ofNodes(word), inTheirs)).toEqual([]);
    expect(kindsOf(ofNodes(word), { ...inTheirs, offset: 46 })).toEqual(['mip6.x length']);
    expect(kindsOf(ofNodes(word), { ...inTheirs, value: '0' })).toEqual(['mip6.x value']);
  });
});

describe('the list of differences', () => {
  const entry: Entry = {
    names: ['mip6.a.*', 'mip6.b'],
    kinds: ['value', 'length'],
    about: /^this/,
    verdict: 'equal by other means',
    reason: 'for a test',
  };
  const difference: Difference = {
    name: 'mip6.a.b',
    kind: 'value',
    offset: 0,
    here: '1',
    there: '2',
    subject: 'this one',
    isLost: false,
    isDiagnosed: false,
  };

  it('explains a difference by name, kind and packet', () => {
    const entries = new Entries([entry]);
    expect(entries.find(difference)).toBe(entry);
    expect(entries.find({ ...difference, name: 'mip6.c' })).toBeUndefined();
    expect(entries.find({ ...difference, kind: 'only here' })).toBeUndefined();
    expect(entries.find({ ...difference, subject: 'that one' })).toBeUndefined();
  });

  it('tells names and kinds that explain nothing', () => {
    const entries = new Entries([entry]);
    entries.find(difference);
    expect(entries.unused(() => true)).toEqual(['mip6.b: for a test', 'length: for a test']);
  });
});

describe('reading what others say', () => {
  it('takes PDML apart: fields, names of values, warnings and where it ends', () => {
    const text = `<packet>
  <proto name="ipv6.dstopts" showname="Options" size="8" pos="40">
    <field name="mip6.ba.status" showname="Status: &quot;A&quot; &amp; B (2)" size="1" pos="46" show="2" value="02"/>
    <field name="_ws.expert" showname="Expert Info" size="0" pos="46">
      <field name="mip6.warned" showname="Warned" size="0" pos="0" show="" value=""/>
    </field>
  </proto>
  <proto name="_ws.malformed" showname="[Malformed]" size="0" pos="0"/>
</packet>
`;
    const [packet] = packetsOfPdml(text);
    expect(packet?.gaveUp).toBe(true);
    expect(packet?.fields.map(({ name }) => name)).toEqual([
      'ipv6.dstopts',
      'mip6.ba.status',
      'mip6.warned',
    ]);
    expect(packet?.fields[1]).toMatchObject({ value: '2', offset: 46, valueName: '"A" & B' });
    expect(packet?.fields[2]?.isExpert).toBe(true);
  });

  it('takes a line of tcpdump apart', () => {
    const line = 'IP6 2001:db8::1 > 2001:db8::2: mobility: BU seq#=1000 A lifetime=14400(pad1)';
    const values = statementsOfLine(line).map(({ name, value }) => `${name} ${value}`);
    expect(values).toEqual([
      'ipv6.src 2001:db8::1',
      'ipv6.dst 2001:db8::2',
      'mip6.mhtype 5',
      'mip6.bu.seqnr 1000',
      'mip6.bu.a_flag 1',
      'mip6.bu.h_flag 0',
      'mip6.bu.l_flag 0',
      'mip6.bu.k_flag 0',
      'mip6.bu.lifetime 3600',
    ]);
  });
});
