/**
 * JSON text with the same key several times in one object, as tshark writes it: nothing may get lost by parsing.
 */

/** A parsed value; objects keep all their members in order. */
export type Json =
  | string
  | number
  | boolean
  | null
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Json])[] };

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|-?\d[\d.eE+-]*|true|false|null)/y;

/** Parses a document; throws when it is none. */
export function parseJson(text: string): Json {
  TOKEN.lastIndex = 0;
  let token = '';
  const next = (): string => {
    const found = TOKEN.exec(text);
    if (found === null) {
      if (text.slice(TOKEN.lastIndex).trim() === '' && token === '') return '';
      throw new SyntaxError(`no JSON after ${text.slice(0, 40)}`);
    }
    return found[1] ?? '';
  };
  const scalar = (word: string): string | number | boolean | null => {
    const value: unknown = JSON.parse(word);
    if (typeof value === 'object' && value !== null) throw new SyntaxError(word);
    if (typeof value === 'undefined' || typeof value === 'function') throw new SyntaxError(word);
    return value as string | number | boolean | null;
  };
  const value = (): Json => {
    if (token === '[') {
      const items: Json[] = [];
      for (token = next(); token !== ']'; token = next()) {
        if (token === ',') token = next();
        items.push(value());
      }
      return { kind: 'array', items };
    }
    if (token === '{') {
      const members: [string, Json][] = [];
      for (token = next(); token !== '}'; token = next()) {
        if (token === ',') token = next();
        const key = String(scalar(token));
        token = next();
        if (token !== ':') throw new SyntaxError(`: after ${key}`);
        token = next();
        members.push([key, value()]);
      }
      return { kind: 'object', members };
    }
    return scalar(token);
  };
  token = next();
  const result = value();
  if (text.slice(TOKEN.lastIndex).trim() !== '') throw new SyntaxError('text after the document');
  return result;
}

/** A string, number or boolean of a document with the keys that lead to it; places in arrays do not count. */
export interface Leaf {
  readonly path: string;
  readonly key: string;
  readonly value: string;
}

/** All leaves in order. */
export function leavesOf(value: Json, path: readonly string[] = []): Leaf[] {
  if (typeof value !== 'object' || value === null) {
    return [{ path: path.join(' > '), key: path.at(-1) ?? '', value: String(value) }];
  }
  if (value.kind === 'array') return value.items.flatMap((item) => leavesOf(item, path));
  return value.members.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

/** The member of an object. */
export function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || value.kind !== 'object') return undefined;
  return value.members.find(([name]) => name === key)?.[1];
}

/** The layers of each packet of `-T json`. */
export function packetsOf(text: string): Json[] {
  const document = parseJson(text);
  if (typeof document !== 'object' || document === null || document.kind !== 'array') {
    throw new SyntaxError('no array of packets');
  }
  return document.items.map((item) => memberOf(memberOf(item, '_source'), 'layers') ?? null);
}
