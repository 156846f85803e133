/**
 * Learns a site file from captures.
 */
import { randomInt } from 'node:crypto';
import { Engine } from '../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { OutputError } from '../../io/output.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { refuseToOverwrite } from '../own-files.ts';
import { ReportOutput, outputExitCode } from '../report-output.ts';
import { faultRecords, isUnopened } from '../report/faults.ts';
import { plural } from '../report/numbers.ts';
import { isAtLeast } from '../report/verdict.ts';
import type { Session } from '../session.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Terminal } from '../terminal.ts';
import { Learner } from './knowledge.ts';
import { siteText } from './site-text.ts';

/**
 * Writes the site file that the captures of a session teach.
 * @param output file; undefined or `-` = standard output
 * @returns the exit code: 0 also when the traffic was not clean, which is said
 * @throws CliError when the output cannot be opened
 */
export async function learnSite(
  session: Session,
  output: string | undefined,
  terminal: Terminal,
): Promise<ExitCode> {
  const { captures, rules, associations, ike, verification, policies, keyFiles } = session;
  const { source, errors } = captures;
  refuseToOverwrite(
    [['--output', output]],
    [...keyFiles, ...source.inputs.map(({ name }) => name)],
  );
  const place = new ReportOutput(terminal, output, 'replace');
  const stop = new StopSignals(() => undefined);
  try {
    const learner = new Learner();
    const engine = new Engine({
      site: UNKNOWN_SITE,
      rules,
      associations,
      ike,
      verification,
      policies,
      inputs: source.inputs,
      interfaces: source.interfaces,
      observer: learner,
      seed: randomInt(2 ** 31),
    });
    await source.run(
      (record) => {
        engine.feed(record);
      },
      { signal: stop.signal },
    );
    const summary = engine.finish();
    const { inputs, interfaces } = source;
    const learned = siteText({ summary, knowledge: learner, inputs, interfaces });
    place.sink.write(learned.text);
    place.commit();
    const faults = faultRecords(source, errors);
    for (const fault of faults.filter((item) => !isUnopened(item))) {
      terminal.say(`mip6guard: ${fault.pcap_filename}: ${fault.message}`);
    }
    const findings = summary.alerts.filter(({ severity }) => isAtLeast(severity, 'medium'));
    if (findings.length > 0) {
      const ids = [...new Set(findings.map(({ rule }) => rule.id))].join(', ');
      terminal.say(
        `mip6guard: warning: the traffic was not clean: ${plural(findings.length, 'finding')} of medium or above (${ids}); what an attacker did may have been learned`,
      );
    }
    if (place.isFile) {
      const { agents, nodes, links, routers } = learned;
      const parts = [
        plural(agents, 'home agent'),
        plural(nodes, 'mobile node'),
        plural(links, 'link'),
        plural(routers, 'router'),
      ];
      terminal.say(`mip6guard: ${output ?? ''}: ${parts.join(', ')}. Read it before you use it.`);
    }
    return faults.length > 0 ? EXIT.input : EXIT.clean;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new CliError(outputExitCode(error), error.message, { cause: error });
  } finally {
    stop.dispose();
    place.abandon();
  }
}
