/**
 * Rows of key files that are in each other's way: a warning each, and all of them still count.
 */
import { describe, expect, it } from 'vitest';
import { fileConflicts } from '../../../engine/keys/key-policies.ts';
import { formatKeyProblem } from '../../../engine/keys/key-problem.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT, key } from './key-texts.ts';

function row(source: string, destination: string, spi = '0x100'): string {
  return `"IPv6","${source}","${destination}","${spi}","NULL","","HMAC-SHA-1-96 [RFC2404]","${key(20)}"\n`;
}

/** `line code: start of the message`. */
function told(text: string): string[] {
  const { problems, entries } = readKeyText(text, 'f');
  // Warnings, so nothing is lost.
  expect(entries.length + readKeyText(text, 'f').policies.length).toBeGreaterThan(1);
  return problems.map(({ line, code, message }) => `${line} ${code}: ${message.slice(0, 40)}`);
}

describe('an SPI twice for one destination', () => {
  it('between the same addresses is a duplicate', () => {
    const text = row(HOME_ADDRESS, HOME_AGENT) + row(HOME_ADDRESS, HOME_AGENT);
    expect(told(text)).toEqual(['2 KEYS_DUPLICATE: same SPI and addresses as line 1; both a']);
  });

  it('from another source is one as well', () => {
    const text = row(HOME_ADDRESS, HOME_AGENT) + row('2001:db8:1::11', HOME_AGENT);
    expect(told(text)).toEqual(['2 KEYS_DUPLICATE: same SPI and destination as line 1, with']);
  });

  it('in two files is told with both places', () => {
    const files = [row(HOME_ADDRESS, HOME_AGENT), row('::', '::1') + row('*', HOME_AGENT)].map(
      (text, i) => readKeyText(text, `file-${i}`),
    );
    expect(fileConflicts(files).map(formatKeyProblem)).toEqual([
      'file-1:2: spi: same SPI as file-0:1 and addresses that overlap; the closer one is tried first and the ICV decides. Narrow the addresses',
    ]);
    expect(fileConflicts([...files, ...files]).length).toBe(1);
  });

  it('is none for another destination, another SPI, or a row for any SPI', () => {
    const text = [
      row(HOME_ADDRESS, HOME_AGENT),
      row(HOME_AGENT, HOME_ADDRESS),
      row(HOME_ADDRESS, HOME_AGENT, '0x101'),
      row('*', '*', '*'),
    ];
    expect(told(text.join(''))).toEqual([]);
  });
});

describe('associations whose addresses overlap', () => {
  it.each([
    ['*', HOME_AGENT],
    ['2001:db8:1::/64', HOME_AGENT],
    [HOME_ADDRESS, '2001:db8::/32'],
    ['*', '*'],
  ])('with one SPI are told: %s > %s', (source, destination) => {
    const text = row(HOME_ADDRESS, HOME_AGENT) + row(source, destination);
    expect(told(text)).toEqual(['2 KEYS_OVERLAP: same SPI as line 1 and addresses that ov']);
  });

  it('are told a bounded number of times, and the file is read to its end', () => {
    const rows = Array.from({ length: 3000 }, (_, i) =>
      row(`2001:db8:5::${i.toString(16)}`, HOME_AGENT),
    );
    const { entries, problems } = readKeyText(rows.join(''), 'f');
    expect(entries).toHaveLength(3000);
    expect(problems).toHaveLength(50);
  });

  it('are looked for in time that grows with the file', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) =>
      row(`2001:db8:5::${i.toString(16)}`, '*', '7'),
    );
    const start = performance.now();
    expect(readKeyText(rows.join(''), 'f').entries).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe('policies whose selectors overlap', () => {
  const spdadd = (selector: string, action: string, direction = 'out'): string =>
    `spdadd ${selector} -P ${direction} ${action};\n`;
  const specific = `${HOME_ADDRESS} ${HOME_AGENT} 135 5`;
  const general = `${HOME_ADDRESS} ::/0 any`;
  const protect = 'ipsec esp/transport//require';

  it('are as they should be with the closer one first', () => {
    expect(told(spdadd(specific, protect) + spdadd(general, 'none'))).toEqual([]);
  });

  it('are told when the later one is never used', () => {
    expect(told(spdadd(general, 'none') + spdadd(specific, protect))).toEqual([
      '2 KEYS_OVERLAP: never used: the policy of line 1 fits al',
    ]);
    expect(told(spdadd(specific, protect) + spdadd(specific, protect))).toHaveLength(1);
  });

  it('are told when they overlap in part and say different things', () => {
    const one = `${HOME_ADDRESS} ::/0 135`;
    const other = `::/0 ${HOME_AGENT} any`;
    expect(told(spdadd(one, protect) + spdadd(other, 'discard'))).toEqual([
      '2 KEYS_OVERLAP: overlaps with the policy of line 1, whic',
    ]);
    expect(told(spdadd(one, protect) + spdadd(other, protect))).toEqual([]);
  });

  it('are not compared across directions, or between tunnel and what is outside of it', () => {
    expect(told(spdadd(general, 'none', 'in') + spdadd(specific, protect))).toEqual([]);
    const inTunnel = `ipsec esp/tunnel/${CARE_OF_ADDRESS}-${HOME_AGENT}/require`;
    expect(told(spdadd(general, inTunnel) + spdadd(specific, protect))).toEqual([]);
  });

  it('are told of the notation too, within one database', () => {
    const rule = (condition: string): string => `  - IF ${condition} THEN USE SA ESP TRANSPORT\n`;
    const text = `ha SPD IN:\n${rule('proto = any')}${rule('proto = MH & mh_type = BU')}ha SPD OUT:\n${rule('proto = MH')}`;
    const { problems } = readKeyText(text, 'f.spd');
    expect(problems.map(formatKeyProblem)).toEqual([
      'f.spd:3: policy: never used: the policy of line 2 fits all it fits, and comes before it. Put the closer one first',
    ]);
  });
});
