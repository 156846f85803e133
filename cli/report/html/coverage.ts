/**
 * Section "Coverage": what was looked at, what could not be judged and why, and which keys were used.
 */
import type {
  AssociationRecord,
  AuditDocument,
  KnownFinding,
  NotJudgedRecord,
} from '../../../io/export/records.ts';
import { isUnopened } from '../faults.ts';
import { countText, durationText, octetsText, plural } from '../numbers.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, markup } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import { badge, factList, restNote, table } from './parts.ts';
import type { PageFacts } from './parts.ts';

const VERDICTS: Readonly<Record<AssociationRecord['verdict'], string>> = {
  unused: 'no packet asked for it',
  works: 'works',
  'wrong-key': 'the key is wrong',
  unreadable: 'opened nothing: key or algorithm is wrong',
  mixed: 'opened some packets only',
};

/** The section. */
export function coverageSection(facts: PageFacts): Markup {
  const { document } = facts;
  return markup`<section id="coverage" aria-labelledby="coverage-h">
    <h2 id="coverage-h">Coverage</h2>
    <p>${plural(document.run.rules, 'rule')} ran; ${judgedText(document)}</p>
    ${notJudged(document)}
    <h3>What was seen</h3>
    ${seen(document)} ${inputs(document)} ${links(document)} ${keys(document)} ${flows(document)}
    ${baseline(document)} ${faults(document)} ${diagnostics(document)}
  </section>`;
}

function judgedText({ not_judged: list }: AuditDocument): string {
  if (list.length === 0) return 'all of them could judge.';
  return `${plural(list.length, 'of them', 'of them')} could not judge, so nothing below speaks about what they look for.`;
}

function notJudged({ not_judged: list }: AuditDocument): Markup {
  if (list.length === 0) return NOTHING;
  const byReason = new Map<string, NotJudgedRecord[]>();
  for (const record of list) {
    const records = byReason.get(record.reason);
    if (records === undefined) byReason.set(record.reason, [record]);
    else records.push(record);
  }
  return markup`<h3>Could not be judged</h3>
    ${[...byReason].map(
      ([reason, records]) =>
        markup`<details class="card" open>
          <summary>${plural(records.length, 'rule')}: ${reason}</summary>
          <ul class="plain">
            ${records.map(({ rule, title }) => markup`<li><b>${rule}</b> ${title}</li>`)}
          </ul>
        </details>`,
    )}`;
}

function seen({ counters, run }: AuditDocument): Markup {
  const esp = [
    plural(counters.esp, 'packet'),
    `${countText(counters.esp_opened)} opened with a key`,
    ...(counters.esp_read_as_null > 0
      ? [`${countText(counters.esp_read_as_null)} read in NULL encryption`]
      : []),
    ...(counters.esp_no_key > 0 ? [`${countText(counters.esp_no_key)} without a key`] : []),
    ...(counters.esp_icv_mismatch > 0
      ? [`${countText(counters.esp_icv_mismatch)} with a wrong integrity check value`]
      : []),
  ];
  const lost = counters.evictions.map(
    ({ table: name, entries }) => `${countText(entries)} of ${name}`,
  );
  return factList([
    [
      'Packets',
      `${countText(counters.packets)} (${octetsText(counters.octets)}), ${durationText(run.duration_seconds)}`,
    ],
    [
      'IPv6 and IPv4',
      `${countText(counters.ipv6)} and ${countText(counters.ipv4)}; ${countText(counters.undecoded)} of another kind`,
    ],
    [
      'Mobility Headers',
      counters.mobility_by_type
        .map(({ name, packets }) => `${countText(packets)} ${name}`)
        .join(', ') || 'none',
    ],
    ['ICMPv6 signalling', countText(counters.icmpv6_signalling)],
    ['ESP', counters.esp === 0 ? 'none' : esp.join(', ')],
    [
      'Mobile routing',
      `${plural(counters.home_address_options, 'Home Address option')}, ${plural(counters.type_2_routing_headers, 'type 2 routing header')}, ${plural(counters.tunnelled, 'tunnelled packet')}`,
    ],
    [
      'Cut by the capture',
      counters.cut === 0
        ? ''
        : `${plural(counters.cut, 'packet')}: not judged by length or checksum`,
    ],
    ['Forgotten', lost.length === 0 ? '' : `${lost.join(', ')}: tables were full`],
  ]);
}

function inputs({ run }: AuditDocument): Markup {
  return markup`${table(
    'Inputs',
    ['Capture', 'Packets'],
    run.inputs
      .slice(0, LIMITS.rows)
      .map(({ pcap_filename: name, packets }) => [
        name === '-' ? 'standard input' : name,
        countText(packets),
      ]),
  )}${restNote(run.inputs.length, LIMITS.rows, 'inputs')}`;
}

