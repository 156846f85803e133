/**
 * All filter fields: out of the format tables, and what no table declares. A format that is dissected has its
 * entry here; a test walks the trees of all captures and finds a missing one.
 */
import { layoutRows, mergeInfo, optionRows, tlvRows } from './catalogue/field-info.ts';
import type { FieldInfo, FieldRow } from './catalogue/field-info.ts';
import { KIND_LENGTH_TABLES, LAYOUTS, TLV_CODECS } from './catalogue/formats.ts';
import { SCALED, STRUCTURE } from './catalogue/structure.ts';
import { EXPERT_FIELDS, FRAME_FIELDS } from './frame.ts';
import { ICMPV6_MESSAGES, ndOptions } from './icmpv6/index.ts';
import type { KindLengthTable } from './ipv4/kind-length.ts';
import { MOBILITY_MESSAGES } from './mobility/header.ts';
import { mobilityOptions } from './mobility/options/index.ts';

export type { FieldInfo, FieldType } from './catalogue/field-info.ts';

interface Catalogue {
  readonly fields: ReadonlyMap<string, FieldInfo>;
  /** Names that two formats declare with types that do not go together. */
  readonly conflicts: readonly string[];
}

function build(): Catalogue {
  const fields = new Map<string, FieldInfo>();
  const conflicts: string[] = [];
  const scaled = new Set(SCALED.map(({ name }) => name));
  const add = (row: FieldRow, format: string): void => {
    if (row.name === '' || (scaled.has(row.name) && format !== '')) return;
    const known = fields.get(row.name);
    if (known === undefined) {
      fields.set(row.name, { ...row, formats: format === '' ? [] : [format] });
      return;
    }
    const merged = mergeInfo(known, row, format);
    if (merged === undefined)
      conflicts.push(`${row.name}: ${known.type}, ${row.type} in ${format}`);
    else fields.set(row.name, merged);
  };
  for (const row of [...FRAME_FIELDS, ...EXPERT_FIELDS, ...SCALED, ...STRUCTURE]) add(row, '');
  for (const layout of LAYOUTS) layoutRows(layout, add);
  for (const codec of TLV_CODECS) tlvRows(codec, add);
  for (const table of KIND_LENGTH_TABLES) addKindLength(table, add);
  for (const { layout } of ICMPV6_MESSAGES) layoutRows(layout, add);
  for (const { layout, parts } of ndOptions.definitions.values()) {
    layoutRows(layout, add);
    for (const part of parts?.with.layouts ?? []) layoutRows(part, add);
  }
  for (const { layout } of MOBILITY_MESSAGES) layoutRows(layout, add);
  addOptionTypes(add);
  for (const row of mobilityOptions.definitions.values()) optionRows(row, add);
  return { fields, conflicts };
}

/** Options of a kind and a length: each with the field of the whole option where it has one. */
function addKindLength(table: KindLengthTable, add: (row: FieldRow, format: string) => void): void {
  const { name, header, options, names, filters, unknown } = table;
  layoutRows(header, add);
  layoutRows(unknown, add);
  for (const [kind, filter] of filters) {
    const label = options.get(kind)?.name ?? names.get(kind) ?? name;
    const spec = options.get(kind)?.spec ?? header.spec;
    add({ name: filter, label, type: 'none', ...(spec === undefined ? {} : { spec }) }, name);
  }
  for (const layout of options.values()) layoutRows(layout, add);
}

/** Type of mobility options, with their names. RFC 6275 section 6.2.1. */
function addOptionTypes(add: (row: FieldRow, format: string) => void): void {
  const rows = [...mobilityOptions.definitions.values()];
  const values = rows.map(({ type: value, name, spec }) => ({ value, name, spec }));
  const spec = { rfc: 6275, section: '6.2.1' };
  const type: FieldRow = { name: 'mip6.mobility_opt', label: 'Type', type: 'number', spec, values };
  add({ ...type, octets: 1, min: 0, max: 255 }, 'Mobility option');
}

let catalogue: Catalogue | undefined;

/**
 * All fields of dissected packets, of the frame and of its diagnostics, by filter name. Made once. What the engine
 * knows of a packet (`mip6guard.rule` and others) is added by `engine/filter/`.
 */
export function fieldCatalogue(): ReadonlyMap<string, FieldInfo> {
  catalogue ??= build();
  return catalogue.fields;
}

/** Names that are declared twice with types that do not go together; none, as a test asserts. */
export function catalogueConflicts(): readonly string[] {
  catalogue ??= build();
  return catalogue.conflicts;
}
