/**
 * Files in the notation of RFC 3776 section 5 and RFC 4877 section 7, as key files: they hold policies and the
 * selectors of associations, and no keys.
 *
 * ```text
 * home_agent_1 = 2001:db8:1::1
 *
 * home agent SPD IN:
 *   - IF source = 2001:db8:1::10 & destination = home_agent_1 & proto = MH
 *     THEN USE SA SA1
 * ```
 */
import { readPolicies } from '../ipsec/policy-notation.ts';
import type { PolicyAddress, PolicySection } from '../ipsec/policy.ts';
import { addressesOf } from '../ipsec/policy-writer.ts';
import { KeyFileBuilder } from './key-file-builder.ts';
import type { KeyFileContent } from './key-file.ts';
import { linesOf } from './key-lines.ts';

/** `home agent SPD IN:`, or a name with its address: `home_agent_1 = 2001:db8::1`. */
const FIRST_LINE =
  /^(?:(?:[^:=,]{0,200}[ \t])?(?:SPD[ \t]+(?:IN|OUT)|SPD-S|SAD|PAD)[ \t]*:|[A-Za-z_][\w.-]{0,255}[ \t]*=[ \t]*[0-9A-Fa-f:./xX]{1,60}[ \t\r]*(?:#|$))/i;

/** Names without an address that are told for one file. */
const MAX_UNKNOWN_NAMES = 20;

/** Whether a text that begins with this line is in the notation. */
export function isNotationLine(line: string): boolean {
  return FIRST_LINE.test(line);
}

/** Reads a file in the notation. Never throws; a bad entry is a problem and the others count. */
export function readPolicyNotation(text: string, file: string): KeyFileContent {
  const builder = new KeyFileBuilder(file, 'in the notation of RFC 3776');
  const { document, problems } = readPolicies(linesOf(text).join('\n'));
  for (const { line, column, field, message } of problems) {
    builder.error('KEYS_POLICY', { line, column }, field, message);
  }
  for (const section of document.sections) builder.content.sections.push(section);
  tellUnknownNames(document.sections, builder);
  return builder.content;
}

/** A name that stands for no address fits no packet: its entry is never used. */
function tellUnknownNames(sections: readonly PolicySection[], builder: KeyFileBuilder): void {
  const told = new Set<string>();
  for (const section of sections) {
    // Care-of addresses change, so rows of a SAD that name one as their destination are as they should be.
    if (!('rules' in section)) continue;
    for (const { name, prefix } of addressesOf(section).filter(isUnknown)) {
      if (prefix !== undefined || told.has(name) || told.size >= MAX_UNKNOWN_NAMES) continue;
      told.add(name);
      builder.warning(
        'KEYS_NAME',
        { line: section.line, column: 0 },
        'name',
        `${name} in this section has no address, so entries with it fit no packet; write ${name} = 2001:db8::1 above the first section`,
      );
    }
  }
}

function isUnknown({ name, prefix }: PolicyAddress): boolean {
  // A name that may be a key in the wrong place is not shown.
  return prefix === undefined && name.length <= 40 && !/[0-9A-Fa-f]{9}/.test(name);
}
