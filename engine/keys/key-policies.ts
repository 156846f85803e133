/**
 * Policies of key files for the engine, and what is wrong with several files together.
 */
import { keyFileEntry, ruleEntries } from '../ipsec/policy-database.ts';
import type { DatabaseEntry } from '../ipsec/policy-database.ts';
import { policyOverlaps } from '../ipsec/policy-overlap.ts';
import type { OrderedEntry } from '../ipsec/policy-overlap.ts';
import { AssociationConflicts, conflictCode, conflictMessage } from './association-conflicts.ts';
import type { AssociationEntry, KeyFileContent, PolicyEntry } from './key-file.ts';
import type { KeyProblem } from './key-problem.ts';
import type { KeyFormatName } from './key-formats.ts';

/** What a file has to do with policies. */
export interface PolicyFile extends Pick<KeyFileContent, 'policies' | 'sections'> {
  /** Undefined for one of no known format. */
  readonly format: KeyFormatName | undefined;
}

/** Warnings about files together; more of one kind have one cause. */
const MAX_WARNINGS = 50;

/** Policies of a file as the engine asks them, in the order of the look-up. */
export function databaseEntries(file: PolicyFile): DatabaseEntry[] {
  return orderedEntries(file, '').map(({ entry }) => entry);
}

function orderedEntries(file: PolicyFile, name: string): OrderedEntry[] {
  const ordered: OrderedEntry[] = [];
  for (const policy of inOrder(file)) {
    const entry = keyFileEntry(policy);
    if (entry === undefined) continue;
    ordered.push({ database: policy.direction, entry, file: name, line: policy.origin.line });
  }
  for (const { section, rule, entry } of ruleEntries({ sections: file.sections })) {
    const database = `${section.node} ${section.database}`;
    ordered.push({ database, entry, file: name, line: rule.line });
  }
  return ordered;
}

/** Linux looks at small priorities first, setkey's are the more important the larger they are. Stable. */
function inOrder({ format, policies }: PolicyFile): readonly PolicyEntry[] {
  if (policies.every(({ priority }) => priority === undefined)) return policies;
  const sign = format === 'setkey' ? -1 : 1;
  return [...policies].sort((a, b) => sign * ((a.priority ?? 0) - (b.priority ?? 0)));
}

/**
 * Policies of one file that are in each other's way: warnings, at most {@link MAX_WARNINGS}.
 * @param name file as the user knows it.
 */
export function policyWarnings(file: PolicyFile, name: string): KeyProblem[] {
  const overlaps = policyOverlaps(orderedEntries(file, name));
  return overlaps.slice(0, MAX_WARNINGS).map(({ earlier, later, kind }) => ({
    severity: 'warning',
    code: 'KEYS_OVERLAP',
    file: name,
    line: later.line,
    column: 0,
    field: 'policy',
    message:
      kind === 'covered'
        ? `never used: the policy of line ${earlier.line} fits all it fits, and comes before it. Put the closer one first`
        : `overlaps with the policy of line ${earlier.line}, which says something else and decides. Narrow one of the two`,
  }));
}

/** Associations of different files that are in each other's way: warnings, at most {@link MAX_WARNINGS}. */
export function fileConflicts(
  files: readonly { readonly entries: readonly AssociationEntry[] }[],
): KeyProblem[] {
  const conflicts = new AssociationConflicts();
  const problems: KeyProblem[] = [];
  for (const { entries } of files) {
    for (const { association } of entries) {
      const conflict = conflicts.add(association);
      const { file, line } = association.origin;
      // What is wrong within a file was told when it was read.
      if (conflict === undefined || conflict.with.file === file) continue;
      if (problems.length >= MAX_WARNINGS) return problems;
      problems.push({
        severity: 'warning',
        code: conflictCode(conflict.kind),
        file,
        line,
        column: 0,
        field: 'spi',
        message: conflictMessage(conflict.kind, `${conflict.with.file}:${conflict.with.line}`),
      });
    }
  }
  return problems;
}
