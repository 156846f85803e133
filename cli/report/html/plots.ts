/**
 * Section "Traffic and alerts": packets over time, and when alerts were raised.
 */
import { SEVERITIES } from '../../../engine/rule-api.ts';
import type { Severity } from '../../../engine/rule-api.ts';
import { countText, durationText } from '../numbers.ts';
import { markup, trusted } from './markup.ts';
import type { Markup } from './markup.ts';
import { table } from './parts.ts';
import type { PageFacts } from './parts.ts';
import { BINS, secondsOf } from './traffic.ts';
import type { Traffic } from './traffic.ts';

/** Height of a plot in the units of its drawing. */
const HEIGHT = 100;
/** Width of a bin in those units. */
const STEP = 8;

/** The section. */
export function plotsSection(facts: PageFacts): Markup {
  const { traffic, document } = facts;
  const bins = usedBins(traffic);
  const alerts = alertCounts(facts, bins);
  const { first_packet: first, last_packet: last } = document.run;
  const axis = markup`<div class="axis" aria-hidden="true">
    <span>${first === undefined ? '' : facts.references.time(first)}</span
    ><span>${last === undefined ? '' : facts.references.time(last)}</span>
  </div>`;
  return markup`<section id="traffic" aria-labelledby="traffic-h">
    <h2 id="traffic-h">Traffic and alerts</h2>
    <div class="card">
      ${plot('Packets', [['packets', traffic.packets.slice(0, bins)]], traffic.width)}${axis}
      ${plot('Signalling messages', [['signalling', traffic.signalling.slice(0, bins)]], traffic.width)}${axis}
      ${plot(
        'Alerts',
        SEVERITIES.map((severity) => [severity, alerts.get(severity) ?? []]),
        traffic.width,
      )}${axis}
      <p class="note">
        Signalling: Mobility Headers, signalling ICMPv6 messages, and ESP between mobile nodes and
        home agents. An alert stands at the packet where it became certain; repetitions are not
        drawn.
      </p>
      ${numbers(facts, bins, alerts)}
    </div>
  </section>`;
}

/** Bins up to the last one with a packet. */
function usedBins({ packets }: Traffic): number {
  return Math.max(1, packets.findLastIndex((count) => count > 0) + 1);
}

function alertCounts(
  { document, traffic }: PageFacts,
  bins: number,
): ReadonlyMap<Severity, number[]> {
  const counts = new Map<Severity, number[]>();
  for (const { severity, packet } of document.alerts) {
    const since = (secondsOf(packet.timestamp) - traffic.start) / traffic.width;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(since)));
    const list = counts.get(severity) ?? new Array<number>(bins).fill(0);
    list[bin] = (list[bin] ?? 0) + 1;
    counts.set(severity, list);
  }
  return counts;
}

/** Bars of one or several series, one above the other. */
function plot(
  title: string,
  series: readonly (readonly [name: string, counts: readonly number[]])[],
  width: number,
): Markup {
  const bins = Math.max(1, ...series.map(([, counts]) => counts.length));
  const totals = Array.from({ length: bins }, (_, i) =>
    series.reduce((sum, [, counts]) => sum + (counts[i] ?? 0), 0),
  );
  const most = Math.max(1, ...totals);
  const sum = totals.reduce((a, b) => a + b, 0);
  const below = new Array<number>(bins).fill(0);
  const bars: string[] = [];
  for (const [name, counts] of series) {
    for (const [i, count] of counts.entries()) {
      if (count === 0) continue;
      const height = (count / most) * HEIGHT;
      const base = below[i] ?? 0;
      below[i] = base + height;
      const y = (HEIGHT - base - height).toFixed(2);
      bars.push(
        `<rect class="series ${name}" x="${i * STEP + 1}" y="${y}" width="${STEP - 2}" height="${height.toFixed(2)}"/>`,
      );
    }
  }
  // A short run would have a few broad bars; half of the bins keep them in proportion.
  const columns = Math.max(bins, BINS / 4);
  const label = `${title}: ${countText(sum)}, at most ${countText(most)} in ${durationText(width)}`;
  return markup`<figure class="plot">
    <figcaption>
      <b>${title}</b>
      <span
        >${countText(sum)}, at most ${countText(sum === 0 ? 0 : most)} in
        ${durationText(width)}</span
      >
    </figcaption>
    <svg
      viewBox="0 0 ${columns * STEP} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${label}"
    >
      <line class="base" x1="0" y1="${HEIGHT}" x2="${columns * STEP}" y2="${HEIGHT}" />
      ${trusted(bars.join(''))}
    </svg>
  </figure>`;
}

/** The same as a table, for who cannot see the plots. */
function numbers(
  { traffic }: PageFacts,
  bins: number,
  alerts: ReadonlyMap<Severity, readonly number[]>,
): Markup {
  const rows = [];
  for (let i = 0; i < bins; i++) {
    const raised = [...alerts.values()].reduce((sum, counts) => sum + (counts[i] ?? 0), 0);
    const packets = traffic.packets[i] ?? 0;
    if (packets === 0 && raised === 0) continue;
    const from = `${Number((i * traffic.width).toFixed(3))} s`;
    rows.push([from, countText(packets), countText(traffic.signalling[i] ?? 0), countText(raised)]);
  }
  return markup`<details>
    <summary>Numbers</summary>
    ${table(
      `Counts in steps of ${durationText(traffic.width)}`,
      ['From', 'Packets', 'Signalling', 'Alerts'],
      rows,
    )}
  </details>`;
}
