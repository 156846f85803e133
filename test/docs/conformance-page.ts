/**
 * The page of cases that the nodes are tested by.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DECISIONS, NOT_APPLICABLE } from '../nodes/conformance/decisions.ts';
import { ROOT } from './pages.ts';

const cases = z.array(
  z.strictObject({
    id: z.string(),
    level: z.enum(['M', 'S', 'O', 'A', 'X']),
    group: z.string(),
    stimulus: z.string(),
    behaviour: z.string(),
    source: z.string(),
  }),
);

/** A case of the conformance list. */
export type ConformanceCase = z.infer<typeof cases>[number];

/** All cases, in the order of the list. */
export const CASES: readonly ConformanceCase[] = cases.parse(
  JSON.parse(readFileSync(path.join(ROOT, 'test/nodes/conformance/cases.json'), 'utf8')),
);

const LEVELS = {
  M: 'mandatory',
  S: 'recommended',
  O: 'optional',
  A: 'left open',
  X: 'stricter than the RFC',
} as const;

/** Ids in titles of tests: between quotes, so that a comment proves nothing. */
const TITLE = /(['"`])(?:(?!\1).)*\1/g;
const ID = /\b(?:COM|HA|MN|CN|IPS|DRG)(?:-[A-Z]{2,4})?-\d{2}\b/g;

function testFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** Files whose tests name a case, by id. */
function filesByCase(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    const ids = new Set(
      [...text.matchAll(TITLE)].flatMap(([title]) => [...title.matchAll(ID)].map(([id]) => id)),
    );
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), file]);
  }
  return found;
}

/** Tests of state machines, and of real processes in network namespaces. */
export const TESTED = {
  machine: filesByCase(testFiles('test/nodes')),
  wire: filesByCase(testFiles('test/e2e').filter((file) => file.includes('/nodes'))),
} as const;

/** Whether a case is about a part that the nodes leave to others. */
export function isNotApplicable(id: string): boolean {
  return NOT_APPLICABLE.some((each) => each.id === id);
}

const short = (file: string): string =>
  file.replace(/^test\/(?:nodes|e2e)\//, '').replace('.test.ts', '');

function row({ id, level, stimulus, behaviour, source }: ConformanceCase): string {
  const decision = DECISIONS.find((each) => each.id === id)?.decision;
  const machine = (TESTED.machine.get(id) ?? []).map(short).join(', ');
  const wire = TESTED.wire.has(id) ? 'yes' : '';
  const left = NOT_APPLICABLE.find((each) => each.id === id)?.decision;
  const tests = left === undefined ? machine || '**none**' : `not applicable: ${left}`;
  const shown = decision === undefined ? behaviour : `${behaviour}. **Here:** ${decision}`;
  return `| ${id} | ${level} | ${stimulus} | ${shown} | ${source} | ${tests} | ${wire} |`;
}

function summary(): string {
  const rows = Object.entries(LEVELS).map(([level, name]) => {
    const own = CASES.filter((each) => each.level === level);
    const tested = own.filter(({ id }) => TESTED.machine.has(id)).length;
    const wire = own.filter(({ id }) => TESTED.wire.has(id)).length;
    const left = own.filter(({ id }) => isNotApplicable(id)).length;
    return `| ${level} | ${name} | ${own.length} | ${tested} | ${wire} | ${left} |`;
  });
  const tested = CASES.filter(({ id }) => TESTED.machine.has(id)).length;
  const wire = CASES.filter(({ id }) => TESTED.wire.has(id)).length;
  return [
    '| level | | cases | tested against the state machines | and against processes | not applicable |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    `| | all | ${CASES.length} | ${tested} | ${wire} | ${NOT_APPLICABLE.length} |`,
  ].join('\n');
}

/** Text of `docs/conformance.md`. */
export function conformancePage(): string {
  const groups = [...new Set(CASES.map(({ group }) => group))];
  const sections = groups.map((group) =>
    [
      `## ${group}`,
      '',
      '| case | level | when | then | source | tests (test/nodes) | on the wire |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...CASES.filter((each) => each.group === group).map(row),
    ].join('\n'),
  );
  return `<!-- Made by test/docs/conformance.test.ts from test/nodes/conformance/cases.json and the names of the tests. -->

# What the nodes are tested by

Each case has a test whose name begins with its id: against the running state machines on a virtual clock, and where the last
column says so against the processes in network namespaces (\`test/e2e/nodes*.test.ts\`). \`npm test\` runs them all; a case
without a test is marked.

BU and BA are the Binding Update and Acknowledgement, BE(n) is a Binding Error, PP(n) an ICMPv6 Parameter Problem of code n,
HAO the Home Address option, RH2 the type 2 routing header; SILENT: dropped without an answer and without a change of state.

${summary()}

${sections.join('\n\n')}
`;
}
