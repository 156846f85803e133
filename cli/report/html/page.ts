/**
 * The report as one HTML file that loads nothing: for who acts on it, prints it or sends it on.
 */
import { createHash } from 'node:crypto';
import type { AuditDocument } from '../../../io/export/records.ts';
import { countText, durationText, plural, References } from '../numbers.ts';
import { verdictOf } from '../verdict.ts';
import { coverageSection } from './coverage.ts';
import { findingsSection, incidentsSection } from './incidents.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, markup, trusted } from './markup.ts';
import type { Markup } from './markup.ts';
import type { CollectedPackets } from './packet-collector.ts';
import type { PageFacts } from './parts.ts';
import { plotsSection } from './plots.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { timelineSection } from './timeline.ts';
import type { Traffic } from './traffic.ts';

/** Nothing but this script runs, whatever a capture could smuggle in, and nothing is loaded from anywhere. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * The page. The same inputs and settings give the same text, octet for octet.
 * @param packets of the second reading
 * @param traffic counts of the first reading
 */
export function htmlReport(
  document: AuditDocument,
  packets: CollectedPackets,
  traffic: Traffic,
): string {
  const references = new References(document);
  const facts: PageFacts = { document, packets, traffic, references };
  const shown = new Set<string>();
  const sections = [
    incidentsSection(facts, shown),
    findingsSection(facts, shown),
    timelineSection(facts),
    plotsSection(facts),
    coverageSection(facts),
  ];
  const hasFindings = document.alerts.some(({ incident_id: id }) => id === undefined);
  const page = markup`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${titleOf(document)}</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the findings</a>
        <div class="page">
          ${header(facts)}
          <nav class="contents" aria-label="Contents">
            <ul>
              <li><a href="#incidents">Incidents</a></li>
              ${hasFindings ? markup`<li><a href="#findings">Findings</a></li>` : NOTHING}
              <li><a href="#bindings">Bindings over time</a></li>
              <li><a href="#traffic">Traffic and alerts</a></li>
              <li><a href="#coverage">Coverage</a></li>
            </ul>
          </nav>
          <main id="main" tabindex="-1">${sections}</main>
          ${footer(facts)}
        </div>
        <script>${trusted(SCRIPT)}</script>
      </body>
    </html>
`;
  return page.text;
}

function titleOf({ run, incidents }: AuditDocument): string {
  const [first] = run.inputs;
  const name = first === undefined ? 'no input' : (first.pcap_filename.split('/').at(-1) ?? '');
  const more = run.inputs.length > 1 ? ` and ${run.inputs.length - 1} more` : '';
  return `mip6guard: ${name}${more}, ${plural(incidents.length, 'incident')}`;
}

function header({ document, references, packets }: PageFacts): Markup {
  const { run } = document;
  const { first_packet: first, last_packet: last } = run;
  const when =
    first === undefined || last === undefined
      ? 'no packets'
      : `${references.dateTime(first)} to ${references.dateTime(last)} UTC (${durationText(run.duration_seconds)})`;
  const { text, style } = verdictOf(document);
  const kind = style === 'bad' || style === 'warning' || style === 'good' ? style : '';
  const notes = [
    ...(run.is_stopped
      ? ['Stopped before the end of the inputs: this is what was found until then.']
      : []),
    ...(run.filter === undefined
      ? []
      : [`Filter ${run.filter}: findings without a selected packet are left out.`]),
    ...(run.baseline === undefined
      ? []
      : [
          `Baseline ${run.baseline.file}: ${plural(run.baseline.known.length, 'known finding')} left out, see Coverage.`,
        ]),
    ...(packets.missing === undefined
      ? []
      : [`Octets and ladders are missing: ${packets.missing}.`]),
  ];
  return markup`<header>
    <div class="top">
      <div>
        <h1>Mobile IPv6 audit</h1>
        <p>
          ${plural(run.inputs.length, 'capture')}, ${plural(document.counters.packets, 'packet')} ·
          ${when}
        </p>
      </div>
      <button type="button" class="theme" hidden>Dark theme</button>
    </div>
    <p class="verdict ${kind}">${text}</p>
    ${notes.map((note) => markup`<p class="note">${note}</p>`)}
  </header>`;
}

function footer({ document }: PageFacts): Markup {
  return markup`<footer>
    <p>
      Made by mip6guard ${document.run.version}. The page is one file and loads nothing; times are
      UTC; packet numbers are those of Wireshark.
    </p>
    <p>
      Shown at most: ${LIMITS.incidents} incidents, ${LIMITS.findings} other findings, octets of
      ${LIMITS.packets} packets (${LIMITS.packetsOfIncident} of one incident, ${LIMITS.octets}
      octets of each packet and of what it held), ${LIMITS.ladder} packets in a ladder,
      ${LIMITS.homeAddresses} home addresses with ${LIMITS.bindings} bindings and ${LIMITS.changes}
      changes a binding, ${countText(LIMITS.rows)} rows in a table. Packets that are no evidence are
      counted, not shown. Everything: <code>--format json</code>.
    </p>
  </footer>`;
}
