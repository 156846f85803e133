/**
 * Words of the policy notation with their places. Linear in the text; never throws.
 */

/** A word, a quoted text, or one of `- & = ( ) , : /`. */
export interface PolicyToken {
  readonly text: string;
  /** 1-based; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly kind: 'word' | 'text' | 'sign';
}

const SIGNS = new Set(['&', '=', '(', ')', ',']);
const WORD = /[0-9A-Za-z_.:/@%*+-]/;

/** Longest word or quoted text, in characters; the rest of a longer one is a problem of its own. */
export const MAX_WORD = 256;

/** Splits a text. Characters that belong to nothing become signs of their own, which no grammar expects. */
export function policyTokens(text: string): PolicyToken[] {
  const tokens: PolicyToken[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  const add = (content: string, start: number, kind: PolicyToken['kind']): void => {
    tokens.push({ text: content, line, column: start - lineStart + 1, kind });
  };
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '\n') {
      line++;
      lineStart = ++at;
    } else if (character === '#') {
      while (at < text.length && text.charAt(at) !== '\n') at++;
    } else if (character <= ' ') at++;
    else if (character === '"') {
      const start = at++;
      while (at < text.length && text.charAt(at) !== '"' && text.charAt(at) !== '\n') at++;
      add(text.slice(start + 1, Math.min(at, start + 1 + MAX_WORD)), start, 'text');
      if (text.charAt(at) === '"') at++;
    } else if (SIGNS.has(character) || !WORD.test(character)) {
      add(character, at, 'sign');
      at++;
    } else {
      const start = at;
      while (at < text.length && at - start < MAX_WORD && WORD.test(text.charAt(at))) at++;
      addWord(text.slice(start, at), start, add);
    }
  }
  return tokens;
}

/** A colon or full stop at the end of a word is punctuation, but of `2001:db8::` it belongs to the address. */
function addWord(
  word: string,
  start: number,
  add: (content: string, start: number, kind: PolicyToken['kind']) => void,
): void {
  if (word === '-' || word === ':' || word === '/') {
    add(word, start, 'sign');
    return;
  }
  const isMark = word.endsWith(':') && !word.endsWith('::');
  const body = isMark ? word.slice(0, -1) : word.replace(/\.$/, '');
  if (body !== '') add(body, start, 'word');
  if (isMark) add(':', start + body.length, 'sign');
}
