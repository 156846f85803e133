import { describe, expect, it } from 'vitest';
import { PacketLines } from '../../../cli/report/packet-line.ts';
import { plainPaint } from '../../../cli/report/palette.ts';
import { hexText, treeText } from '../../../cli/report/tree.ts';
import type { FieldNode } from '../../../dissectors/index.ts';

function node(overrides: Partial<FieldNode> = {}): FieldNode {
  return {
    label: 'Field',
    text: 'value',
    offset: 4,
    length: 2,
    source: 0,
    children: [],
    ...overrides,
  };
}

const FRAME = { label: 'Frame', bytes: Uint8Array.from({ length: 18 }, (_, i) => i + 0x3a) };
const DECRYPTED = { label: 'Decrypted ESP', bytes: new Uint8Array(4) };

describe('packet lines', () => {
  it('stay below each other once a column has grown', () => {
    const lines = new PacketLines(plainPaint);
    const summary = { source: '::1', destination: '::2', protocol: 'MIPv6', info: 'x' };
    const long = { ...summary, source: '2001:db8:1111:2222:3333:4444:5555:6666' };
    const column = (line: string): number => line.indexOf('→');
    const first = column(lines.line(1, 0, summary));
    const second = column(lines.line(2, 1.5, long));
    expect(second).toBeGreaterThan(first);
    expect(column(lines.line(3, 2, summary))).toBe(second);
    expect(lines.line(4, 61.25, summary)).toMatch(
      /^ {4}4 {3}61\.250000 {2}::1 +→ ::2 +MIPv6 +x\n$/,
    );
  });
});

describe('the tree', () => {
  it('shows labels, values, octets and where a header is defined', () => {
    const child = node({ text: '', length: 1, offset: 5 });
    const header = node({
      label: 'Header',
      spec: { rfc: 6275, section: '6.1' },
      children: [child],
    });
    const text = treeText({ sources: [FRAME], nodes: [header], diagnostics: [] }, plainPaint);
    expect(text).toBe('  Header: value [4-5] RFC 6275 section 6.1\n    Field [5]\n');
  });

  it('names octets that are not those of the frame, and what no octet says', () => {
    const nodes = [node({ source: 1 }), node({ generated: true, length: 0 }), node({ length: 0 })];
    const text = treeText({ sources: [FRAME, DECRYPTED], nodes, diagnostics: [] }, plainPaint);
    expect(text).toBe(
      '  Field: value [Decrypted ESP 4-5]\n  Field: value [derived]\n  Field: value\n',
    );
  });

  it('says what is wrong with the packet, with the section that says so', () => {
    const diagnostics = [
      { code: 'HAO_LENGTH', offset: 4, length: 2, source: 0, detail: 'length 15' },
    ] as const;
    const text = treeText(
      { sources: [FRAME], nodes: [], diagnostics: [...diagnostics] },
      plainPaint,
    );
    expect(text).toBe(
      '  ERROR HAO_LENGTH: Home Address option length is not 16: length 15, RFC 6275 section 6.3 [4-5]\n',
    );
  });
});

describe('octets', () => {
  it('are shown 16 a line, with the characters among them', () => {
    expect(hexText([FRAME], plainPaint)).toBe(
      [
        '  Frame, 18 octets',
        '  0000  3a 3b 3c 3d 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<=>?@ABCDEFGHI',
        '  0010  4a 4b                                             JK',
        '',
      ].join('\n'),
    );
  });
});
