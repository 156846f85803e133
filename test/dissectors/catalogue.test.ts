import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueConflicts, fieldCatalogue } from '../../dissectors/catalogue.ts';
import type { FieldInfo } from '../../dissectors/catalogue.ts';
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import type { DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import { dissect } from '../../dissectors/dissect.ts';
import { expertNodes, frameNode } from '../../dissectors/frame.ts';
import { MOBILITY_MESSAGES } from '../../dissectors/mobility/header.ts';
import { mobilityOptions } from '../../dissectors/mobility/options/index.ts';
import { ndOptions } from '../../dissectors/icmpv6/index.ts';
import { collect } from './capture-file/collect.ts';
import { oraclePackets } from './oracle/packets.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const CAPTURES = [
  path.join(ROOT, 'fixtures'),
  // Public captures, where they are beside the project.
  path.join(ROOT, '../shared/captures'),
];

/** Captures below a folder, as far as it is there. */
function capturesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function* dissections(): Generator<Dissection> {
  for (const file of CAPTURES.flatMap(capturesIn)) {
    const bytes = new Uint8Array(readFileSync(file));
    let packets: ReturnType<typeof collect>['packets'];
    try {
      ({ packets } = collect(bytes));
    } catch {
      // No capture at all: other tests say what becomes of it.
      continue;
    }
    for (const { data, linkType, originalLength } of packets) {
      const octets = new Uint8Array(Buffer.from(data, 'hex'));
      yield dissect(octets, 0, octets.length, { linkType, originalLength });
    }
  }
  for (const packets of oraclePackets().values()) {
    for (const bytes of packets) yield dissect(bytes, 0, bytes.length, { linkType: 101 });
  }
}

/** What is wrong with the value of a node, as its field is declared. */
function fault({ type, min, max, octets }: FieldInfo, node: FieldNode): string | undefined {
  const { value, length } = node;
  switch (type) {
    case 'protocol':
    case 'none':
      return value === undefined ? undefined : `has a value`;
    case 'text':
      return typeof value === 'string' || value instanceof Uint8Array ? undefined : 'is no text';
    case 'boolean':
      return value === 0 || value === 1 ? undefined : `is ${String(value)}`;
    case 'octets':
      // Up to four reserved octets are held as a number.
      if (typeof value === 'number' && length <= 4) return undefined;
      return value instanceof Uint8Array ? undefined : 'is no octets';
    case 'address':
    case 'mac':
      return value instanceof Uint8Array ? undefined : 'is no octets';
    case 'number':
      if (octets === 8) return value instanceof Uint8Array ? undefined : 'is no octets';
      if (typeof value !== 'number') return 'is no number';
      if (max !== undefined && value > max) return `${value} is over ${max}`;
      return min !== undefined && value < min ? `${value} is under ${min}` : undefined;
  }
}

describe('the catalogue of fields', () => {
  const catalogue = fieldCatalogue();

  it('has every field of every capture, with the type of its values', () => {
    const faults = new Set<string>();
    const met = new Set<string>();
    const visit = (nodes: readonly FieldNode[]): void => {
      for (const node of nodes) {
        const { name } = node;
        if (name !== undefined) {
          met.add(name);
          const info = catalogue.get(name);
          const wrong = info === undefined ? 'is not in the catalogue' : fault(info, node);
          if (wrong !== undefined) faults.add(`${name} ${wrong}`);
        }
        visit(node.children);
      }
    };
    for (const dissection of dissections()) {
      const facts = { number: 1, seconds: 1, nanoseconds: 2, interfaceId: 0, interfaceName: 'a' };
      visit([frameNode({ ...facts, comments: ['b'] }, dissection)]);
      visit([...dissection.nodes, ...expertNodes(dissection)]);
    }
    expect([...faults]).toEqual([]);
    expect(met.size).toBeGreaterThan(200);
  });

  it('has no name with two types that do not go together', () => {
    expect(catalogueConflicts()).toEqual([]);
  });

  it('has the fields of every message and option, with their document', () => {
    const layouts = [
      ...MOBILITY_MESSAGES.map(({ layout }) => layout),
      ...[...mobilityOptions.definitions.values()].map(({ layout }) => layout),
      ...[...ndOptions.definitions.values()].map(({ layout }) => layout),
    ];
    for (const { name, fields } of layouts) {
      for (const { filter } of fields) {
        if (filter === '') continue;
        expect(catalogue.get(filter)?.formats, filter).toContain(name);
        expect(catalogue.get(filter)?.spec?.rfc, filter).toBeGreaterThan(0);
      }
    }
  });

  it('names values, units and bits', () => {
    expect(catalogue.get('mip6.bu.lifetime')).toMatchObject({ type: 'number', unit: '4 s' });
    expect(catalogue.get('mip6.bu.a_flag')).toMatchObject({ type: 'boolean' });
    expect(catalogue.get('mip6.mhtype')?.values).toContainEqual(
      expect.objectContaining({ value: 5, name: 'Binding Update' }),
    );
    expect(catalogue.get('ipv6.src')).toMatchObject({ type: 'address', octets: 16 });
    expect(catalogue.get('eth.src')).toMatchObject({ type: 'mac', octets: 6 });
  });

  it('has only names that a filter can be written with, and labels that fit a line', () => {
    for (const { name, label } of catalogue.values()) {
      expect(name).toMatch(/^[a-z_]\w*(\.\w+)*$/);
      expect(label).toMatch(/^[ -~]{1,80}$/);
    }
  });
});

describe('the nodes beside the headers', () => {
  const bytes = new Uint8Array(60);
  const dissection = dissect(bytes, 0, bytes.length, { linkType: 101 });

  it('tell time with nine digits, and spans with a sign', () => {
    const facts = {
      number: 7,
      seconds: 100,
      nanoseconds: 5,
      first: { seconds: 99, nanoseconds: 999_999_999 },
      previous: { seconds: 101, nanoseconds: 6 },
    };
    const { children } = frameNode(facts, dissection);
    const shown = new Map(children.map(({ name, text }) => [name, text]));
    expect(shown.get('frame.time_epoch')).toBe('100.000000005 s');
    expect(shown.get('frame.time_relative')).toBe('0.000000006 s');
    expect(shown.get('frame.time_delta')).toBe('-1.000000001 s');
    expect(children.find(({ name }) => name === 'frame.number')?.value).toBe(7);
  });

  it('tell a diagnostic with severity, group and code', () => {
    const [expert] = expertNodes(dissection);
    const code = dissection.diagnostics[0]?.code;
    expect(expert?.name).toBe('_ws.expert');
    const values = new Map(expert?.children.map(({ name, value }) => [name, value]));
    expect(values.get('mip6guard.diagnostic')).toBe(code);
    expect(values.get('_ws.expert.severity')).toBe(0x800000);
    expect(values.get('_ws.expert.group')).toBe(0x07000000);
  });

  it('give every diagnostic a group that the catalogue names', () => {
    const groups = catalogueNames('_ws.expert.group');
    const codes = Object.keys(DIAGNOSTICS) as DiagnosticCode[];
    for (const code of codes) {
      const found = { code, offset: 0, length: 0, source: 0 };
      const [node] = expertNodes({ sources: [], nodes: [], diagnostics: [found] });
      const value = node?.children.find(({ name }) => name === '_ws.expert.group')?.value;
      expect(groups, code).toContain(value);
    }
  });
});

function catalogueNames(name: string): number[] {
  return (fieldCatalogue().get(name)?.values ?? []).map(({ value }) => value);
}
