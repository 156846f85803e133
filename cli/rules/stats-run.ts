/**
 * What rules cost over captures.
 */
import { randomInt } from 'node:crypto';
import { Engine } from '../../engine/pipeline.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { faultRecords, isUnopened } from '../report/faults.ts';
import { countText, plural } from '../report/numbers.ts';
import { Page } from '../report/page.ts';
import type { ColourChoice } from '../report/palette.ts';
import { safeText } from '../report/safe-text.ts';
import type { Session } from '../session.ts';
import { StopSignals } from '../stop-signals.ts';
import { reportStyle } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { filterMatcher } from './packet-matcher.ts';

/** Rules shown in the table. */
const MAX_ROWS = 30;

/** How to show it. */
export interface StatsOptions {
  readonly isJson: boolean;
  readonly colour: ColourChoice;
}

/** Runs all rules over the captures of a session and tells what each cost. */
export async function ruleStats(
  session: Session,
  { isJson, colour }: StatsOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { captures, site, rules, localRules, associations, ike, verification, policies } = session;
  const { source, errors } = captures;
  const stop = new StopSignals(() => undefined);
  const stopwatch = (): number => performance.now();
  const engine = new Engine({
    site,
    rules,
    associations,
    ike,
    verification,
    policies,
    matcher: filterMatcher(localRules, session, source.interfaces),
    inputs: source.inputs,
    interfaces: source.interfaces,
    seed: randomInt(2 ** 31),
    today: new Date().toISOString().slice(0, 10),
    stopwatch,
  });
  const start = stopwatch();
  try {
    await source.run(
      (record) => {
        engine.feed(record);
      },
      { signal: stop.signal },
    );
  } finally {
    stop.dispose();
  }
  const { counters } = engine.finish();
  const total = stopwatch() - start;
  const titles = new Map(rules.map(({ id, title }) => [id, title]));
  const costs = [...engine.ruleCosts].sort((a, b) => b.milliseconds - a.milliseconds);
  const ofRules = costs.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const share = (milliseconds: number): number => (total === 0 ? 0 : milliseconds / total);
  const faults = faultRecords(source, errors);
  for (const fault of faults.filter((item) => !isUnopened(item))) {
    terminal.say(`mip6guard: ${fault.pcap_filename}: ${fault.message}`);
  }
  if (isJson) {
    const document = {
      packets: counters.packets,
      milliseconds: round(total),
      rules_milliseconds: round(ofRules),
      rules: costs.map(({ ruleId, evaluations, alerts, milliseconds }) => ({
        rule: ruleId,
        signature: titles.get(ruleId) ?? '',
        evaluations,
        alerts,
        milliseconds: round(milliseconds),
        share: round(share(milliseconds)),
      })),
    };
    terminal.output.write(`${JSON.stringify(document, undefined, 2)}\n`);
    return faults.length > 0 ? EXIT.input : EXIT.clean;
  }
  const { paint, width } = reportStyle(terminal, colour, false);
  const page = new Page(width, paint);
  const run = costs.filter(({ evaluations }) => evaluations > 0);
  const right = (text: string, columns: number): string => text.padStart(columns);
  page.table(0, [
    [
      { text: 'Rule', style: 'bold' },
      { text: right('Evaluations', 11), style: 'bold' },
      { text: right('Alerts', 6), style: 'bold' },
      { text: right('ms', 9), style: 'bold' },
      { text: right('Share', 6), style: 'bold' },
      { text: 'Title', style: 'bold' },
    ],
    ...run
      .slice(0, MAX_ROWS)
      .map(({ ruleId, evaluations, alerts, milliseconds }) => [
        { text: ruleId, style: 'name' as const },
        right(countText(evaluations), 11),
        right(countText(alerts), 6),
        right(milliseconds.toFixed(1), 9),
        right(`${(share(milliseconds) * 100).toFixed(1)}%`, 6),
        safeText(titles.get(ruleId) ?? ''),
      ]),
  ]);
  page.blank();
  const silent = costs.length - run.length;
  const more = run.length - MAX_ROWS;
  if (more > 0)
    page.paragraph(0, `and ${plural(more, 'more rule')}: --format json has all of them.`);
  if (silent > 0) page.paragraph(0, `${plural(silent, 'rule')} had nothing to judge.`);
  page.paragraph(
    0,
    `${plural(counters.packets, 'packet')} in ${(total / 1000).toFixed(2)} s; all rules together ${(share(ofRules) * 100).toFixed(1)}% of it, the taking of times included.`,
  );
  terminal.output.write(page.toString());
  return faults.length > 0 ? EXIT.input : EXIT.clean;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
