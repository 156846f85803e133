/**
 * What the search line means.
 */
import type { SearchQuery } from '../../engine/views/model/index.ts';
import type { PromptVerdict } from '../screen.ts';

/** Most octets searched for. */
const MAX_OCTETS = 256;

/** Longest pattern. */
const MAX_PATTERN = 200;

/** A query, or what is wrong with the text: `text`, `/pattern/`, `x:de ad be ef`. */
export function searchQuery(text: string): SearchQuery | Extract<PromptVerdict, { ok: false }> {
  const wrong = (message: string, hint?: string): Extract<PromptVerdict, { ok: false }> => ({
    ok: false,
    message,
    offset: 0,
    length: text.length,
    hint,
  });
  const pattern = /^\/(.+?)\/?$/.exec(text)?.[1];
  if (pattern !== undefined) {
    if (pattern.length > MAX_PATTERN)
      return wrong(`a pattern has at most ${MAX_PATTERN} characters`);
    try {
      new RegExp(pattern, 'iu');
      return { kind: 'regex', text: pattern };
    } catch (error) {
      return wrong(error instanceof Error ? error.message : 'not a regular expression');
    }
  }
  const digits = /^x:(.*)$/.exec(text)?.[1]?.replace(/[\s:]/g, '');
  if (digits === undefined) return { kind: 'text', text };
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits) || digits.length > 2 * MAX_OCTETS) {
    return wrong('octets are pairs of hexadecimal digits', 'write x:de ad be ef');
  }
  const octets = Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return { kind: 'hex', octets };
}

/** Verdict while it is typed. */
export function checkSearch(text: string): PromptVerdict {
  if (text === '') return { ok: true };
  const query = searchQuery(text);
  if ('ok' in query) return query;
  const notes = {
    text: 'text in the line of a packet',
    regex: 'regular expression',
    hex: 'octets',
  };
  return { ok: true, note: notes[query.kind] };
}
