import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { colourPaint, plainPaint } from '../../../cli/report/palette.ts';
import { textReport } from '../../../cli/report/text-report.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import type { RunDescription } from '../../../cli/report/document.ts';
import { makeBinding, makeLink, packetAt } from '../../rules/event-builders.ts';
import { makeAlert, makeQuietSummary, makeRun, makeSummary, SECRET } from './audit-builders.ts';

const ESCAPE = '\u001b';

function report(summary: EngineSummary, run: RunDescription = makeRun(), width = 100): string {
  return textReport(auditDocument(summary, run), { paint: plainPaint, width });
}

/** Lines of one section, heading left out. */
function section(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) return '';
  const end = lines.findIndex((line, i) => i > start + 1 && /^─+$/.test(line));
  return lines.slice(start + 2, end < 0 ? undefined : end - 1).join('\n');
}

describe('the text report of an attack', () => {
  const text = report(makeSummary());

  it('names inputs, time, site and keys', () => {
    expect(text).toContain('captures/site.pcapng, 42 packets');
    expect(text).toContain('2023-11-14 22:13:20 to 22:16:32 UTC (3 min 12 s)');
    expect(text).toContain('site.yaml');
    expect(text).toContain('esp_sa (2 security associations)');
  });

  it('says what was seen', () => {
    const seen = section(text, 'What was seen');
    expect(seen).toContain('42 (51.2 kB): 40 IPv6, 1 IPv4, 1 of another kind');
    expect(seen).toContain('3 Binding Update, 2 Binding Acknowledgement, 1 MH Type 200');
    expect(seen).toContain('8 packets, 3 without a key, 5 that no key fits (ICV mismatch)');
    expect(seen).toContain('1 × Mobility Header checksum wrong (MH_CHECKSUM)');
    expect(seen).not.toContain('OPTION_UNKNOWN');
    expect(seen).toContain('7 entries of the table bindings');
  });

  it('says where the role of a link is known from', () => {
    expect(section(text, 'Links')).toMatch(
      /unknown +unknown → foreign +a relayed packet proves it/,
    );
  });

  it('shows the life of a binding with packets', () => {
    const bindings = section(text, 'Bindings over time');
    expect(bindings).toContain('2001:db8:1::10 at home agent 2001:db8:1::1: deregistered');
    expect(bindings).toMatch(
      /22:13:21\.000 +registered +site\.pcapng#1 +care-of 2001:db8:3::99, sequence 1, 1 min, status 0/,
    );
    expect(bindings).toMatch(/22:13:32\.000 +deregistered +site\.pcapng#12 +at home, inferred/);
  });

  it('says that a key is wrong, and that one was never used', () => {
    const associations = section(text, 'Security associations');
    expect(associations).toContain('the key is wrong: 5 of 5 packets failed the integrity check');
    expect(associations).toContain('1 never matched a packet: 0x00002000 (line 2)');
    expect(text).not.toContain(SECRET);
  });

  it('tells an incident with assessment, steps, evidence, advice and documents', () => {
    const incidents = section(text, 'Incidents');
    expect(incidents).toContain('CRITICAL');
    expect(incidents).toContain('succeeded on the home agent, certain');
    expect(incidents).toContain('Binding Update relayed');
    expect(incidents).toContain('MIP6-1106 critical  site.pcapng#12  22:13:32.000  2 times');
    expect(incidents).toMatch(/site\.pcapng#11 +22:13:31\.000 +foreign\n +· the same ESP packet/);
    expect(incidents).toContain('Register again from the visited link.');
    expect(incidents).toContain('draft-ebalard-mext-hld-security-00 section 5.3');
  });

  it('keeps findings of no incident apart', () => {
    const findings = section(text, 'Other findings');
    expect(findings).toContain('LOW MIP6-1001 (partial evidence)');
    expect(findings).toContain('Look for a broken sender.');
    expect(findings).not.toContain('MIP6-1106');
  });

  it('says what could not be judged and why, rules of one reason together', () => {
    const lines = section(text, 'Could not be judged');
    expect(lines).toContain('2 rules could not be judged because no link has a known role:');
    expect(lines).toContain('MIP6-1110');
    expect(lines).toContain('MIP6-1113');
  });

  it('closes with the counts and the exit code', () => {
    expect(text).toContain(
      '\n1 incident (1 critical) and 1 other finding (1 low). Exit code 1: at least one is high or worse\n(--fail-on).\n',
    );
  });

  it.each([72, 80, 100])('stays within %i columns', (width) => {
    // Addresses and file names are not broken: only lines without a place to break may be longer.
    const long = report(makeSummary(), makeRun(), width)
      .split('\n')
      .filter((line) => line.length > width && !line.includes('2001:db8'));
    expect(long).toEqual([]);
  });

  it('holds no colour unless asked, and then says the same', () => {
    const coloured = textReport(auditDocument(makeSummary(), makeRun()), {
      paint: colourPaint,
      width: 100,
    });
    expect(text).not.toContain(ESCAPE);
    expect(coloured).toContain(`${ESCAPE}[1;31m`);
    // eslint is right that escapes are odd in a pattern; here they are the point.
    expect(coloured.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'g'), '')).toBe(text);
  });
});

