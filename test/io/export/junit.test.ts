import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { isAtLeast } from '../../../cli/report/verdict.ts';
import { junitText, xmlText } from '../../../io/export/junit.ts';
import type { AuditDocument } from '../../../io/export/records.ts';
import { makeAlert, makeRun, makeRule, makeSummary } from '../../cli/report/audit-builders.ts';
import { hasProgram } from '../../e2e/command.ts';

const SCHEMA = path.join(import.meta.dirname, '../../../docs/junit.xsd');
const RULES = [
  makeRule({ id: 'MIP6-1001', title: 'Checksum invalid', severity: 'low', category: 'integrity' }),
  makeRule(),
  makeRule({ id: 'MIP6-1110', title: 'Outside signalling' }),
];
const NASTY = 'a\u0000\u202e]]><script>"\'&\ud800\ufffe\n\t.pcap';

function report(document: AuditDocument): string {
  return junitText(document, RULES, (severity) => isAtLeast(severity, document.run.fail_on));
}

function makeDocument(): AuditDocument {
  return auditDocument(makeSummary(), makeRun());
}

function nastyDocument(): AuditDocument {
  const summary = makeSummary({
    alerts: [makeAlert({ draft: { message: NASTY } })],
    internalErrors: [NASTY],
  });
  const fault = {
    pcap_filename: NASTY,
    code: 'CAPTURE_TRUNCATED',
    message: NASTY,
    offset: 1,
    packets_before: 0,
  };
  return auditDocument(summary, {
    ...makeRun(),
    inputs: [{ name: NASTY, packets: 1 }],
    faults: [fault],
  });
}

describe('a JUnit report', () => {
  const text = report(makeDocument());

  it('has a failure with message and evidence for a rule with findings at the threshold', () => {
    const [failure = ''] = /<failure[^]*?<\/failure>/.exec(text) ?? [];
    expect(failure).toContain('type="critical"');
    expect(failure).toContain('evidence captures/site.pcapng#11');
    expect(failure).toContain('fingerprint: ');
    expect(text).toContain('classname="mip6guard.home-link" name="MIP6-1106 ');
  });

  it('tells findings below the threshold in the output of a case that passes', () => {
    const [output = ''] = /<system-out>[^]*?<\/system-out>/.exec(text) ?? [];
    expect(output).toContain('low (partial): a Mobility Header from 2001:db8:3::99');
    expect(text.match(/<failure /g)).toHaveLength(1);
  });

  it('skips a rule that could not be judged, with the reason', () => {
    expect(text).toContain('<skipped message="not judged: no link has a known role"/>');
  });

  it('counts cases, failures, errors and skipped ones', () => {
    expect(text).toContain(
      '<testsuites name="mip6guard audit" tests="4" failures="1" errors="0" skipped="1"',
    );
  });

  it('has an error for an input with a fault and for a bug of the tool', () => {
    const found = report(nastyDocument());
    expect(found).toMatch(/<error message="[^"<]*" type="CAPTURE_TRUNCATED">/);
    expect(found).toContain('name="mip6guard itself"');
  });

  it('shows what XML cannot hold as an escape', () => {
    expect(xmlText(NASTY)).toBe(
      'a\\u{0}\\u{202e}]]&gt;&lt;script&gt;&quot;&apos;&amp;\\u{d800}\\u{fffe}\n\t.pcap',
    );
  });

  it.skipIf(!hasProgram('xmllint'))('fits its schema whatever it holds (needs xmllint)', () => {
    for (const input of [text, report(nastyDocument())]) {
      const run = spawnSync('xmllint', ['--noout', '--schema', SCHEMA, '-'], {
        input,
        encoding: 'utf8',
      });
      expect(run.stderr).toBe('- validates\n');
    }
  });
});
