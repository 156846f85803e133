/**
 * Makes the page about transforms from vectors and from what peer programs did with them.
 */
import { ENCRYPTION_TRANSFORMS, INTEGRITY_TRANSFORMS } from '../../engine/crypto/transforms.ts';
import { PORTABLE } from '../../engine/crypto/portable.ts';
import type { Outcome, PeerColumn } from '../engine/crypto/peers/peer.ts';
import type { TransformRow } from '../engine/crypto/peers/rows.ts';
import {
  aeadVectors,
  cipherVectors,
  espVectors,
  integrityVectors,
} from '../engine/crypto/vectors.ts';

const HEAD = `# Transforms

Written by a test from what it found; do not edit. To write it anew: \`npx vitest run test/docs/transforms.test.ts -u\`.

\`npm test\` does what stands here where the programs are installed, and skips by name what is not there. A column is what
the version beside it did. Without the program, or with another version, it stays as it is, and so does a line that passed and
needs what a machine lacks; nothing may come out wrong anywhere. Delete the page first to have it written without what it said.
`;

const VECTORS = `## Vectors

Every transform gives the octets of published vectors. What Node.js, which is OpenSSL, computes is compared with \`@noble/ciphers\`
and \`@noble/hashes\` on random packets and keys. What they lack is compared with strongSwan below, which takes it from libgcrypt and
code of its own.

| Transform | Published vectors | Compared with |
|---|---|---|`;

const MATRIX = `## With other programs

Random packets, the same each time, of three sizes for each line: at most 15 octets, some, and more than a thousand. In transport
mode a Binding Update behind a Home Address option, in tunnel mode a packet of the mobile node. Plaintexts are compared octet for
octet, and the ICV must be good.

- **Scapy to us** and **us to Scapy**: its IPsec layer seals and we open, and the reverse.
- **us to tshark**: it opens what we seal, with rows of \`esp_sa\` for the home address in transport mode.
- **strongSwan to us**: two charons agree on the transform in IKEv2 and send packets with ESP of their own (kernel-libipsec). Known
  is the Diffie-Hellman secret of the IKE SA; the keys are derived from it.
- **Linux to us**: the kernel, told the keys with \`ip xfrm\` under the names of [key files](keys.md), seals UDP in both modes. Its
  AES-GMAC authenticates the IV as well, which RFC 4543 shows in figure 4 and section 7 does not say.
`;

/** What cannot be told from the vectors: tests put these together by themselves. */
const OTHER_VECTORS: ReadonlyMap<string, string> = new Map([
  ['NULL with AES-GMAC [RFC4543]', 'NIST CAVS'],
  ['AES-CCM with 12 octet ICV [RFC4309]', 'RFC 3610, step by step with AES'],
]);

/** Document that a vector is from. */
const DOCUMENT =
  /^(?:RFC \d+|NIST SP [0-9A-Z-]+|NIST CAVS|FIPS \d+|draft-[a-z0-9-]+|GCM submission to NIST|CRYPTREC)/;

function vectorsOf(name: string): string {
  const names = [
    ...[...cipherVectors, ...aeadVectors, ...integrityVectors].filter(
      ({ transform }) => transform === name,
    ),
    ...espVectors.filter(({ encryption }) => encryption === name),
  ].map((vector) => DOCUMENT.exec(vector.name)?.[0] ?? vector.name);
  const other = OTHER_VECTORS.get(name);
  return [...new Set(other === undefined ? names : [...names, other])].join(', ');
}

/** Whether the other implementation has a transform. */
function isPortable(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

function vectorTable(): string[] {
  const line = (name: string, make: () => unknown): string =>
    `| ${name} | ${vectorsOf(name)} | ${isPortable(make) ? '@noble' : 'strongSwan'} |`;
  return [
    VECTORS,
    ...ENCRYPTION_TRANSFORMS.map(({ name, keyLengths, create }) =>
      line(name, () => create(new Uint8Array(keyLengths[0] ?? 0), PORTABLE)),
    ),
    ...INTEGRITY_TRANSFORMS.flatMap(({ name, keyLength, create }) =>
      create === undefined ? [] : [line(name, () => create(new Uint8Array(keyLength), PORTABLE))],
    ),
    '',
  ];
}

/** What a page says: programs by column, cells by row and column. */
interface SaidBefore {
  readonly programs: ReadonlyMap<string, string>;
  /** Key: the four cells of the row and the title of the column. */
  readonly cells: ReadonlyMap<string, string>;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Reads a page. */
export function readPage(text: string): SaidBefore {
  const programs = new Map<string, string>();
  const cells = new Map<string, string>();
  let heading = '';
  let header: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '') header = [];
    if (line.startsWith('### ')) heading = line.slice(4);
    if (!line.startsWith('| ')) continue;
    const parts = cellsOf(line);
    if (header.length === 0) header = parts;
    else if (header[0] === 'Column') programs.set(parts[0] ?? '', parts[1] ?? '');
    else if (header[0] === 'Key') {
      for (let i = 3; i < parts.length; i++) {
        const place = [heading, ...parts.slice(0, 3), header[i] ?? ''];
        cells.set(place.join('|'), parts[i] ?? '');
      }
    }
  }
  return { programs, cells };
}

function cellText(outcome: Outcome): string {
  return outcome.kind === 'passed' ? 'passed' : `${outcome.kind}: ${outcome.reason}`;
}

/** Whether a column says what the page has to: the same version as in the page, or the page has none. */
function isCurrent({ title, version }: PeerColumn, before: SaidBefore): boolean {
  const known = before.programs.get(title);
  return version !== undefined && (known === undefined || known === version);
}

/**
 * Markdown of the page. Columns of programs that are not there, or in another version, stay as they were; so do
 * lines that passed and cannot be tried.
 */
export function transformsPage(
  rows: readonly TransformRow[],
  columns: readonly PeerColumn[],
  before: SaidBefore,
): string {
  const texts = columns.map((column) => {
    const current = isCurrent(column, before);
    return rows.map((row, i) => {
      const said = before.cells.get([...row.cells, column.title].join('|'));
      const outcome = column.outcomes[i];
      const isLess = said === 'passed' && outcome?.kind === 'skipped';
      if (current && outcome !== undefined && !isLess) return cellText(outcome);
      return said ?? 'skipped: the program was not there';
    });
  });
  const summary = columns.map(({ title, version }, i) => {
    const passed = texts[i]?.filter((text) => text === 'passed').length ?? 0;
    const program = before.programs.get(title) ?? version ?? 'not there';
    return `| ${title} | ${program} | ${passed} | ${rows.length - passed} |`;
  });
  const titles = columns.map(({ title }) => title);
  const lines = [
    HEAD,
    ...vectorTable(),
    MATRIX,
    '| Column | Program | Passed | Skipped |',
    '|---|---|---|---|',
    ...summary,
    '',
  ];
  let heading = '';
  rows.forEach((row, i) => {
    const [encryption, ...rest] = row.cells;
    if (encryption !== heading) {
      if (heading !== '') lines.push('');
      lines.push(
        `### ${encryption}`,
        '',
        `| Key | Integrity | Mode | ${titles.join(' | ')} |`,
        `|---|---|---|${'---|'.repeat(titles.length)}`,
      );
      heading = encryption;
    }
    lines.push(`| ${[...rest, ...texts.map((column) => column[i] ?? '')].join(' | ')} |`);
  });
  return [...lines, ''].join('\n');
}
