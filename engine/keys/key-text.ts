/**
 * Finds out by content which kind of key file a text is, and reads it.
 */
import { parseEspSa } from './esp-sa.ts';
import type { ParsedKeys } from './key-problem.ts';

/** Key file formats, for messages. */
export const SUPPORTED_KEY_FORMATS =
  'Wireshark\'s esp_sa, rows like "IPv6","2001:db8::1","2001:db8::2","0x00000100","AES-CBC [RFC3602]","0x...","HMAC-SHA-1-96 [RFC2404]","0x..."';

/**
 * Reads a key file of any known format. Never throws.
 * @param text content as Latin-1.
 * @param file name as the user knows it.
 */
export function parseKeyText(text: string, file: string): ParsedKeys {
  const line = firstRow(text);
  if (line === undefined) {
    return wholeFile(
      file,
      'warning',
      'KEYS_EMPTY',
      `no security association in the file; expected ${SUPPORTED_KEY_FORMATS}`,
    );
  }
  if (looksLikeEspSa(line)) return parseEspSa(text, file);
  const hint = /^\s*(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})@\S+\s/.test(line)
    ? 'This looks like the secrets file of tcpdump -E. '
    : '';
  return wholeFile(
    file,
    'error',
    'KEYS_FORMAT',
    `not a key file of a known format. ${hint}Supported: ${SUPPORTED_KEY_FORMATS}`,
  );
}

/** First line that is neither empty nor a comment, cut to a length that is enough to judge. */
function firstRow(text: string): string | undefined {
  let start = text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + 1000)).trimStart();
    if (line !== '' && !line.startsWith('#')) return line;
    start = end + 1;
  }
  return undefined;
}

/** Quoted fields with commas, or anything that begins as a row of that table does. */
function looksLikeEspSa(line: string): boolean {
  return /^"?IPv[46]"?\s*,/i.test(line) || (line.startsWith('"') && line.split(',').length >= 4);
}

function wholeFile(
  file: string,
  severity: 'error' | 'warning',
  code: string,
  message: string,
): ParsedKeys {
  return {
    associations: [],
    problems: [{ severity, code, file, line: 0, column: 0, field: undefined, message }],
  };
}
