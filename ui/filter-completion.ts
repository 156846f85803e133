/**
 * What may stand at the cursor of a display filter: fields, names of values, values that packets had, operators.
 */
import { fieldNamed, filterFields, filterProblem } from '../engine/filter/index.ts';
import type { PacketModel } from '../engine/views/model/index.ts';
import { quoted } from './filter-text.ts';
import type { Completion, PromptVerdict } from './screen.ts';

/** Most completions of one question. */
const LIMIT = 60;
const SEEN_LIMIT = 12;

const OPERATORS =
  /^(?:===?|!==?|~=|>=|<=|>|<|eq|ne|gt|ge|lt|le|contains|matches|in|any_eq|all_ne)$/;
const VALUE_PLACE =
  /(?:^|[\s(!])([\w.]+(?:\[[^\]]*\])?)\s*(===?|!==?|~=|>=|<=|>|<|\b(?:eq|ne|gt|ge|lt|le|contains|matches|any_eq|all_ne)(?=[\s"])|\bin\s*\{(?:[^{}"]*,)?)\s*("[^"]*|[^\s"(){},]*)$/;
const OPERATOR_PLACE = /(?:^|[\s(!])([\w.]+)\s+([a-z=!<>]*)$/;
const NAME_PLACE = /[\w.-]+$/;

const TYPE_OPERATORS: readonly (readonly [text: string, detail: string])[] = [
  ['== ', 'is'],
  ['!= ', 'is not'],
  ['> ', 'more than'],
  ['>= ', 'at least'],
  ['< ', 'less than'],
  ['<= ', 'at most'],
  ['in {', 'one of'],
  ['contains ', 'has in it'],
  ['matches ', 'regular expression'],
];

/** Order in which fields are offered: those of mobility first. */
function rank(name: string, start: string): number {
  const place = name.startsWith(start) ? 0 : name.includes(`.${start}`) ? 100 : 200;
  const topic = /^(?:mip6|mip6guard)\b/.test(name) ? 0 : /^ipv6\b/.test(name) ? 10 : 20;
  return place + topic;
}

function fieldsLike(start: string, from: number, to: number): Completion[] {
  const lower = start.toLowerCase();
  const found: { readonly name: string; readonly order: number; readonly detail: string }[] = [];
  for (const [name, { label, unit, type }] of filterFields()) {
    if (!name.toLowerCase().includes(lower) && !label.toLowerCase().includes(lower)) continue;
    // A label alone fits worst.
    const order = name.toLowerCase().includes(lower) ? rank(name, lower) : 400;
    found.push({ name, order, detail: `${label} (${unit ?? type})` });
  }
  found.sort(
    (a, b) => a.order - b.order || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
  return found.slice(0, LIMIT).map(({ name, detail }) => ({ text: name, from, to, detail }));
}

/** A value as it is written after an operator; undefined when the field cannot have it. */
function literal(field: string, value: string): string | undefined {
  return [value, quoted(value)].find((text) => filterProblem(`${field} == ${text}`) === undefined);
}

async function valuesLike(
  model: PacketModel,
  field: string,
  start: string,
  from: number,
  to: number,
): Promise<Completion[]> {
  const plain = start.replace(/^"/, '').toLowerCase();
  const name = field.replace(/\[.*$/, '');
  const info = fieldNamed(name)?.info;
  const named = (info?.values ?? [])
    .filter(({ name: text, value }) => text.toLowerCase().includes(plain) || `${value}` === plain)
    .map(({ name: text, value }) => ({ text: quoted(text), from, to, detail: `${value}` }));
  const seen =
    info === undefined ? [] : await model.valuesOf(name, start.replace(/^"/, ''), SEEN_LIMIT);
  const found = seen.flatMap((value) => {
    const text = literal(name, value);
    return text === undefined ? [] : [{ text, from, to, detail: 'seen' }];
  });
  const known = new Set(found.map(({ text }) => text));
  return [...found, ...named.filter(({ text }) => !known.has(text))].slice(0, LIMIT);
}

/** What may stand at a cursor. Looks at the text before it, and replaces the word around it. */
export async function completeFilter(
  model: PacketModel,
  text: string,
  cursor: number,
): Promise<readonly Completion[]> {
  const before = text.slice(0, cursor);
  const value = VALUE_PLACE.exec(before);
  if (value !== null) {
    const [, field = '', , start = ''] = value;
    return valuesLike(model, field, start, cursor - start.length, cursor);
  }
  const operator = OPERATOR_PLACE.exec(before);
  if (operator !== null) {
    const [, field = '', start = ''] = operator;
    if (fieldNamed(field) !== undefined && !OPERATORS.test(start)) {
      const from = cursor - start.length;
      const found = [...TYPE_OPERATORS, ['and ', ''] as const, ['or ', ''] as const]
        .filter(([item]) => item.startsWith(start))
        .map(([item, detail]) => ({ text: item, from, to: cursor, detail }));
      if (found.length > 0) return found;
    }
  }
  const start = NAME_PLACE.exec(before)?.[0] ?? '';
  const rest = /^[\w.]*/.exec(text.slice(cursor))?.[0] ?? '';
  // Everything is no help.
  if (start === '' && before.trim() !== '' && !/[\s(!]$/.test(before)) return [];
  return fieldsLike(start, cursor - start.length, cursor + rest.length);
}

/** Verdict of the filter box. */
export function checkFilter(model: PacketModel, text: string): PromptVerdict {
  if (text.trim() === '') return { ok: true };
  const outcome = model.checkFilter(text);
  return outcome.ok ? { ok: true } : outcome;
}
