/**
 * Sections of the text report about the capture: what was seen, on which links, opened with which keys.
 */
import type { AssociationRecord, AuditDocument, LinkRecord } from '../../io/export/records.ts';
import { countText, octetsText, plural } from './numbers.ts';
import type { Cell, Page } from './page.ts';
import type { Style } from './palette.ts';

/** Most rows of one table; who needs all takes the json format. */
const MAX_ROWS = 40;

/** The non-zero ones of `counts`, as `3 of this, 4 of that`. */
function listed(counts: readonly (readonly [count: number, name: string])[]): string {
  return counts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${countText(count)} ${name}`)
    .join(', ');
}

/** Section "What was seen". */
export function writeSeen(page: Page, document: AuditDocument): void {
  const { counters } = document;
  page.heading('What was seen');
  if (counters.packets === 0) {
    page.paragraph(2, 'No packets.');
    return;
  }
  const rows: Cell[][] = [];
  const row = (name: string, text: string): void => {
    if (text !== '') rows.push([{ text: name, style: 'dim' }, text]);
  };
  const parts = listed([
    [counters.ipv6, 'IPv6'],
    [counters.ipv4, 'IPv4'],
    [counters.undecoded, 'of another kind'],
    [counters.cut, 'cut by the capture'],
  ]);
  row('Packets', `${countText(counters.packets)} (${octetsText(counters.octets)}): ${parts}`);
  row(
    'Mobility',
    counters.mobility === 0
      ? 'no Mobility Header that could be read'
      : listed(counters.mobility_by_type.map(({ name, packets }) => [packets, name])),
  );
  row(
    'ICMPv6',
    listed([[counters.icmpv6_signalling, 'neighbor, home agent and prefix discovery']]),
  );
  row(
    'ESP',
    listed([
      [counters.esp, 'packets'],
      [counters.esp_opened, 'opened with a key'],
      [counters.esp_read_as_null, 'read without a key (NULL encryption)'],
      [counters.esp_no_key, 'without a key'],
      [counters.esp_icv_mismatch, 'that no key fits (ICV mismatch)'],
      [counters.esp_malformed, 'malformed'],
    ]),
  );
  row(
    'Mobile routing',
    listed([
      [counters.home_address_options, 'Home Address options'],
      [counters.type_2_routing_headers, 'type 2 routing headers'],
      [counters.tunnelled, 'tunnelled packets'],
    ]),
  );
  row(
    'Fragments',
    listed([
      [counters.fragments, 'fragments'],
      [counters.reassembled, 'put together to whole packets'],
    ]),
  );
  const faults = counters.diagnostics.filter(({ severity }) =>
    ['warn', 'error'].includes(severity),
  );
  for (const [i, { code, text, packets }] of faults.slice(0, MAX_ROWS).entries()) {
    rows.push([
      { text: i === 0 ? 'Malformed' : '', style: 'dim' },
      `${countText(packets)} × ${text} (${code})`,
    ]);
  }
  for (const { table, entries } of counters.evictions) {
    row('Forgotten', `${plural(entries, 'entry', 'entries')} of the table ${table}: it was full`);
  }
  page.table(2, rows);
  if (counters.mobility + counters.home_address_options + counters.type_2_routing_headers === 0) {
    page.paragraph(2, 'Nothing of Mobile IPv6 was seen in the clear.');
  }
}

const KNOWN_BY: Readonly<Record<LinkRecord['role_known_by'], string>> = {
  site: 'the site file says so',
  relay: 'a relayed packet proves it',
  none: 'nothing tells its role',
};

/** Section "Links". */
export function writeLinks(page: Page, document: AuditDocument): void {
  const { links } = document;
  if (links.length === 0) return;
  page.heading('Links');
  const rows = links.slice(0, MAX_ROWS).map((link): Cell[] => {
    const { role, effective_role: effective } = link;
    const text = role === effective ? role : `${role} → ${effective}`;
    const isSurprise = link.role_known_by === 'relay';
    return [
      { text: link.name, style: 'name' },
      { text, style: isSurprise ? 'warning' : 'plain' },
      { text: KNOWN_BY[link.role_known_by], style: 'dim' },
    ];
  });
  page.table(2, rows);
  writeRest(page, links.length);
}

function associationVerdict(record: AssociationRecord): { text: string; style: Style } {
  const { packets, icv_mismatches: mismatches, malformed, origin } = record;
  switch (record.verdict) {
    case 'wrong-key':
      return {
        text: `the key is wrong: ${countText(mismatches)} of ${plural(packets, 'packet')} failed the integrity check (${origin})`,
        style: 'bad',
      };
    case 'unreadable':
      return {
        text: `opened nothing: ${countText(malformed)} of ${plural(packets, 'packet')} did not decrypt; key or algorithm is wrong (${origin})`,
        style: 'bad',
      };
    case 'mixed':
      return {
        text: `${countText(record.opened)} opened, ${countText(mismatches)} with ICV mismatch, ${countText(malformed)} malformed (${origin})`,
        style: 'warning',
      };
    default:
      return { text: `${plural(record.opened, 'packet')} opened`, style: 'good' };
  }
}

/** Section "Security associations": what is wrong first, what was not needed last. */
export function writeAssociations(page: Page, document: AuditDocument): void {
  const { associations, counters } = document;
  if (associations.length === 0 && counters.esp_no_key === 0) return;
  page.heading('Security associations');
  const used = associations.filter(({ verdict }) => verdict !== 'unused');
  const isFine = (record: AssociationRecord): boolean => record.verdict === 'works';
  const ordered = [...used.filter((item) => !isFine(item)), ...used.filter(isFine)];
  for (const record of ordered.slice(0, MAX_ROWS)) {
    page.line(
      2,
      { text: spiText(record), style: 'name' },
      `  ${record.source} → ${record.destination}`,
    );
    const { text, style } = associationVerdict(record);
    page.paragraph(4, text, style);
  }
  writeRest(page, ordered.length);
  const unused = associations.filter(({ verdict }) => verdict === 'unused');
  if (unused.length > 0) {
    const shown = unused.slice(0, MAX_ROWS).map((item) => `${spiText(item)} (${lineOf(item)})`);
    const more = unused.length > shown.length ? ', …' : '';
    page.paragraph(
      2,
      `${countText(unused.length)} never matched a packet: ${shown.join(', ')}${more}. If they should have, check SPI and addresses.`,
      'dim',
    );
  }
  if (counters.esp_no_key > 0) {
    page.paragraph(
      2,
      `${plural(counters.esp_no_key, 'ESP packet')} without a key: give the keys with --keys to have ${counters.esp_no_key === 1 ? 'it' : 'them'} read.`,
    );
  }
}

function spiText(record: AssociationRecord): string {
  return record.spi === undefined ? 'any SPI' : `0x${record.spi.toString(16).padStart(8, '0')}`;
}

/** `line 7` of `esp_sa:7`. */
function lineOf(record: AssociationRecord): string {
  return `line ${record.origin.slice(record.origin.lastIndexOf(':') + 1)}`;
}

/** Says how many rows were left out. */
function writeRest(page: Page, total: number): void {
  if (total > MAX_ROWS) {
    page.paragraph(2, `… and ${countText(total - MAX_ROWS)} more: --format json has all of them.`);
  }
}
