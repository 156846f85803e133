/**
 * Names of keys out of what a terminal sends.
 */

/** Control characters with names of their own. */
const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  // Terminals send the delete code for the backspace key.
  '\x7f': 'backspace',
  '\x1b': 'esc',
  ' ': 'space',
};

/** Final letters of sequences, with `[` and with `O`; modifiers do not matter. */
const LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift-tab',
};

/** Numbers of sequences that end with `~`. */
const NUMBERS: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'pgup',
  6: 'pgdn',
  7: 'home',
  8: 'end',
};

/** Name of one character: itself, or `enter`, `space`, `ctrl-d`. */
function nameOf(character: string): string | undefined {
  const named = CONTROLS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20)
    return code >= 1 && code <= 0x1a ? `ctrl-${String.fromCharCode(code + 0x60)}` : undefined;
  return code >= 0x7f && code < 0xa0 ? undefined : character;
}

/**
 * Keys of what came at once, in order. A terminal may hand over several (typed ahead, pasted): each character is one.
 * @param input characters, or one escape sequence, as ink cuts them
 */
export function keysOf(input: string): readonly string[] {
  const letter = /^\x1b+(?:\[|O)(?:\d+;\d+)?([A-Z])$/.exec(input)?.[1];
  if (letter !== undefined) return letter in LETTERS ? [LETTERS[letter] ?? ''] : [];
  const number = /^\x1b+\[(\d+)(?:;\d+)?~$/.exec(input)?.[1];
  if (number !== undefined) return number in NUMBERS ? [NUMBERS[number] ?? ''] : [];
  // Other sequences are no text: a mouse, a paste bracket, an answer of the terminal.
  if (/^\x1b+(?:\[|O.)/.test(input)) return [];
  // Escape and a key right behind it come as one.
  const keys: string[] = [];
  for (const character of input) {
    const name = nameOf(character);
    if (name !== undefined) keys.push(name);
  }
  return keys;
}

/** Text that a key types; undefined for others. */
export function typedText(key: string): string | undefined {
  if (key === 'space') return ' ';
  return /^.$/su.test(key) ? key : undefined;
}
