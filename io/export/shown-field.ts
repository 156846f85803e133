/**
 * Fields of packets in the form that the exports with tshark's shapes write.
 */

/** What a value is; it decides how the exports write it. */
export type ShownKind =
  | 'protocol'
  /** A field that has no value: what counts is that it is there. */
  | 'none'
  /** A line of the tree that is no field, only a heading of others. */
  | 'heading'
  | 'boolean'
  | 'number'
  /** `value` is hexadecimal with a colon after each octet. */
  | 'octets'
  /** `value` may hold text of the wire; control characters are escaped by who made it. */
  | 'text'
  /** Text that is made here: addresses, times. */
  | 'plain';

/** Octets of a field, as `-x` adds them. */
export interface RawOctets {
  /** Hexadecimal: the octets, or the value of a part of them. */
  readonly hex: string;
  readonly offset: number;
  readonly length: number;
  /** Bits of the octets, 0 = all. */
  readonly mask: number;
  /** Wireshark's number of the field type (`enum ftenum` of `epan/ftypes/ftypes.h` 4.0). */
  readonly type: number;
}

/** A field and the fields below it. */
export interface ShownField {
  /** Filter name, for a heading its text. */
  readonly key: string;
  readonly kind: ShownKind;
  /** As tshark writes it; undefined for protocols, headings and fields without value. */
  readonly value: string | undefined;
  /** One line for people: what `-T fields` writes of a protocol. */
  readonly line: string;
  /** Undefined when no octet says this directly. */
  readonly raw: RawOctets | undefined;
  readonly children: readonly ShownField[];
}

/** A packet to export. */
export interface ShownPacket {
  /** Capture time: seconds since 1970, nanoseconds 0..999999999. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly layers: readonly ShownField[];
}

/** Calls `visit` for the fields and those below them, in depth. */
export function forEachField(
  fields: readonly ShownField[],
  visit: (field: ShownField) => void,
): void {
  for (const field of fields) {
    visit(field);
    forEachField(field.children, visit);
  }
}

/**
 * Values of selected fields of a packet, as `-e` gives them: every occurrence in order of the tree. A protocol
 * gives its line, a field without value `1`, octets come without colons.
 * @param names filter names; a name that is not there gets no entry
 */
export function selectedValues(
  layers: readonly ShownField[],
  names: readonly string[],
): ReadonlyMap<string, readonly ShownField[]> {
  const wanted = new Set(names);
  const found = new Map<string, ShownField[]>();
  forEachField(layers, (field) => {
    if (field.kind === 'heading' || !wanted.has(field.key)) return;
    const before = found.get(field.key);
    if (before === undefined) found.set(field.key, [field]);
    else before.push(field);
  });
  return found;
}

/** Value of a selected field. */
export function selectedText(field: ShownField): string {
  switch (field.kind) {
    case 'protocol':
    case 'heading':
      return field.line;
    case 'none':
      return '1';
    case 'octets':
      return (field.value ?? '').replaceAll(':', '');
    default:
      return field.value ?? '';
  }
}

/** Name of the Elasticsearch index a packet goes to: by its day, UTC. */
export function indexName(seconds: number): string {
  return `packets-${new Date(seconds * 1000).toISOString().slice(0, 10)}`;
}