function links({ links: list }: AuditDocument): Markup {
  if (list.length === 0) return NOTHING;
  const known = {
    site: 'the site file says so',
    relay: 'a relayed packet proves it',
    none: 'nobody says',
  };
  return markup`${table(
    'Links',
    ['Link', 'Role', 'Known how'],
    list
      .slice(0, LIMITS.rows)
      .map((link) => [link.name, link.effective_role, known[link.role_known_by]]),
  )}${restNote(list.length, LIMITS.rows, 'links')}`;
}

function keys({ associations, run }: AuditDocument): Markup {
  const files =
    run.key_files.length === 0
      ? 'none: encrypted signalling is judged by its layout'
      : run.key_files.join(', ');
  const unused = run.unused_key_rows ?? [];
  return markup`<h3>Keys used</h3>
    ${factList([
      [
        'Site file',
        run.site ?? 'none: roles of links and home agents are only what the packets show',
      ],
      ['Key files', files],
    ])}
    ${
      associations.length === 0
        ? NOTHING
        : markup`${table(
            'Security associations of the key files (without their keys)',
            ['Row', 'SPI', 'From', 'To', 'Encryption', 'Integrity', 'Packets', 'Opened', 'Result'],
            associations.slice(0, LIMITS.rows).map(associationRow),
          )}${restNote(associations.length, LIMITS.rows, 'associations')}`
    }
    ${
      unused.length === 0
        ? NOTHING
        : table(
            'Rows of key files that are not used',
            ['Place', 'Why'],
            unused
              .slice(0, LIMITS.rows)
              .map(({ file, line, message }) => [line > 0 ? `${file}:${line}` : file, message]),
          )
    }`;
}

function associationRow(record: AssociationRecord): Part[] {
  const { origin, spi, source, destination, encryption, integrity, packets, opened } = record;
  return [
    origin,
    spi === undefined ? 'any' : markup`<code>${spiText(spi)}</code>`,
    source,
    destination,
    encryption,
    integrity,
    countText(packets),
    countText(opened),
    VERDICTS[record.verdict],
  ];
}

function spiText(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** Security associations that keys did not open. */
function flows({ esp_flows: list }: AuditDocument): Markup {
  const closed = list.filter((flow) => flow.opened_with_key < flow.packets);
  if (closed.length === 0) return NOTHING;
  return markup`${table(
    'Security associations seen, without keys',
    ['SPI', 'From', 'To', 'Packets', 'What for', 'Why'],
    closed
      .slice(0, LIMITS.rows)
      .map((flow) => [
        markup`<code>${spiText(flow.spi)}</code>`,
        flow.source,
        flow.destination,
        countText(flow.packets),
        flow.basis === 'inferred' ? `${flow.role} (inferred)` : flow.role,
        flow.reason,
      ]),
  )}${restNote(closed.length, LIMITS.rows, 'associations')}`;
}

function baseline({ run }: AuditDocument): Markup {
  if (run.baseline === undefined) return NOTHING;
  const { file, known, not_seen: notSeen } = run.baseline;
  const rows = (list: readonly KnownFinding[]): Part[][] =>
    list
      .slice(0, LIMITS.rows)
      .map(({ rule, severity, message }) => [rule, badge(severity), message]);
  const part = (title: string, list: readonly KnownFinding[]): Markup =>
    list.length === 0
      ? NOTHING
      : markup`${table(title, ['Rule', 'Severity', 'Finding'], rows(list))}${restNote(list.length, LIMITS.rows, 'findings')}`;
  return markup`<h3>Baseline ${file}</h3>
    <p>
      ${plural(known.length, 'known finding')} left out of this page;
      ${plural(notSeen.length, 'entry', 'entries')} not found again.
    </p>
    ${part('Known findings', known)}${part('Of the baseline, not found again', notSeen)}`;
}

function faults({ faults: list, internal_errors: errors }: AuditDocument): Markup {
  if (list.length + errors.length === 0) return NOTHING;
  return markup`<h3>Faults</h3>
    ${table(
      'Faults of the inputs, and errors of mip6guard',
      ['Where', 'What'],
      [
        ...list.map((fault): Part[] => [
          isUnopened(fault)
            ? fault.pcap_filename
            : `${fault.pcap_filename} at octet ${countText(fault.offset)}, after ${plural(fault.packets_before, 'packet')}`,
          fault.message,
        ]),
        ...errors.map((error): Part[] => ['mip6guard (a bug, please report it)', error]),
      ].slice(0, LIMITS.rows),
    )}`;
}

function diagnostics({ counters }: AuditDocument): Markup {
  const { diagnostics: list } = counters;
  if (list.length === 0) return NOTHING;
  return table(
    'Malformed and unusual headers',
    ['Packets', 'Severity', 'What', 'Code'],
    list.map(({ packets, severity, text, code }) => [
      countText(packets),
      severity,
      text,
      markup`<code>${code}</code>`,
    ]),
  );
}
