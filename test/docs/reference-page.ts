/**
 * Makes the reference of messages and options from the tables that decode them.
 */
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import type {
  Field,
  FlagBit,
  Layout,
  NamedValue,
  TlvDefinition,
} from '../../dissectors/core/layout.ts';
import type { Spec } from '../../dissectors/core/node.ts';
import { LAYOUTS } from '../../dissectors/catalogue/formats.ts';
import { ICMPV6_MESSAGES } from '../../dissectors/icmpv6/index.ts';
import { ndOptions } from '../../dissectors/icmpv6/nd-options.ts';
import { IPV6_OPTIONS } from '../../dissectors/ipv6/options.ts';
import { MH_TYPES, MOBILITY_MESSAGES } from '../../dissectors/mobility/header.ts';
import type { OptionDefinition } from '../../dissectors/mobility/option.ts';
import { mobilityOptions } from '../../dissectors/mobility/options/index.ts';

const HEAD = `# Reference of messages and options

Written from the tables that decode, encode and show them; do not edit. To write it anew:
\`npx vitest run test/docs/reference.test.ts -u\`.

**Offset** counts octets from the start of the data: of a message after the checksum of its header, of an option
after Type and Length. \`+\` follows a field of variable length, *?* is a field that is there only when earlier ones
say so. **Alignment** xn+y is where the Type octet of a mobility option lies, from the start of the Mobility Header.
**Filter** is the name in display filters, \`-e\` and JSON; \`mip6guard fields\` lists all of them.
`;

