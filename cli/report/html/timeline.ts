/**
 * Section "Bindings over time": where each home address was, since when, and how that is known.
 */
import type { BindingChangeRecord, BindingRecord } from '../../../io/export/records.ts';
import { KNOWN_BY } from '../bindings-section.ts';
import { countText, durationText, plural } from '../numbers.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, markup } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import { packetLink, restNote, table } from './parts.ts';
import type { PageFacts } from './parts.ts';
import { secondsOf } from './traffic.ts';

/** Colours of care-of addresses; further ones begin again. */
const PLACES = 6;

/** A stretch of time in one state. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly kind: 'away' | 'home' | 'none';
  /** Number of the care-of address, 0 for the first; for `away`. */
  readonly place: number;
  readonly text: string;
}

/** Time covered by the captures, seconds since 1970. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** The section. */
export function timelineSection(facts: PageFacts): Markup {
  const { bindings, run } = facts.document;
  const byHome = new Map<string, BindingRecord[]>();
  for (const binding of bindings) {
    const list = byHome.get(binding.home_address);
    if (list !== undefined) list.push(binding);
    else if (byHome.size <= LIMITS.homeAddresses) byHome.set(binding.home_address, [binding]);
  }
  const total = new Set(bindings.map(({ home_address }) => home_address)).size;
  const span = {
    from: secondsOf(run.first_packet ?? ''),
    to: Math.max(secondsOf(run.last_packet ?? ''), secondsOf(run.first_packet ?? '') + 0.001),
  };
  const shown = [...byHome].slice(0, LIMITS.homeAddresses);
  return markup`<section id="bindings" aria-labelledby="bindings-h">
    <h2 id="bindings-h">Bindings over time</h2>
    ${
      shown.length === 0
        ? markup`<p>No binding was seen.</p>`
        : shown.map(([home, list]) => homeAddress(home, list, span, facts))
    }
    ${restNote(total, LIMITS.homeAddresses, 'home addresses')}
  </section>`;
}

function homeAddress(
  home: string,
  bindings: readonly BindingRecord[],
  span: Span,
  facts: PageFacts,
): Markup {
  const list = bindings.slice(0, LIMITS.bindings);
  return markup`<article class="card">
    <h3 class="address">${home}</h3>
    ${list.map((binding) => bindingPart(binding, span, facts))}
    ${restNote(bindings.length, LIMITS.bindings, 'bindings')}
  </article>`;
}

function axisText({ references }: PageFacts, timestamp: string | undefined): string {
  return timestamp === undefined ? '' : references.time(timestamp);
}

function bindingPart(binding: BindingRecord, span: Span, facts: PageFacts): Markup {
  const at = binding.role === 'home' ? 'home agent' : 'correspondent node';
  const { changes } = binding;
  const places = placesOf(binding, changes);
  const stretches = stretchesOf(binding, changes, places, span);
  const notes = [
    `known: ${KNOWN_BY[binding.known_by] ?? binding.known_by}`,
    ...(binding.tunnel_packets > 0
      ? [`${plural(binding.tunnel_packets, 'packet')} through its tunnel`]
      : []),
  ];
  const shown = changes.slice(-LIMITS.changes);
  const left = changes.length - shown.length + binding.changes_dropped;
  const caption = `Binding of ${binding.home_address} at ${at} ${binding.peer}`;
  return markup`<h4>at ${at} <span class="address">${binding.peer}</span>: ${binding.phase}</h4>
    <div
      class="bar"
      role="img"
      aria-label="${caption}: ${stretches.map(({ text }) => text).join(', then ')}"
    >
      ${stretches.map((stretch) => segment(stretch, span))}
    </div>
    <div class="axis" aria-hidden="true">
      <span>${axisText(facts, facts.document.run.first_packet)}</span
      ><span>${axisText(facts, facts.document.run.last_packet)}</span>
    </div>
    ${left > 0 ? markup`<p class="note">${countText(left)} earlier changes are not shown.</p>` : NOTHING}
    ${table(
      caption,
      ['Time', 'State', 'Where', 'Sequence', 'Lifetime', 'Status', 'Known how', 'Packet'],
      shown.map((change) => changeRow(change, binding, places, facts)),
    )}
    <p class="note">${notes.join(' · ')}</p>`;
}

/** Care-of addresses in the order in which they were used. */
function placesOf(binding: BindingRecord, changes: readonly BindingChangeRecord[]): string[] {
  const used = [...changes.map(({ care_of_address }) => care_of_address), binding.care_of_address];
  return [...new Set(used)].filter((address) => address !== binding.home_address);
}

/** States from change to change; a request changes nothing until it is answered. */
function stretchesOf(
  binding: BindingRecord,
  changes: readonly BindingChangeRecord[],
  places: readonly string[],
  span: Span,
): Stretch[] {
  const found: Stretch[] = [];
  let from = span.from;
  let state: Pick<Stretch, 'kind' | 'place' | 'text'> = {
    kind: 'none',
    place: 0,
    text: 'no binding known',
  };
  for (const change of changes.slice(-LIMITS.changes * 4)) {
    const next = stateAfter(change, binding, places);
    if (next === undefined || next.text === state.text) continue;
    const at = Math.min(Math.max(secondsOf(change.timestamp), from), span.to);
    if (at > from) found.push({ ...state, from, to: at });
    from = at;
    state = next;
  }
  found.push({ ...state, from, to: span.to });
  return found;
}

function stateAfter(
  change: BindingChangeRecord,
  binding: BindingRecord,
  places: readonly string[],
): Pick<Stretch, 'kind' | 'place' | 'text'> | undefined {
  const { phase, care_of_address: address } = change;
  if (phase === 'registered') {
    if (address === binding.home_address) return { kind: 'home', place: 0, text: 'at home' };
    return { kind: 'away', place: places.indexOf(address), text: `at ${address}` };
  }
  if (phase === 'deregistered') return { kind: 'home', place: 0, text: 'deregistered' };
  return phase === 'expired' ? { kind: 'none', place: 0, text: 'expired' } : undefined;
}

function segment({ from, to, kind, place, text }: Stretch, span: Span): Markup {
  const share = (seconds: number): string =>
    `${(Math.max(0, Math.min(1, seconds / (span.to - span.from))) * 100).toFixed(3)}%`;
  const name = kind === 'away' ? `away place-${Math.max(0, place) % PLACES}` : kind;
  return markup`<span
    class="${name}"
    style="left:${share(from - span.from)};width:${share(to - from)}"
    title="${text}"
    ><b>${text}</b></span
  >`;
}

function changeRow(
  change: BindingChangeRecord,
  binding: BindingRecord,
  places: readonly string[],
  facts: PageFacts,
): Part[] {
  const isHome = change.care_of_address === binding.home_address;
  const place = places.indexOf(change.care_of_address);
  const where = isHome
    ? markup`<span class="swatch home"></span>at home`
    : markup`<span class="place"><span class="swatch away place-${Math.max(0, place) % PLACES}"></span
        ><span class="address">${change.care_of_address}</span></span>`;
  return [
    markup`<time>${facts.references.time(change.timestamp)}</time>`,
    change.phase,
    where,
    change.sequence ?? '',
    change.lifetime === undefined ? '' : durationText(change.lifetime),
    change.status ?? '',
    KNOWN_BY[change.known_by] ?? change.known_by,
    packetLink(change, facts),
  ];
}
