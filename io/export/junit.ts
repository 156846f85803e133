/**
 * JUnit XML, for continuous integration: a suite for each category of rules with a case for each rule, and one for
 * the inputs. Schema of what is written: docs/junit.xsd, a part of what readers of Apache Ant's format take.
 */
import type { RuleDefinition, Severity } from '../../engine/rule-api.ts';
import type { AlertRecord, AuditDocument, PacketPointer } from './records.ts';

/** A case of a suite. */
interface Case {
  readonly className: string;
  readonly name: string;
  /** Elements in it, as XML. */
  readonly failure?: string | undefined;
  readonly error?: string | undefined;
  readonly skipped?: string | undefined;
  readonly output?: string | undefined;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** What XML 1.0 cannot hold, not even escaped (section 2.2), and marks that turn the direction of text. */
const FORBIDDEN =
  /[^\t\n\r\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text for an element or a quoted attribute. */
export function xmlText(text: string): string {
  return text
    .replace(FORBIDDEN, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\u{${code.toString(16)}}`;
    })
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

/** Text for an attribute: a reader would turn line feeds and tabs into spaces. */
function attribute(text: string): string {
  return xmlText(text).replace(/[\t\n\r]/g, ' ');
}

/**
 * The report of a run, ended by a line feed.
 * @param rules all rules that ran, in order of their ids
 * @param isFailure whether a finding of that severity makes a test fail; others are told in its output
 */
export function junitText(
  document: AuditDocument,
  rules: readonly RuleDefinition[],
  isFailure: (severity: Severity) => boolean,
): string {
  const categories = [...new Set(rules.map(({ category }) => category))].sort();
  const byRule = new Map<string, AlertRecord[]>();
  for (const alert of document.alerts) {
    const list = byRule.get(alert.rule);
    if (list === undefined) byRule.set(alert.rule, [alert]);
    else list.push(alert);
  }
  const notJudged = new Map(document.not_judged.map(({ rule, reason }) => [rule, reason]));
  const suites: Suite[] = [
    { name: 'mip6guard inputs', cases: inputCases(document) },
    ...categories.map((category) => ({
      name: `mip6guard ${category}`,
      cases: rules
        .filter((rule) => rule.category === category)
        .map((rule) => {
          const alerts = byRule.get(rule.id) ?? [];
          return ruleCase(rule, alerts, notJudged.get(rule.id), document, isFailure);
        }),
    })),
  ];
  const all = suites.flatMap(({ cases }) => cases);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="mip6guard audit" ${totals(all)}>`,
    ...suites.flatMap((suite) => suiteLines(suite, document)),
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

/** A case for each input, and one for the tool itself when it failed. */
function inputCases({ run, faults, internal_errors: errors }: AuditDocument): Case[] {
  const names = new Set([
    ...run.inputs.map(({ pcap_filename }) => pcap_filename),
    ...faults.map(({ pcap_filename }) => pcap_filename),
  ]);
  const cases: Case[] = [...names].map((name) => {
    const found = faults.filter(({ pcap_filename }) => pcap_filename === name);
    const text = found
      .map((fault) => {
        return `${fault.code} at octet ${fault.offset}, after ${fault.packets_before} packets: ${fault.message}`;
      })
      .join('\n');
    const [first] = found;
    const error =
      first === undefined
        ? undefined
        : `<error message="${attribute(first.message)}" type="${attribute(first.code)}">${xmlText(text)}</error>`;
    return { className: 'mip6guard.inputs', name: name === '-' ? 'standard input' : name, error };
  });
  if (errors.length > 0) {
    const error = `<error message="internal error" type="internal">${xmlText(errors.join('\n'))}</error>`;
    cases.push({ className: 'mip6guard.inputs', name: 'mip6guard itself', error });
  }
  return cases;
}

/** Findings below the threshold are told, and no failure: the exit code does not count them either. */
function ruleCase(
  { id, title, category }: RuleDefinition,
  alerts: readonly AlertRecord[],
  reason: string | undefined,
  document: AuditDocument,
  isFailure: (severity: Severity) => boolean,
): Case {
  const failing = alerts.filter(({ severity }) => isFailure(severity));
  const others = alerts.filter(({ severity }) => !isFailure(severity));
  const [first] = failing;
  const lead = failing.length > 1 ? `${failing.length} findings: ` : '';
  return {
    className: `mip6guard.${category}`,
    name: `${id} ${title}`,
    failure:
      first === undefined
        ? undefined
        : `<failure message="${attribute(lead + first.message)}" type="${first.severity}">${xmlText(
            failing.map((alert) => alertText(alert, document)).join('\n\n'),
          )}</failure>`,
    skipped:
      reason === undefined
        ? undefined
        : `<skipped message="${attribute(`not judged: ${reason}`)}"/>`,
    output:
      others.length === 0
        ? undefined
        : `<system-out>${xmlText(
            others.map((alert) => alertText(alert, document)).join('\n\n'),
          )}</system-out>`,
  };
}

function alertText(alert: AlertRecord, { incidents }: AuditDocument): string {
  const incident = incidents.find(({ incident_id }) => incident_id === alert.incident_id);
  const times = alert.count === 1 ? '' : `, ${alert.count} times`;
  return [
    `${alert.severity} (${alert.confidence}): ${alert.message}`,
    `at ${placeOf(alert.packet)}${times}`,
    ...(incident === undefined ? [] : [`incident ${incident.incident_id}: ${incident.title}`]),
    ...alert.evidence.map((item) => {
      const link = item.in_iface === undefined ? '' : ` on ${item.in_iface}`;
      return `evidence ${placeOf(item)}${link}: ${item.text}`;
    }),
    `fingerprint: ${alert.fingerprint}`,
    `what to do: ${alert.advice}`,
    `read: ${alert.references.join('; ')}`,
  ].join('\n');
}

function placeOf({ pcap_filename, pcap_cnt, timestamp }: PacketPointer): string {
  return `${pcap_filename}#${pcap_cnt} (${timestamp})`;
}

function totals(cases: readonly Case[]): string {
  const count = (has: (item: Case) => boolean): number => cases.filter(has).length;
  // The length of a run would differ from run to run; the cases share one pass over the packets anyway.
  return `tests="${cases.length}" failures="${count((c) => c.failure !== undefined)}" errors="${count(
    (c) => c.error !== undefined,
  )}" skipped="${count((c) => c.skipped !== undefined)}" time="0"`;
}

function suiteLines({ name, cases }: Suite, { run }: AuditDocument): string[] {
  const properties: (readonly [string, string])[] = [
    ['version', run.version],
    ['fail-on', run.fail_on],
    ...(run.baseline === undefined
      ? []
      : ([
          ['baseline', run.baseline.file],
          ['baseline-known', `${run.baseline.known.length}`],
          ['baseline-not-seen', `${run.baseline.not_seen.length}`],
        ] as const)),
  ];
  return [
    `  <testsuite name="${attribute(name)}" ${totals(cases)}>`,
    '    <properties>',
    ...properties.map(
      ([key, value]) => `      <property name="${key}" value="${attribute(value)}"/>`,
    ),
    '    </properties>',
    ...cases.flatMap((item) => {
      const head = `    <testcase classname="${attribute(item.className)}" name="${attribute(item.name)}" time="0"`;
      const inside = [item.skipped, item.error, item.failure, item.output].filter(
        (element) => element !== undefined,
      );
      return inside.length === 0
        ? [`${head}/>`]
        : [`${head}>`, ...inside.map((element) => `      ${element}`), '    </testcase>'];
    }),
    '  </testsuite>',
  ];
}