describe('the text report of a quiet run', () => {
  it('says so and why nothing is missing', () => {
    const text = report(makeQuietSummary(), makeRun({ site: undefined, keyFiles: [] }));
    expect(text).toContain('no site file');
    expect(text).toContain('No binding was seen.');
    expect(text).toContain('Nothing of Mobile IPv6 was seen in the clear.');
    expect(text.trimEnd().split('\n').at(-1)).toBe('No findings.');
    expect(text).not.toContain('Incidents');
  });

  it('counts a capture without packets', () => {
    const summary = makeQuietSummary();
    summary.counters.packets = 0;
    expect(report({ ...summary, links: [] })).toContain('No packets.');
  });

  it('says that inputs are damaged, where, and what that means', () => {
    const faults = [
      {
        pcap_filename: 'captures/site.pcapng',
        code: 'CAPTURE_TRUNCATED',
        message: 'ends in the middle of a packet',
        offset: 1234,
        packets_before: 42,
      },
      {
        pcap_filename: 'absent.pcap',
        code: 'ERR_INPUT_NOT_FOUND',
        message: 'no such file',
        offset: 0,
        packets_before: 0,
      },
    ];
    const text = report(makeQuietSummary(), makeRun({ faults }));
    expect(section(text, 'Faults of the inputs')).toContain(
      'site.pcapng at octet 1,234, after 42 packets: ends in the middle of a packet',
    );
    expect(text).toContain('absent.pcap: no such file (ERR_INPUT_NOT_FOUND)');
    expect(text.trimEnd()).toMatch(
      /Exit code 3: an input is damaged or cut short, so there may be more\.$/,
    );
  });

  it('says that it was stopped', () => {
    expect(report(makeQuietSummary(), makeRun({ isStopped: true }))).toContain(
      'Stopped before the end of the inputs',
    );
  });
});

describe('hostile text', () => {
  it('cannot reach the terminal as control characters', () => {
    const evil = `${ESCAPE}[2Jx\u0007\r\n\u202ey`;
    const summary = makeSummary({
      links: [makeLink('foreign', { name: evil })],
      alerts: [makeAlert({ incidentId: undefined, draft: { message: evil } })],
    });
    const text = report(summary, makeRun({ inputs: [{ name: `${evil}.pcap`, packets: 1 }] }));
    // Line feeds of the report itself are the only controls.
    expect(/[\p{Cc}\u202e]/u.exec(text.replaceAll('\n', ''))).toBeNull();
    expect(text).toContain('\\x1b[2Jx\\x07\\x0d\\x0a\\u{202e}y');
  });
});

describe('large results', () => {
  it('are shortened and say so', () => {
    const alerts = Array.from({ length: 80 }, (_, i) =>
      makeAlert({ id: i + 1, incidentId: undefined }),
    );
    const bindings = Array.from({ length: 40 }, () =>
      makeBinding({
        history: Array.from({ length: 64 }, (_, i) => ({
          packet: packetAt(i + 1),
          phase: 'registered' as const,
          careOfAddress: makeBinding().careOfAddress,
          sequence: i,
          lifetime: 60,
          status: 0,
          knownBy: 'clear' as const,
        })),
        historyDropped: 10,
      }),
    );
    const text = report(makeSummary({ alerts, bindings, incidents: [] }));
    expect(text).toContain('… and 30 more findings: --format json has all of them.');
    expect(text).toContain('… and 16 more bindings: --format json has all of them.');
    expect(text).toContain('… 62 changes');
    expect(text.split('\n').length).toBeLessThan(1500);
  });
});
