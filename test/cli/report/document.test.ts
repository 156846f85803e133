import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { exitCodeOf } from '../../../cli/report/verdict.ts';
import { jsonText } from '../../../io/export/json-text.ts';
import { badValues, schemaCheck } from '../../schema-check.ts';
import { makeAlert, makeQuietSummary, makeRun, makeSummary, SECRET } from './audit-builders.ts';

const check = schemaCheck('audit.schema.json');

const FAULT = {
  pcap_filename: 'captures/site.pcapng',
  code: 'CAPTURE_TRUNCATED',
  message: 'ends in the middle of a packet',
  offset: 1234,
  packets_before: 42,
};

describe('the document of a run', () => {
  it.each([
    ['an attack', makeSummary(), makeRun()],
    ['nothing found', makeQuietSummary(), makeRun({ site: undefined, keyFiles: [] })],
    ['damaged inputs', makeQuietSummary(), makeRun({ faults: [FAULT], isStopped: true })],
  ])('fits its schema: %s', (_, summary, run) => {
    const document: unknown = JSON.parse(jsonText(auditDocument(summary, run)));
    expect(check(document)).toEqual([]);
    expect(badValues(document)).toEqual([]);
  });

  it('is refused by the schema when a field is missing or unknown', () => {
    const document = auditDocument(makeSummary(), makeRun());
    const { counters, ...without } = document;
    expect(check(without)).not.toEqual([]);
    expect(check({ ...document, extra: counters })).not.toEqual([]);
  });

  it('names addresses as RFC 5952 does and rules by their numbers', () => {
    const { alerts, bindings } = auditDocument(makeSummary(), makeRun());
    expect(alerts[0]).toMatchObject({
      rule: 'MIP6-1106',
      signature_id: 1106,
      home_address: '2001:db8:1::10',
      attacker: '2001:db8:6::66',
      home_prefix: '2001:db8:1::/64',
      packet: { pcap_filename: 'captures/site.pcapng', pcap_cnt: 12 },
      incident_id: 1,
    });
    expect(bindings[0]).toMatchObject({
      care_of_address: '2001:db8:3::99',
      flags: ['acknowledge', 'home_registration'],
      lifetime: 60,
    });
  });

  it('shows a link-layer address that acts as such', () => {
    const attacker = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 1);
    const alerts = [makeAlert({ draft: { attacker } })];
    const [alert] = auditDocument(makeSummary({ alerts }), makeRun()).alerts;
    expect(alert?.attacker).toBe('02:00:5e:00:53:01');
  });

  it('says how each security association fared, and holds no keys', () => {
    const document = auditDocument(makeSummary(), makeRun());
    expect(document.associations).toMatchObject([
      { spi: 0x1000, packets: 5, opened: 0, icv_mismatches: 5, verdict: 'wrong-key' },
      { spi: 0x2000, packets: 0, verdict: 'unused' },
    ]);
    expect(jsonText(document)).not.toContain(SECRET);
  });
});

describe('the exit code of a run', () => {
  it.each([
    ['nothing', makeQuietSummary(), makeRun(), 0],
    ['findings at the threshold', makeSummary(), makeRun({ failOn: 'critical' }), 1],
    [
      'findings below the threshold',
      makeSummary({ alerts: [makeAlert({ severity: 'low' })], incidents: [] }),
      makeRun(),
      0,
    ],
    ['a damaged input', makeQuietSummary(), makeRun({ faults: [FAULT] }), 3],
    ['findings in a damaged input', makeSummary(), makeRun({ faults: [FAULT] }), 1],
    ['a rule that failed', { ...makeQuietSummary(), internalErrors: ['rule'] }, makeRun(), 5],
  ])('for %s', (_, summary, run, code) => {
    expect(exitCodeOf(auditDocument(summary, run))).toBe(code);
  });
});
