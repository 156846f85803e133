/**
 * Writes policies and the selectors of associations in the notation of RFC 3776 section 5 and RFC 4877 section 7, and
 * what a file in that notation holds as statements of other formats.
 */
import { writePolicies } from '../ipsec/policy-writer.ts';
import type { PolicyAssociation, PolicyMode, PolicyRule, PolicySection } from '../ipsec/policy.ts';
import type { AssociationOrigin } from '../state/security-association.ts';
import type { KeyFileContent, PolicyEntry } from './key-file.ts';
import { policiesOfRule, ruleOfPolicy, sadRowOf } from './policy-conversion.ts';
import type { WrittenItem } from './write-parts.ts';

/** Takes what came of one thing in a file. @returns whether it is in the output */
export type TakeItem = (origin: AssociationOrigin, item: WrittenItem) => boolean;

type Files = readonly Pick<KeyFileContent, 'entries' | 'policies' | 'sections'>[];

/**
 * Text of the files in the notation; IKE keys and listings are the caller's business.
 * @param take is told of each thing what is lost; the text of the items is empty.
 */
export function notationText(files: Files, take: TakeItem): { text: string; associations: number } {
  const rows: PolicyAssociation[] = [];
  const out: PolicyRule[] = [];
  const into: PolicyRule[] = [];
  const own: PolicySection[] = [];
  for (const { entries, policies, sections } of files) {
    for (const entry of entries) {
      const row = sadRowOf(entry, rows.length + 1);
      const isTaken = take(entry.association.origin, itemOf(row));
      if (isTaken && 'value' in row) rows.push(row.value);
    }
    for (const policy of policies) {
      const rule = ruleOfPolicy(policy);
      const isTaken = take(policy.origin, itemOf(rule));
      if (isTaken && 'value' in rule) (policy.direction === 'out' ? out : into).push(rule.value);
    }
    own.push(...sections);
  }
  const made: PolicySection[] = [];
  if (out.length > 0) made.push({ node: '', line: 0, database: 'SPD OUT', rules: out });
  if (into.length > 0) made.push({ node: '', line: 0, database: 'SPD IN', rules: into });
  if (rows.length > 0) made.push({ node: '', line: 0, database: 'SAD', associations: rows });
  const text = writePolicies({ sections: [...own, ...made] });
  return { text, associations: rows.length };
}

function itemOf(
  converted: { readonly lost: readonly string[] } | { readonly impossible: string },
): WrittenItem {
  if (!('impossible' in converted)) return { text: '', lost: converted.lost };
  return { impossible: `the notation has no place for ${converted.impossible}` };
}

/**
 * Writes the sections of a file in another format.
 * @param format its name, for what is told.
 * @param write writes one policy; undefined when the format has none.
 */
export function writeSections(
  sections: readonly PolicySection[],
  file: string,
  format: string,
  write: ((policy: PolicyEntry) => WrittenItem) | undefined,
  take: TakeItem,
): void {
  const modes = new Map<string, PolicyMode>();
  for (const section of sections) {
    if (section.database !== 'SAD') continue;
    for (const { name, mode } of section.associations) modes.set(name, mode);
  }
  for (const section of sections) {
    if (section.database === 'SAD') {
      for (const { line } of section.associations) {
        take({ file, line }, { impossible: 'a row of a SAD has no keys' });
      }
    } else if (section.database === 'PAD') {
      for (const { line } of section.peers) {
        take({ file, line }, { impossible: `${format} has no place for peer authorizations` });
      }
    } else {
      for (const rule of section.rules) {
        const { action, condition } = rule;
        const byInterface = condition.interface === undefined ? 'transport' : 'tunnel';
        const mode = action.kind === 'association' ? modes.get(action.name) : undefined;
        const origin = { file, line: rule.line };
        const made = policiesOfRule(rule, section.database, mode ?? byInterface, file);
        if (write === undefined)
          take(origin, { impossible: `${format} has no place for policies` });
        else if ('impossible' in made) take(origin, { impossible: made.impossible });
        else take(origin, together(made.value.map(write), made.lost));
      }
    }
  }
}

/** Several items as one: what one of them lost, it lost. */
function together(items: readonly WrittenItem[], lost: readonly string[]): WrittenItem {
  let text = '';
  const all = new Set(lost);
  for (const item of items) {
    if ('impossible' in item) return item;
    text += item.text;
    for (const word of item.lost) all.add(word);
  }
  return { text, lost: [...all] };
}
