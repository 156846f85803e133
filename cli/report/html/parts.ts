/**
 * Pieces that several sections of the page share.
 */
import type { Severity } from '../../../engine/rule-api.ts';
import type { AuditDocument, PacketPointer } from '../../../io/export/records.ts';
import { referenceUri } from '../../../io/export/reference-uri.ts';
import { countText } from '../numbers.ts';
import type { References } from '../numbers.ts';
import type { CollectedPackets } from './packet-collector.ts';
import { packetKey } from './packet-collector.ts';
import { NOTHING, markup } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import type { Traffic } from './traffic.ts';

/** What the sections are made of. */
export interface PageFacts {
  readonly document: AuditDocument;
  readonly packets: CollectedPackets;
  readonly traffic: Traffic;
  readonly references: References;
}

/** A severity as a label: said in words, not by colour alone. */
export function badge(severity: Severity): Markup {
  return markup`<span class="badge ${severity}">${severity}</span>`;
}

/** Anchor of a packet of the page. */
export function packetId(pointer: PacketPointer, { document }: PageFacts): string {
  const input = document.run.inputs.findIndex(
    ({ pcap_filename }) => pcap_filename === pointer.pcap_filename,
  );
  return `packet-${input}-${pointer.pcap_cnt}`;
}

/** `capture.pcapng#12`, a link to the packet where the page has it. */
export function packetLink(pointer: PacketPointer, facts: PageFacts): Markup {
  const text = facts.references.packet(pointer);
  return facts.packets.evidence.has(packetKey(pointer))
    ? markup`<a class="packet" href="#${packetId(pointer, facts)}">${text}</a>`
    : markup`<span class="packet">${text}</span>`;
}

/** A table that scrolls by itself where it is too wide, also by keyboard. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Part[])[],
): Markup {
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads.map((head) => markup`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            markup`<tr>
              ${row.map((cell) => markup`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and values. Rows without value are left out. */
export function factList(rows: readonly (readonly [name: string, value: Part])[]): Markup {
  const shown = rows.filter(([, value]) => value !== undefined && value !== '');
  return markup`<dl class="facts">
    ${shown.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Documents to read: links where their place is known. They are followed only when clicked. */
export function referenceList(references: readonly string[]): Markup {
  return markup`<ul class="plain">
    ${references.map((reference) => {
      const uri = referenceUri(reference);
      return uri === undefined
        ? markup`<li>${reference}</li>`
        : markup`<li><a href="${uri}" rel="noreferrer">${reference}</a></li>`;
    })}
  </ul>`;
}

/** Says how many are not shown. */
export function restNote(total: number, shown: number, name: string): Markup {
  if (total <= shown) return NOTHING;
  return markup`<p class="note">
    … and ${countText(total - shown)} more ${name}. All of them: <code>--format json</code>.
  </p>`;
}