function text(value: string): string {
  return value.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function specText(spec: Spec | undefined): string {
  return spec === undefined ? '' : `RFC ${spec.rfc}, ${spec.section}`;
}

function width(field: Field): string {
  const { octets } = field;
  if (typeof octets === 'number') return `${octets}`;
  if (octets === 'rest') return 'rest';
  const less = octets.less === undefined || octets.less === 0 ? '' : ` - ${octets.less}`;
  const unit = octets.unit === undefined || octets.unit === 1 ? '' : ` * ${octets.unit}`;
  return `${octets.by}${unit}${less}`;
}

function namedValues(values: readonly NamedValue[]): string {
  return values.map(({ value, name }) => `${value} ${name}`).join('; ');
}

function bitText({ mask, label, filter, values, spec }: FlagBit, octets: number): string {
  const hex = `0x${mask.toString(16).padStart(2 * octets, '0')}`;
  const names = values === undefined ? '' : ` (${namedValues(values)})`;
  const source = spec === undefined ? '' : `, ${specText(spec)}`;
  return `${hex} ${label} \`${filter}\`${names}${source}`;
}

function meaning(field: Field): string {
  const parts: string[] = [];
  if (field.unit !== undefined) parts.push(`unit: ${field.unit}`);
  if (field.type === 'flags') {
    parts.push(...Object.values(field.bits).map((bit) => bitText(bit, field.octets)));
  }
  if (field.type === 'uint' && field.values !== undefined) parts.push(namedValues(field.values));
  if (field.type === 'uint' && field.signed === true) parts.push('signed');
  if (field.type === 'bytes' && typeof field.show === 'string' && field.show !== 'hex') {
    parts.push(`shown as ${field.show}`);
  }
  if (field.type === 'list') {
    parts.push(field.count === undefined ? 'records to the end' : `\`${field.count}\` records`);
  }
  if (field.type === 'tlvs') parts.push('sub-options');
  if (field.type === 'addresses') parts.push('addresses to the end');
  if (field.spec !== undefined) parts.push(specText(field.spec));
  return parts.map(text).join('<br>');
}

/** Rows of a table of fields, and below it those of what is inside. */
function fieldTable(layout: Layout, depth = 0): string[] {
  if (layout.fields.length === 0) return ['No fields.', ''];
  const rows: string[] = [];
  const inner: string[] = [];
  let offset = 0;
  let isExact = true;
  for (const field of layout.fields) {
    const isConditional = field.when !== undefined || field.optional === true;
    const place = `${offset}${isExact ? '' : '+'}${isConditional ? ' ?' : ''}`;
    const filter = field.filter === '' ? '' : `\`${field.filter}\``;
    rows.push(
      `| ${place} | ${width(field)} | ${text(field.label)} | ${filter} | ${meaning(field)} |`,
    );
    if (typeof field.octets === 'number' && !isConditional) offset += field.octets;
    else isExact = false;
    if (depth < 3 && field.type === 'list') {
      inner.push(
        `*${text(field.of.name)}* (${specText(field.of.spec)}), in ${text(field.label)}:`,
        '',
      );
      inner.push(...fieldTable(field.of, depth + 1));
    }
    if (depth < 3 && field.type === 'tlvs') {
      for (const row of field.codec.definitions.values()) inner.push(...subOption(row, depth));
    }
  }
  return [
    '| Offset | Octets | Field | Filter | Meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    ...inner,
  ];
}

function subOption(row: TlvDefinition, depth: number): string[] {
  const lengths = row.lengths === undefined ? '' : `, length ${row.lengths.join(' or ')}`;
  return [
    `*Sub-option ${row.type} ${text(row.name)}* (${specText(row.spec)})${lengths}:`,
    '',
    ...fieldTable(row.layout, depth + 1),
  ];
}

/** `1 to 255` for a run of lengths. */
function lengthsText(lengths: readonly number[] | undefined): string {
  if (lengths === undefined) return 'any';
  const first = lengths[0] ?? 0;
  const last = lengths.at(-1) ?? first;
  const isRun = lengths.length > 3 && lengths.length === last - first + 1;
  return isRun ? `${first} to ${last}` : lengths.join(' or ');
}

function alignmentText(
  align: OptionDefinition['align'],
  lengths: readonly number[] | undefined,
): string {
  if (align === undefined) return 'No alignment.';
  if (typeof align !== 'function') return `Alignment ${align[0]}n+${align[1]}.`;
  const byLength = (lengths ?? []).map((length) => {
    const [x, y] = align(length);
    return `${x}n+${y} with length ${length}`;
  });
  return `Alignment ${byLength.join(', ')}.`;
}

function messageNames(types: readonly number[] | 'any'): string {
  if (types === 'any') return 'every message';
  const names = types.map(
    (type) => MH_TYPES.find(({ value }) => value === type)?.name ?? `${type}`,
  );
  return names.join(', ');
}

function mobilitySections(): string[] {
  const lines = ['## Mobility messages', ''];
  for (const { mhType, name, spec, layout } of MOBILITY_MESSAGES) {
    lines.push(
      `### MH ${mhType} ${text(name)}`,
      '',
      `${specText(spec)}. Filter value \`mip6.mhtype == ${mhType}\`.`,
      '',
    );
    lines.push(...fieldTable(layout));
  }
  lines.push(
    '## Mobility options',
    '',
    '### Option 0 Pad1',
    '',
    'RFC 6275, 6.2.2. One octet, no Length.',
    '',
  );
  const rows = [...mobilityOptions.definitions.values()].sort((a, b) => a.type - b.type);
  for (const row of rows) {
    const { type, name, spec, align, lengths, allowedIn, repeatable, isLast, filter, layout } = row;
    lines.push(
      `### Option ${type} ${text(name)}`,
      '',
      [
        `${specText(spec)}.`,
        `Length ${row.framing === undefined ? lengthsText(lengths) : 'by a rule of its own'}.`,
        alignmentText(align, lengths),
        `In ${messageNames(allowedIn)}.`,
        repeatable ? 'May repeat.' : '',
        isLast ? 'Must be the last.' : '',
        filter === undefined ? '' : `Filter \`${filter}\`.`,
      ]
        .filter((part) => part !== '')
        .join(' '),
      '',
      ...fieldTable(layout),
    );
  }
  return lines;
}

function icmpv6Sections(): string[] {
  const lines = ['## ICMPv6 messages', ''];
  for (const { type, name, spec, layout, codes } of ICMPV6_MESSAGES) {
    lines.push(
      `### ICMPv6 ${type} ${text(name)}`,
      '',
      `${specText(spec)}. Codes: ${text(namedValues(codes))}.`,
      '',
    );
    lines.push(...fieldTable(layout));
  }
  lines.push('## Neighbor discovery options', '');
  const rows = [...ndOptions.definitions.values()].sort((a, b) => a.type - b.type);
  for (const { type, name, spec, units, layout } of rows) {
    const { from, to, step } = units ?? { from: 1 };
    const length =
      to === undefined ? `${from} or more` : from === to ? `${from}` : `${from} to ${to}`;
    const steps = step === undefined ? '' : ` in steps of ${step}`;
    lines.push(
      `### ND option ${type} ${text(name)}`,
      '',
      `${specText(spec)}. Length ${length}${steps} (units of 8 octets).`,
      '',
    );
    lines.push(...fieldTable(layout));
  }
  return lines;
}

function otherSections(): string[] {
  const lines = ['## Options of Hop-by-Hop and Destination Options headers', ''];
  for (const { type, name, spec, align, length, layout } of IPV6_OPTIONS) {
    const size = length === undefined ? 'any' : `${length}`;
    const place = align === undefined ? '' : ` Alignment ${align[0]}n+${align[1]}.`;
    lines.push(
      `### IPv6 option ${type} ${text(name)}`,
      '',
      `${specText(spec)}. Length ${size}.${place}`,
      '',
    );
    lines.push(...fieldTable(layout));
  }
  lines.push('## Headers, tunnels, IPsec, IKE and DHCPv6', '');
  const seen = new Set<string>();
  for (const layout of LAYOUTS) {
    const table = fieldTable(layout).join('\n');
    const key = `${layout.name}\n${table}`;
    if (seen.has(key)) continue;
    seen.add(key);
    lines.push(`### ${text(layout.name)}`, '');
    if (layout.spec !== undefined) lines.push(`${specText(layout.spec)}.`, '');
    lines.push(table);
  }
  return lines;
}

function diagnosticsSection(): string[] {
  const rows = Object.entries(DIAGNOSTICS).map(([code, row]) => {
    const spec = 'spec' in row ? specText(row.spec) : '';
    return `| \`${code}\` | ${row.severity} | ${row.group} | ${text(row.text)} | ${spec} |`;
  });
  return [
    '## Diagnostics',
    '',
    'What is wrong with the octets of one packet. Codes are stable; filter with `mip6guard.diagnostic`.',
    '',
    '| Code | Severity | Group | Meaning | Source |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

/** Markdown of the reference. */
export function referencePage(): string {
  return [
    HEAD,
    ...mobilitySections(),
    ...icmpv6Sections(),
    ...otherSections(),
    ...diagnosticsSection(),
  ].join('\n');
}
