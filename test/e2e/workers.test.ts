import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { ATTACK, HARMLESS, ROOT, bash, capture, mip6guard } from './command.ts';
import type { Outcome } from './command.ts';

const CAPTURES = path.join(ROOT, 'fixtures/captures');
const inCaptures = (name: string): string => path.join(CAPTURES, name);
const ATTACK_KEYS = inCaptures('relay-attack.esp_sa');
const ATTACK_CAPTURE = inCaptures('relay-attack.pcapng');

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-workers-'));
  const attack = readFileSync(ATTACK_CAPTURE);
  const life = readFileSync(inCaptures('normal-life.pcapng'));
  mkdirSync(inFolder('rotated/below'), { recursive: true });
  writeFileSync(inFolder('rotated/1.pcapng'), attack);
  writeFileSync(inFolder('rotated/2.pcapng.gz'), gzipSync(life));
  writeFileSync(inFolder('rotated/3.pcap'), capture([HARMLESS, ATTACK, HARMLESS]));
  writeFileSync(
    inFolder('rotated/below/4.pcap'),
    readFileSync(inCaptures('relay-attack-home.pcap')),
  );
  // All packets of both at the same times.
  writeFileSync(inFolder('tie-a.pcap'), capture([HARMLESS, ATTACK, HARMLESS, ATTACK]));
  writeFileSync(inFolder('tie-b.pcap'), capture([ATTACK, HARMLESS, ATTACK]));
  writeFileSync(inFolder('cut.pcapng'), attack.subarray(0, attack.length - 30));
  writeFileSync(inFolder('cut.pcap'), capture([ATTACK, HARMLESS]).subarray(0, -5));
  writeFileSync(inFolder('cut.pcapng.gz'), gzipSync(life).subarray(0, -200));
  writeFileSync(inFolder('empty.pcap'), '');
  writeFileSync(inFolder('text.pcap'), 'this is text, not a capture\n');
  const keys = readFileSync(ATTACK_KEYS, 'utf8');
  // Keys, not SPIs: those have 8 digits.
  const wrong = keys.replace(/0x[0-9a-f]{8}(?=[0-9a-f])/gi, '0x5a5a5a5a');
  writeFileSync(inFolder('wrong.esp_sa'), wrong, { mode: 0o600 });
  writeFileSync(inFolder('broken.esp_sa'), `${keys}"IPv6","*"\n`, { mode: 0o600 });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function audit(workers: number, args: readonly string[]): Outcome {
  return mip6guard(['audit', '--format', 'json', '--workers', `${workers}`, ...args], {
    cwd: folder,
  });
}

/** Cases by name; each is looked at in a folder that is made later. */
const CASES: Readonly<Record<string, () => string[]>> = {
  'one capture': () => [ATTACK_CAPTURE],
  'one capture with keys': () => ['--keys', ATTACK_KEYS, ATTACK_CAPTURE],
  'a capture with keys and a site': () => [
    ...['--config', inCaptures('normal-life.site.yaml')],
    ...['--keys', inCaptures('normal-life.esp_sa')],
    inCaptures('normal-life.pcapng'),
  ],
  'captures of two links': () => [
    ...['--config', inCaptures('relay-attack-files.site.yaml'), '--keys', ATTACK_KEYS],
    inCaptures('relay-attack-home.pcap'),
    inCaptures('relay-attack-foreign.pcap'),
  ],
  'captures whose packets have the same times': () => ['tie-b.pcap', 'tie-a.pcap'],
  'a directory': () => ['--keys', ATTACK_KEYS, 'rotated'],
  'a directory and those below': () => ['--recursive', 'rotated'],
  'a compressed capture': () => ['rotated/2.pcapng.gz'],
  'captures that are cut short': () => ['cut.pcapng.gz', 'cut.pcap', 'cut.pcapng'],
  'captures of which some cannot be read': () => [
    ...['text.pcap', 'tie-a.pcap', 'not-there.pcap', 'empty.pcap'],
    'rotated/3.pcap',
  ],
  'keys that do not fit': () => ['--keys', 'wrong.esp_sa', ATTACK_CAPTURE],
  'a key file with a fault': () => ['--keys', 'broken.esp_sa', ATTACK_CAPTURE],
  'a key file that is not there': () => ['--keys', 'not-there.esp_sa', ATTACK_CAPTURE],
};

describe('an audit with several threads gives octet for octet what one thread gives', () => {
  // Two and five threads take turns; with `npm run endurance` each case has both.
  const cases = Object.entries(CASES).map(([name, argsOf], turn) => {
    const threads = IS_ENDURANCE ? [2, 5] : [turn % 2 === 0 ? 2 : 5];
    return { name, argsOf, threads };
  });
  it.each(cases)('for $name: $threads threads', ({ argsOf, threads }) => {
    const alone = audit(1, argsOf());
    expect(alone.code).not.toBe(5);
    for (const workers of threads) expect(audit(workers, argsOf())).toEqual(alone);
  });

  it('for standard input, which one thread reads', () => {
    const input = readFileSync(ATTACK_CAPTURE);
    const run = (workers: number): Outcome =>
      mip6guard(
        ['audit', '--format', 'json', '--workers', `${workers}`, '--keys', ATTACK_KEYS, '-'],
        {
          input,
        },
      );
    const alone = run(1);
    expect(alone.stdout).toContain('MIP6-');
    for (const workers of IS_ENDURANCE ? [2, 5] : [5]) expect(run(workers)).toEqual(alone);
  });

  it('for keys that come through a pipe', () => {
    const run = (workers: number): Outcome =>
      bash(
        `mip6guard audit --format json --workers ${workers} --keys <(cat '${ATTACK_KEYS}') '${ATTACK_CAPTURE}'`,
        folder,
      );
    const alone = run(1);
    expect(alone.stdout).toContain('"verified"');
    for (const workers of IS_ENDURANCE ? [2, 5] : [2]) {
      expect(run(workers).stdout).toBe(alone.stdout);
    }
  });
});
