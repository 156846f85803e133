/**
 * Packets with what they prove: fields and octets.
 */
import type { EvidenceRecord, PacketPointer } from '../../../io/export/records.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, escapeHtml, markup, trusted } from './markup.ts';
import type { Markup } from './markup.ts';
import { packetKey } from './packet-collector.ts';
import type { Mark, MarkKind, Octets, PacketFacts } from './packet-facts.ts';
import { packetId, packetLink } from './parts.ts';
import type { PageFacts } from './parts.ts';

const OCTETS_PER_LINE = 16;

const KIND_NAMES: Readonly<Record<MarkKind, string>> = {
  link: 'link-layer address',
  address: 'IPv6 address',
  home: 'home or care-of address',
  esp: 'IPsec',
  message: 'message',
};

/** Packets whose anchor is on the page already: an anchor must be there once. */
export type ShownPackets = Set<string>;

/**
 * Evidence packet by packet.
 * @param shown packets that stand higher up on the page; they are linked, not repeated
 */
export function evidenceList(
  evidence: readonly EvidenceRecord[],
  facts: PageFacts,
  shown: ShownPackets,
): Markup {
  const groups = new Map<string, EvidenceRecord[]>();
  for (const item of evidence.slice(0, LIMITS.evidence)) {
    const key = packetKey(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  const left = evidence.length - LIMITS.evidence;
  return markup`<ol class="evidence">
      ${[...groups].map(([key, items]) => packetItem(key, items, facts, shown))}
    </ol>
    ${
      left > 0
        ? markup`<p class="note">
            … and ${left} more pieces of evidence. All of them: <code>--format json</code>.
          </p>`
        : NOTHING
    }`;
}

function packetItem(
  key: string,
  items: readonly EvidenceRecord[],
  facts: PageFacts,
  shown: ShownPackets,
): Markup {
  const [first] = items;
  if (first === undefined) return NOTHING;
  const packet = facts.packets.evidence.get(key);
  const isFirst = !shown.has(key);
  shown.add(key);
  const place = first.in_iface ?? packet?.link;
  const head = markup`<p class="when">
    ${
      isFirst
        ? markup`<b class="packet">${facts.references.packet(first)}</b>`
        : packetLink(first, facts)
    } <time>${facts.references.time(first.timestamp)}</time>${
      place === undefined ? NOTHING : markup` <span class="link">${place}</span>`
    }${packet === undefined ? NOTHING : markup` <span class="layout">${packet.layout}</span>`}
  </p>`;
  const proofs = markup`<ul>
    ${items.map(({ text }) => markup`<li>${text}</li>`)}
  </ul>`;
  const details = packet !== undefined && isFirst ? packetDetails(packet) : NOTHING;
  return isFirst && packet !== undefined
    ? markup`<li id="${packetId(first, facts)}" tabindex="-1">${head}${proofs}${details}</li>`
    : markup`<li>${head}${proofs}${details}</li>`;
}

/** Packets that decide alerts and are no evidence: the page links to them as well. */
export function decidingPackets(
  pointers: readonly PacketPointer[],
  facts: PageFacts,
  shown: ShownPackets,
): Markup {
  const missing = pointers.filter((pointer) => !shown.has(packetKey(pointer)));
  const unique = new Map(missing.map((pointer) => [packetKey(pointer), pointer]));
  const known = [...unique].filter(([key]) => facts.packets.evidence.has(key));
  if (known.length === 0) return NOTHING;
  const records = known.map(([, pointer]) => ({
    ...pointer,
    text: 'the finding became certain here',
  }));
  return evidenceList(records, facts, shown);
}

function packetDetails({ summary, length, fields, octets }: PacketFacts): Markup {
  return markup`<details class="octets">
    <summary>
      Fields and octets <span>${summary.protocol} ${summary.info}, ${length} octets</span>
    </summary>
    ${
      fields.length === 0
        ? NOTHING
        : markup`<dl class="fields">
            ${fields.map(
              ({ kind, label, name, text }) =>
                markup`<div>
                  <dt><span class="mark m-${kind}">${label}</span></dt>
                  <dd>${text} <code>${name}</code></dd>
                </div>`,
            )}
          </dl>`
    }
    ${octets.map(hexDump)}
  </details>`;
}

/** The octets, sixteen a line, those of marked fields in their colour. */
function hexDump({ label, bytes, total, marks }: Octets): Markup {
  const kinds = kindsOf(bytes.length, marks);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += OCTETS_PER_LINE) {
    lines.push(hexLine(bytes, kinds, at));
  }
  const note = total > bytes.length ? `, the first ${bytes.length} shown` : '';
  return markup`<figure class="hex">
    <figcaption>${label}, ${total} octets${note}</figcaption>
    <pre tabindex="0" aria-label="Octets of ${label}">${trusted(lines.join('\n'))}</pre>
  </figure>`;
}

/** Kind of each octet; the innermost field wins, which comes later. */
function kindsOf(length: number, marks: readonly Mark[]): (MarkKind | undefined)[] {
  const kinds = new Array<MarkKind | undefined>(length).fill(undefined);
  for (const { kind, offset, length: count } of marks) {
    kinds.fill(kind, Math.min(offset, length), Math.min(offset + count, length));
  }
  return kinds;
}

function hexLine(bytes: Uint8Array, kinds: readonly (MarkKind | undefined)[], at: number): string {
  const end = Math.min(at + OCTETS_PER_LINE, bytes.length);
  let hex = '';
  let text = '';
  let open: MarkKind | undefined;
  for (let i = at; i < end; i++) {
    const kind = kinds[i];
    const gap = i === at ? '' : i % 8 === 0 ? '  ' : ' ';
    if (kind === open) hex += gap;
    else {
      hex += `${open === undefined ? '' : '</span>'}${gap}`;
      if (kind !== undefined) hex += `<span class="mark m-${kind}">`;
      open = kind;
    }
    const octet = bytes[i] ?? 0;
    hex += octet.toString(16).padStart(2, '0');
    text += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
  }
  if (open !== undefined) hex += '</span>';
  const missing = OCTETS_PER_LINE - (end - at);
  // Three places an octet, and one more where the gap of the middle is missing.
  const fill = ' '.repeat(missing * 3 + (missing >= 8 ? 1 : 0));
  return `<span class="offset">${at.toString(16).padStart(4, '0')}</span>  ${hex}${fill}  <span class="ascii">${escapeHtml(text)}</span>`;
}

/** What the colours mean. */
export function markLegend(): Markup {
  const kinds = Object.entries(KIND_NAMES);
  return markup`<p class="note legend">
    Highlighted octets:
    ${kinds.map(([kind, name]) => markup`<span class="mark m-${kind}">${name}</span> `)}
  </p>`;
}
