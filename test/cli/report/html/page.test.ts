import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../../cli/report/document.ts';
import type { RunDescription } from '../../../../cli/report/document.ts';
import { htmlReport } from '../../../../cli/report/html/page.ts';
import { packetKey } from '../../../../cli/report/html/packet-collector.ts';
import type { CollectedPackets } from '../../../../cli/report/html/packet-collector.ts';
import type { PacketFacts } from '../../../../cli/report/html/packet-facts.ts';
import { TrafficCounter } from '../../../../cli/report/html/traffic.ts';
import type { EngineSummary } from '../../../../engine/engine.ts';
import type { AuditDocument } from '../../../../io/export/records.ts';
import { SECRET, makeAlert, makeQuietSummary, makeRun, makeSummary } from '../audit-builders.ts';

const NASTY = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e\u0000`;
const NO_PACKETS: CollectedPackets = {
  evidence: new Map(),
  ladders: new Map(),
  missing: undefined,
};

function page(
  summary: EngineSummary,
  run: Partial<RunDescription> = {},
  packetsOf: (document: AuditDocument) => CollectedPackets = () => NO_PACKETS,
): string {
  const document = auditDocument(summary, makeRun(run));
  return htmlReport(document, packetsOf(document), new TrafficCounter().result());
}

/** All packets of the incident, with hostile text in every field. */
function nastyPackets({ incidents }: AuditDocument): CollectedPackets {
  const [incident] = incidents;
  if (incident === undefined) throw new Error('an incident is needed');
  const packets = incident.evidence.map(({ pcap_filename, pcap_cnt, timestamp }): PacketFacts => ({
    pcap_filename,
    pcap_cnt,
    timestamp,
    link: NASTY,
    summary: { source: NASTY, destination: NASTY, protocol: NASTY, info: NASTY },
    layout: NASTY,
    linkSource: NASTY,
    linkDestination: NASTY,
    length: 20,
    octets: [
      {
        label: NASTY,
        bytes: new TextEncoder().encode('<script>"\'&</script>'),
        total: 4000,
        marks: [
          { kind: 'esp', offset: 3, length: 9 },
          { kind: 'home', offset: 4, length: 1 },
          { kind: 'link', offset: 19, length: 100 },
        ],
      },
    ],
    fields: [{ kind: 'esp', label: NASTY, name: NASTY, text: NASTY }],
  }));
  return {
    evidence: new Map(packets.map((packet) => [packetKey(packet), packet])),
    ladders: new Map([[incident.incident_id, packets]]),
    missing: NASTY,
  };
}

describe('the page', () => {
  it('has incidents, bindings, plots and coverage, each under a heading', () => {
    const text = page(makeSummary());
    for (const id of ['incidents', 'findings', 'bindings', 'traffic', 'coverage']) {
      expect(text).toContain(`<section id="${id}" aria-labelledby="${id}-h">`);
    }
    expect(text).toContain('Full de-registration of 2001:db8:1::10');
    expect(text).toContain('2 rules: no link has a known role');
  });

  it('loads nothing: no address of another place but links that are clicked', () => {
    const text = page(makeSummary());
    expect(text).not.toMatch(/<(link|img|iframe|object|embed|base|form)\b|@import|url\(/i);
    expect(text).not.toMatch(/\bsrc=/);
    for (const [, address] of text.matchAll(/https?:\/\/([a-z.-]+)/g)) {
      expect(['www.rfc-editor.org', 'datatracker.ietf.org']).toContain(address);
    }
  });

  it('runs no script but its own', () => {
    const text = page(makeSummary());
    const scripts = [...text.matchAll(/<script>([^]*?)<\/script>/g)].map(
      ([, script = '']) => script,
    );
    expect(scripts).toHaveLength(1);
    const hash = createHash('sha256')
      .update(scripts[0] ?? '')
      .digest('base64');
    expect(text).toContain(`script-src &#39;sha256-${hash}&#39;`);
    expect(text).not.toMatch(/\son[a-z]+="/);
  });

  it('escapes hostile text wherever it stands', () => {
    const evil = makeAlert({ draft: { message: NASTY } });
    const base = makeSummary();
    const incidents = base.incidents.map((incident) => ({
      ...incident,
      title: NASTY,
      narrative: [NASTY],
      advice: [NASTY],
      references: [NASTY],
      alerts: [evil],
    }));
    const summary = makeSummary({
      alerts: [evil, makeAlert({ id: 9, incidentId: undefined, draft: { message: NASTY } })],
      incidents,
      links: base.links.map((link) => ({ ...link, name: NASTY })),
      notJudged: [{ ruleId: NASTY, title: NASTY, reason: NASTY }],
      internalErrors: [NASTY],
    });
    const finding = { fingerprint: 'f'.repeat(32), rule: NASTY, message: NASTY };
    const known = { ...finding, severity: 'low' as const };
    const text = page(
      summary,
      {
        inputs: [{ name: NASTY, packets: 1 }],
        site: NASTY,
        keyFiles: [NASTY],
        faults: [
          { pcap_filename: NASTY, code: NASTY, message: NASTY, offset: 1, packets_before: 0 },
        ],
        filter: { text: NASTY, hiddenAlerts: 1, hiddenIncidents: 0 },
        baseline: { file: NASTY, known: [known], known_incidents: 0, not_seen: [known] },
      },
      nastyPackets,
    );
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/<img|\u202e|\u0000/);
    expect(text).toContain('&lt;script&gt;alert(1)');
    expect(text).not.toContain('"\'>');
  });

  it('marks octets of fields, the innermost where they overlap', () => {
    const text = page(makeSummary(), {}, nastyPackets);
    expect(text).toContain(
      '<span class="offset">0000</span>  3c 73 63 <span class="mark m-esp">72</span> ' +
        '<span class="mark m-home">69</span> <span class="mark m-esp">70 74 3e  22 27 26 3c</span> 2f 73 63 72  ',
    );
    expect(text).toContain('4000 octets, the first 20 shown');
  });

  it('names an anchor once, and leads only to anchors that are there', () => {
    const text = page(makeSummary(), {}, nastyPackets);
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(links.some((id) => id?.startsWith('packet-'))).toBe(true);
  });

  it('begins the keyboard order with a link past the header', () => {
    const text = page(makeSummary());
    const focusable = /<(a|button|summary|[a-z]+ [^>]*tabindex="0")\b[^>]*>/.exec(
      text.slice(text.indexOf('<body>')),
    );
    expect(focusable?.[0]).toBe('<a class="skip" href="#main">');
    expect(text).toContain('<main id="main"');
    expect(text).not.toMatch(/tabindex="[1-9]/);
  });

  it('says why packets are missing', () => {
    const missing = { ...NO_PACKETS, missing: 'an input can be read only once' };
    expect(page(makeSummary(), {}, () => missing).replace(/\s+/g, ' ')).toContain(
      'Octets and ladders are missing: an input can be read only once.',
    );
  });

  it('says that nothing was found, and what could be judged', () => {
    const text = page(makeQuietSummary()).replace(/\s+/g, ' ');
    expect(text).toContain('No incident.');
    expect(text).toContain('No binding was seen.');
    expect(text).toContain('40 rules ran; all of them could judge.');
  });

  it('stays small with ten thousand alerts', () => {
    const alerts = Array.from({ length: 10_000 }, (_, id) =>
      makeAlert({ id, incidentId: undefined, draft: { object: `${id}` } }),
    );
    const incidents = makeSummary().incidents.map((incident) => ({
      ...incident,
      alerts,
      stages: [{ stage: 'evasion' as const, alerts }],
      evidence: alerts.flatMap(({ draft }) => draft.evidence),
    }));
    const text = page(makeSummary({ alerts, incidents }));
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).toContain('… and 9,900 more findings.');
  });

  it('states its limits', () => {
    expect(page(makeSummary())).toContain('Shown at most: 40 incidents');
  });

  it('holds no key', () => {
    expect(page(makeSummary())).not.toContain(SECRET);
  });

  it('is the same text each time', () => {
    expect(page(makeSummary())).toBe(page(makeSummary()));
  });
});
