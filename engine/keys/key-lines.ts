/**
 * Lines of a key file.
 */

/** UTF-8's mark of byte order, read as Latin-1. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** Lines without their line feeds; a carriage return before it stays. */
export function linesOf(text: string): string[] {
  return (text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text).split('\n');
}

/** First line that is neither empty nor a comment, cut to a length that is enough to judge by. */
export function firstRow(text: string): string | undefined {
  let start = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + 1000)).trimStart();
    if (line !== '' && !line.startsWith('#')) return line;
    start = end + 1;
  }
  return undefined;
}
