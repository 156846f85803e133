/**
 * Where in a YAML text a character of a filter stands.
 */

/** Characters of an escape in double quotes, the backslash included: `\x41`, `\u0041`, `\U00000041`, else two. */
function escapeLength(letter: string | undefined): number {
  switch (letter) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

/**
 * Line and column, from 1, of a character of a filter that stands on one line of a YAML text, with quotes or without.
 * @param start place of the value
 * @param offset of the character in the filter
 * @returns undefined for a filter of several lines: the place of the value has to do
 */
export function filterOffset(
  text: string,
  start: { readonly line: number; readonly column: number },
  filter: string,
  offset: number,
): { line: number; column: number } | undefined {
  const written = text.split('\n', start.line)[start.line - 1] ?? '';
  const from = start.column - 1;
  const quote = written[from];
  if (quote !== '"' && quote !== "'") {
    return written.startsWith(filter, from)
      ? { line: start.line, column: start.column + offset }
      : undefined;
  }
  let at = from + 1;
  for (let passed = 0; passed < offset; passed++) {
    if (at >= written.length) return undefined;
    if (quote === '"' && written[at] === '\\') at += escapeLength(written[at + 1]);
    else if (quote === "'" && written[at] === "'") at += 2;
    else at++;
  }
  return { line: start.line, column: at + 1 };
}
