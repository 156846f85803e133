import { describe, expect, it } from 'vitest';
import { loadRules } from '../../../cli/rules-directory.ts';
import { auditDocument } from '../../../cli/report/document.ts';
import { referenceUri } from '../../../io/export/reference-uri.ts';
import { SARIF_FINGERPRINT, sarifText, uriOf } from '../../../io/export/sarif.ts';
import type { SarifMaterial } from '../../../io/export/sarif.ts';
import type { AuditDocument } from '../../../io/export/records.ts';
import {
  SECRET,
  makeAlert,
  makeRun,
  makeRule,
  makeSummary,
} from '../../cli/report/audit-builders.ts';
import { sarifCheck } from '../../sarif-schema.ts';

const faults = (value: unknown): string[] => sarifCheck()(value);

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly Record<string, unknown>[] } };
      readonly invocations: readonly [Record<string, unknown>];
      readonly results: readonly Record<string, unknown>[];
    },
  ];
}

function log(document: AuditDocument, material: Partial<SarifMaterial> = {}): Log {
  const minor = makeRule({ id: 'MIP6-1001', title: 'Checksum invalid', severity: 'low' });
  const text = sarifText(document, {
    rules: [minor, makeRule()],
    known: [],
    exitCode: 1,
    ...material,
  });
  const value = JSON.parse(text) as Log;
  expect(faults(value)).toEqual([]);
  return value;
}

function makeDocument(): AuditDocument {
  return auditDocument(makeSummary(), makeRun());
}

describe('a SARIF log', () => {
  it('fits the schema with findings, faults of inputs and rules that could not be judged', () => {
    const fault = {
      pcap_filename: 'captures/site.pcapng',
      code: 'CAPTURE_TRUNCATED',
      message: 'the last packet is cut short',
      offset: 1234,
      packets_before: 42,
    };
    const document = auditDocument(makeSummary({ internalErrors: ['MIP6-1200 failed'] }), {
      ...makeRun(),
      faults: [fault],
      isStopped: true,
    });
    const [run] = log(document, { exitCode: 1 }).runs;
    const [invocation] = run.invocations;
    expect(invocation).toMatchObject({
      exitCode: 1,
      executionSuccessful: false,
      toolExecutionNotifications: [
        { level: 'error', descriptor: { id: 'CAPTURE_TRUNCATED' } },
        { level: 'error', message: { text: 'MIP6-1200 failed' } },
        { level: 'warning' },
      ],
      toolConfigurationNotifications: [
        { associatedRule: { id: 'MIP6-1110' }, level: 'note' },
        { associatedRule: { id: 'MIP6-1113' }, level: 'note' },
      ],
    });
  });

  it('names rule, level, packets and the fingerprint of a finding', () => {
    const document = makeDocument();
    const [run] = log(document).runs;
    expect(run.results[0]).toMatchObject({
      ruleId: 'MIP6-1106',
      ruleIndex: 1,
      level: 'error',
      occurrenceCount: 2,
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'captures/site.pcapng', index: 0 } },
          logicalLocations: [{ fullyQualifiedName: 'captures/site.pcapng#12', kind: 'packet' }],
          properties: { packet: 12 },
        },
      ],
      relatedLocations: [{ id: 0, properties: { packet: 11 } }, { id: 1 }],
      partialFingerprints: { [SARIF_FINGERPRINT]: document.alerts[0]?.fingerprint ?? '' },
      properties: { confidence: 'certain', incident: 1 },
    });
    expect(run.results[1]).toMatchObject({ ruleId: 'MIP6-1001', level: 'note' });
    expect(run.results[1]).not.toHaveProperty('baselineState');
  });

  it('tells what is known as suppressed and what was not found again as absent', () => {
    const document = makeDocument();
    const [first, second] = document.alerts;
    if (first === undefined || second === undefined) throw new Error('two alerts are needed');
    const { rule, severity, message } = first;
    const gone = { fingerprint: 'f'.repeat(32), rule, severity, message };
    const withBaseline: AuditDocument = {
      ...document,
      alerts: [first],
      run: {
        ...document.run,
        baseline: { file: 'known.json', known: [second], known_incidents: 0, not_seen: [gone] },
      },
    };
    const [run] = log(withBaseline, { known: [second] }).runs;
    expect(run.results.map(({ baselineState }) => baselineState)).toEqual([
      'new',
      'unchanged',
      'absent',
    ]);
    expect(run.results[1]).toMatchObject({
      suppressions: [{ kind: 'external', justification: 'in the baseline known.json' }],
    });
    expect(run.results[0]).not.toHaveProperty('suppressions');
  });

  it('describes every rule of the package with help, level and a place to read', async () => {
    const rules = await loadRules();
    const [run] = log(makeDocument(), { rules }).runs;
    expect(run.tool.driver.rules).toHaveLength(rules.length);
    const withoutUri = run.tool.driver.rules.filter(({ helpUri }) => typeof helpUri !== 'string');
    expect(withoutUri.map(({ id }) => id)).toEqual([]);
    const names = run.tool.driver.rules.map(({ name }) => name);
    expect(names.filter((name) => !/^[A-Za-z0-9]+$/.test(String(name)))).toEqual([]);
  });

  it('holds no key', () => {
    expect(JSON.stringify(log(makeDocument()))).not.toContain(SECRET);
  });

  it('fits the schema whatever names and messages hold', () => {
    const nasty = 'a\u0000\u202e<script>\ud800 %zz/../x:y?z#\n.pcap';
    const summary = makeSummary({ alerts: [makeAlert({ draft: { message: nasty } })] });
    const document = auditDocument(summary, {
      ...makeRun(),
      inputs: [{ name: nasty, packets: 1 }],
    });
    log(document);
  });
});

describe('the URI of an input', () => {
  it.each([
    ['a/b.pcapng', 'a/b.pcapng'],
    ['/x/b c.pcap', 'file:///x/b%20c.pcap'],
    ['a:b#c?d%', 'a%3Ab%23c%3Fd%25'],
    ['-', 'stdin'],
    ['\ud800', '%EF%BF%BD'],
  ])('of %j is %s', (file, uri) => {
    expect(uriOf(file)).toBe(uri);
  });
});

describe('the URI of a reference', () => {
  it.each([
    ['RFC 6275 section 11.5.5', 'https://www.rfc-editor.org/rfc/rfc6275#section-11.5.5'],
    ['RFC 4225', 'https://www.rfc-editor.org/rfc/rfc4225'],
    [
      'draft-ebalard-mext-hld-security-00 section 5.3',
      'https://datatracker.ietf.org/doc/html/draft-ebalard-mext-hld-security-00#section-5.3',
    ],
    ['a book', undefined],
  ])('of %s is %s', (reference, uri) => {
    expect(referenceUri(reference)).toBe(uri);
  });
});
