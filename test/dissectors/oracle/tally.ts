/**
 * Counts of a comparison, a row for each group of packets.
 */
import type { Dissection } from '../../../dissectors/core/node.ts';
import { compareFields } from './judge.ts';
import type { Difference, Entries, Verdict } from './judge.ts';
import type { OraclePacket } from './tshark.ts';

/** Counts of one group. */
export interface Counts {
  packets: number;
  equal: number;
  means: number;
  ours: number;
  other: number;
  /** Differences that nothing explains: theirs may be right. */
  theirs: number;
}

const COLUMN: Readonly<Record<Verdict, 'means' | 'ours' | 'other'>> = {
  'equal by other means': 'means',
  'ours right': 'ours',
  'not comparable': 'other',
};

const HEAD = [
  'group',
  'packets',
  'compared',
  'equal',
  'by other means',
  'ours right',
  'not comparable',
  'theirs right',
];

/** Differences told when a test fails. */
const SHOWN = 20;

/** Counts by group, and the differences that nothing explains. */
export class Tally {
  readonly #rows = new Map<string, Counts>();
  readonly entries: Entries;
  /** Differences without an explanation, with their group. */
  readonly open: (Difference & { readonly group: string })[] = [];

  constructor(entries: Entries) {
    this.entries = entries;
  }

  /** The counts of a group. */
  row(group: string): Counts {
    let row = this.#rows.get(group);
    if (row === undefined) {
      row = { packets: 0, equal: 0, means: 0, ours: 0, other: 0, theirs: 0 };
      this.#rows.set(group, row);
    }
    return row;
  }

  /** Counts a difference by what explains it. */
  judge(group: string, difference: Difference): void {
    const row = this.row(group);
    const entry = this.entries.find(difference);
    if (entry === undefined) {
      row.theirs++;
      this.open.push({ ...difference, group });
    } else {
      row[COLUMN[entry.verdict]]++;
    }
  }

  /** Counts one packet. */
  compare(
    group: string,
    dissection: Dissection,
    theirs: OraclePacket | undefined,
    isCompared: (name: string) => boolean,
    subject: string,
  ): void {
    if (theirs === undefined) throw new Error(`${subject}: the other has no such packet`);
    const row = this.row(group);
    const { equal, reshaped, differences } = compareFields(dissection, theirs, isCompared, subject);
    row.packets++;
    row.equal += equal;
    row.means += reshaped;
    for (const difference of differences) this.judge(group, difference);
  }

  /** Differences that nothing explains, in words. */
  unexplained(): string[] {
    return this.open
      .slice(0, SHOWN)
      .map(
        ({ group, subject, name, kind, offset, here, there }) =>
          `${group}: ${subject}: ${name} ${kind} at ${offset}: here '${here}', there '${there}'`,
      );
  }

  /** Share of the compared fields that nothing explains. */
  openShare(): number {
    let compared = 0;
    for (const { equal, means, ours, other, theirs } of this.#rows.values()) {
      compared += equal + means + ours + other + theirs;
    }
    return compared === 0 ? 0 : this.open.length / compared;
  }

  /** Counts of all groups. */
  rows(): [group: string, counts: Counts][] {
    return [...this.#rows];
  }
}

/** The counts of several comparisons as one table of text. */
export function tableOf(tallies: readonly Tally[]): string {
  const rows = tallies
    .flatMap((tally) => tally.rows())
    .map(([group, { packets, equal, means, ours, other, theirs }]) => {
      const compared = equal + means + ours + other + theirs;
      return [group, packets, compared, equal, means, ours, other, theirs];
    });
  const sums = HEAD.slice(1).map((_, column) =>
    rows.reduce((sum, row) => sum + Number(row[column + 1]), 0),
  );
  const lines = [HEAD, ...rows, ['all', ...sums]].map((row) => row.map(String));
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 0 ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  '),
    )
    .join('\n');
}
