import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PeerColumn } from '../engine/crypto/peers/peer.ts';
import { linuxColumn } from '../engine/crypto/peers/linux.ts';
import { TRANSFORM_ROWS } from '../engine/crypto/peers/rows.ts';
import { scapyColumns } from '../engine/crypto/peers/scapy.ts';
import { strongSwanColumn } from '../engine/crypto/peers/strongswan.ts';
import { tsharkColumn } from '../engine/crypto/peers/tshark.ts';
import { ROOT } from './pages.ts';
import { readPage, transformsPage } from './transforms-page.ts';

const PAGE = path.join(ROOT, 'docs', 'transforms.md');
const before = readPage(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '');

/** Columns, what they need, and the least number of rows that any version of the program has. */
const COLUMNS = [
  ['Scapy to us', 'Scapy with python-cryptography', 140],
  ['us to Scapy', 'Scapy with python-cryptography', 140],
  ['us to tshark', 'tshark', 140],
  [
    'strongSwan to us',
    'charon with libcharon-extra-plugins and libstrongswan-extra-plugins, swanctl, tcpdump, and namespaces',
    90,
  ],
  ['Linux to us', 'a kernel with ESP, ip, tcpdump, and namespaces', 150],
] as const;

describe('every transform in every mode', () => {
  let columns: readonly PeerColumn[] = [];
  beforeAll(async () => {
    const [scapy, tshark, strongSwan, linux] = await Promise.all([
      scapyColumns(TRANSFORM_ROWS),
      tsharkColumn(TRANSFORM_ROWS),
      strongSwanColumn(TRANSFORM_ROWS),
      linuxColumn(TRANSFORM_ROWS),
    ]);
    columns = [...scapy, tshark, strongSwan, linux];
  });

  for (const [title, needs, least] of COLUMNS) {
    it(`passes or is skipped with a reason: ${title} (needs ${needs})`, ({ skip }) => {
      const column = columns.find((one) => one.title === title);
      skip(column?.version === undefined, `needs ${needs}`);
      const outcomes = column?.outcomes ?? [];
      const wrong = outcomes.flatMap((outcome, i) =>
        outcome.kind === 'failed'
          ? [[...(TRANSFORM_ROWS[i]?.cells ?? []), outcome.reason].join(', ')]
          : [],
      );
      expect(wrong).toEqual([]);
      expect(outcomes).toHaveLength(TRANSFORM_ROWS.length);
      expect(outcomes.filter(({ kind }) => kind === 'passed').length).toBeGreaterThan(least);
    });
  }

  it('is in the page (write it anew with: npx vitest run test/docs/transforms.test.ts -u)', async () => {
    const page = transformsPage(TRANSFORM_ROWS, columns, before);
    const { cells } = readPage(page);
    expect(cells.size).toBe(TRANSFORM_ROWS.length * COLUMNS.length);
    expect([...cells.values()].filter((cell) => !/^passed$|^skipped: \S/.test(cell))).toEqual([]);
    await expect(page).toMatchFileSnapshot('../../docs/transforms.md');
  });
});
