import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readYamlAssociations } from '../../../cli/yaml-associations.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import type { KeyText } from '../../../engine/keys/key-text.ts';
import type { AssociationEntry } from '../../../engine/keys/key-file.ts';
import { formatKeyProblem } from '../../../engine/keys/key-problem.ts';
import { ENCRYPTION_TRANSFORMS, INTEGRITY_TRANSFORMS } from '../../../engine/crypto/transforms.ts';
import { WRITABLE_KEY_FORMATS } from '../../../engine/keys/writable-formats.ts';
import type { WritableKeyFormat } from '../../../engine/keys/writable-formats.ts';
import { writeKeys } from '../../../engine/keys/write-keys.ts';
import { formatSelector } from '../../../engine/state/security-association.ts';
import { formatTrafficSelector } from '../../../engine/state/traffic-selector.ts';
import {
  IKEV2_TABLE,
  key,
  SETKEY,
  SWANCTL,
  TCPDUMP,
  XFRM_POLICY,
  XFRM_STATE,
} from './key-texts.ts';

const read = (text: string): KeyText => readKeyText(text, 'f', readYamlAssociations);

/** Everything an association says but its place. */
function valuesOf(entry: AssociationEntry): Record<string, unknown> {
  const { association } = entry;
  const { selector } = association;
  return {
    spi: association.spi,
    source: formatSelector(association.source),
    destination: formatSelector(association.destination),
    family: association.addressLength,
    mode: association.mode,
    encryption: association.esp.encryption.name,
    encryptionKey: entry.encryptionKey.hex(),
    integrity: association.esp.integrity.name,
    integrityKey: entry.integrityKey.hex(),
    extendedSequence: association.extendedSequence,
    sequenceHigh: entry.initialSequenceHigh,
    replayWindow: entry.replayWindow,
    requestId: entry.requestId,
    careOf: entry.careOfAddress?.join(),
    encapsulation: entry.encapsulation,
    selector: selector === undefined ? undefined : formatTrafficSelector(selector),
    interface: selector?.interface,
    name: entry.name,
  };
}

/** What a format has no place for, beside the names of associations, which are comments. */
const LOST: Readonly<Record<WritableKeyFormat, readonly string[]>> = {
  esp_sa: ['mode', 'replayWindow', 'requestId', 'careOf', 'encapsulation', 'selector', 'interface'],
  setkey: ['careOf', 'encapsulation', 'selector', 'interface'],
  'ip-xfrm': [],
  tcpdump: [],
  yaml: [],
};

/** Associations of every transform that only few formats can say all of. */
const RICH = [
  ...ENCRYPTION_TRANSFORMS.flatMap((row) =>
    (row.keyLengths.length === 0 ? [0] : row.keyLengths).map((octets) => [
      row.name,
      octets === 0 ? '' : `    encryptionKey: "${key(octets)}"\n`,
      row.icvLength === 0 ? 'AES-CMAC-96' : 'NULL',
      row.icvLength === 0 ? `    integrityKey: "${key(16)}"\n` : '',
    ]),
  ),
  ...INTEGRITY_TRANSFORMS.map((row) => [
    'NULL',
    '',
    row.name,
    row.create === undefined ? '' : `    integrityKey: "${key(row.keyLength)}"\n`,
  ]),
].map(
  ([encryption = '', encryptionKey = '', integrity = '', integrityKey = ''], i) =>
    `  - source: 2001:db8::${(i + 1).toString(16)}
    destination: ${i % 5 === 4 ? '192.0.2.1' : '2001:db8:ffff::1'}
    spi: ${0x100 + i}
    encryption: "${encryption}"
${encryptionKey}    integrity: "${integrity}"
${integrityKey}    mode: ${i % 2 === 0 ? 'transport' : 'tunnel'}
    replayWindow: ${64 * (i % 3)}
    requestId: ${i + 1}
`,
);
const RICH_YAML = `associations:\n${RICH.map((item, i) => (i % 5 === 4 ? item.replace(/source: .*/, 'source: 192.0.2.9') : item)).join('')}`;

const FULL_YAML = `associations:
  - name: "Tunnel \\" of node 1"
    source: 2001:db8:2::10
    destination: 2001:db8:1::1
    spi: 4294967295
    mode: tunnel
    encryption: AES-GCM-16
    encryptionKey: "${key(36)}"
    extendedSequence: true
    sequenceHigh: 7
    replayWindow: 4096
    requestId: 9
    careOfAddress: 2001:db8:3::10
    encapsulation: { sourcePort: 4500, destinationPort: 4501 }
    selector:
      source: 2001:db8:1::10
      destination: "*"
      protocol: 135
      type: 1
      interface: ip6tnl1
`;

describe.each(WRITABLE_KEY_FORMATS.filter((format) => format !== 'tcpdump'))(
  'what is written as %s',
  (format) => {
    it.each([
      ['a setkey file', SETKEY],
      ['ip xfrm state', XFRM_STATE],
      ['YAML with every transform', RICH_YAML],
      ['YAML with everything', FULL_YAML],
    ])('says the same as %s, but for what is told', (_, text) => {
      const original = read(text);
      expect(original.problems.map(formatKeyProblem)).toEqual([]);
      const written = writeKeys(format, [original]);
      const leftOut = new Set(
        written.losses.filter(({ isLeftOut }) => isLeftOut).map(({ origin }) => origin.line),
      );
      const expected = original.entries.filter(
        ({ association }) => !leftOut.has(association.origin.line),
      );
      expect(written.associations).toBe(expected.length);
      const again = read(written.text === '' ? '# nothing\n' : written.text);
      const ignored = new Set([...LOST[format], ...(format === 'yaml' ? [] : ['name'])]);
      const compared = (entry: AssociationEntry): [string, unknown][] =>
        Object.entries(valuesOf(entry)).filter(([name]) => !ignored.has(name));
      expect(again.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(again.entries.map(compared)).toEqual(expected.map(compared));
    });
  },
);

describe('what cannot be said', () => {
  const lossesOf = (format: WritableKeyFormat, text: string): string[] =>
    writeKeys(format, [read(text)]).losses.map(
      ({ origin, isLeftOut, message }) => `${origin.line} ${isLeftOut ? 'out' : 'part'} ${message}`,
    );

  it('by esp_sa is told for each association and policy', () => {
    expect(lossesOf('esp_sa', SETKEY)).toEqual([
      '5 part esp_sa has no place for mode, replay window, request id',
      '8 part esp_sa has no place for mode',
      '11 part esp_sa has no place for mode',
      '12 out left out: esp_sa has no place for policies',
      '13 out left out: esp_sa has no place for policies',
      '14 out left out: esp_sa has no place for policies',
    ]);
  });

  it('by tcpdump leaves out what it cannot decrypt, and tells that it checks nothing', () => {
    expect(lossesOf('tcpdump', XFRM_STATE)).toEqual([
      '1 part tcpdump has no place for source, authentication key, mode, replay window, selector, care-of address, request id',
      '9 out left out: tcpdump does not have AES-GCM with 12 octet ICV [RFC4106]',
      '18 out left out: tcpdump does not have NULL',
    ]);
  });

  it('by setkey are extended sequence numbers, and by any of them wildcards where they need one address', () => {
    expect(lossesOf('setkey', FULL_YAML)).toEqual([
      '2 out left out: setkey has no extended sequence numbers',
    ]);
    const wide = '"IPv6","2001:db8::/64","*","*","NULL","","NULL",""';
    for (const format of ['setkey', 'ip-xfrm', 'tcpdump'] as const) {
      expect(lossesOf(format, wide)).toHaveLength(1);
    }
  });

  it('from listings without keys is told', () => {
    expect(lossesOf('yaml', SWANCTL)).toEqual([
      '8 out left out: a listing without keys',
      '9 out left out: a listing without keys',
      '13 out left out: a listing without keys',
    ]);
  });
});

describe('secrets of tcpdump', () => {
  it('come back as they were, IKE keys included', () => {
    const original = read(TCPDUMP);
    const { text, losses } = writeKeys('tcpdump', [original]);
    expect(losses).toEqual([]);
    expect(read(text).entries.map(valuesOf)).toEqual(original.entries.map(valuesOf));
    expect(writeKeys('tcpdump', [read(text)]).text).toBe(text);
    const fromTable = writeKeys('tcpdump', [read(IKEV2_TABLE)]);
    expect(read(fromTable.text).ikeKeys).toHaveLength(1);
    expect(fromTable.losses).toHaveLength(1);
  });
});

describe('policies', () => {
  it.each([
    ['setkey', SETKEY],
    ['setkey', XFRM_POLICY],
    ['ip-xfrm', SETKEY],
    ['ip-xfrm', XFRM_POLICY],
  ] as const)('written as %s come back', (format, text) => {
    const original = read(text);
    const again = read(writeKeys(format, [original]).text);
    const compared = ({ policies }: KeyText): unknown[] =>
      policies.map(({ direction, action, selector, templates }) => [
        direction,
        action,
        formatTrafficSelector(selector),
        templates.map(({ protocol, mode, level, requestId }) => [protocol, mode, level, requestId]),
      ]);
    expect(again.problems).toEqual([]);
    expect(compared(again)).toEqual(compared(original));
    expect(again.policies.length).toBeGreaterThan(1);
  });

  const canUnshare =
    spawnSync('unshare', ['-rn', 'ip', 'xfrm', 'policy']).status === 0 &&
    process.platform === 'linux';
  it.skipIf(!canUnshare)(
    'are taken by the kernel and come back from it (needs unshare, ip)',
    () => {
      const { text } = writeKeys('ip-xfrm', [read(SETKEY)]);
      const commands = text.split('\n').filter((line) => line.includes('policy'));
      const run = spawnSync(
        'unshare',
        ['-rn', 'sh', '-ec', [...commands, 'ip xfrm policy'].join('\n')],
        {
          encoding: 'utf8',
        },
      );
      expect(run.stderr).toBe('');
      const selectors = (content: KeyText): string[] =>
        content.policies
          .map(({ direction, selector }) => `${direction} ${formatTrafficSelector(selector)}`)
          .sort();
      expect(selectors(read(run.stdout))).toEqual(selectors(read(SETKEY)));
    },
  );
});

describe('key files of any format', () => {
  const samples = [SETKEY, XFRM_STATE, XFRM_POLICY, TCPDUMP, IKEV2_TABLE, SWANCTL, FULL_YAML];

  it('are read without throwing and never shown in a problem or note, however damaged', () => {
    const edit = fc.record({
      sample: fc.constantFrom(...samples),
      at: fc.nat(),
      cut: fc.nat({ max: 40 }),
      insert: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(
          ';',
          '"',
          "'",
          '\\',
          '\n',
          '\u0000',
          ' proto ',
          ' sel ',
          '0x',
          ',',
          '/',
          '<<',
        ),
      ),
      swap: fc.boolean(),
    });
    fc.assert(
      fc.property(edit, ({ sample, at, cut, insert, swap }) => {
        const position = at % sample.length;
        const text = `${sample.slice(0, position)}${insert}${sample.slice(position + cut)}`;
        const damaged = swap ? text.split(' ').reverse().join(' ') : text;
        const content = read(damaged);
        for (const { message } of [...content.problems, ...content.notes]) {
          expect(message).not.toMatch(/040506070809|43444546/);
        }
        for (const format of WRITABLE_KEY_FORMATS) writeKeys(format, [content]);
        expect(JSON.stringify(content)).not.toMatch(/0405060708090a/);
      }),
      { numRuns: 400 },
    );
  });

  it('that are long nonsense are given up in bounded time and with bounded problems', () => {
    for (const part of [
      'add ',
      'src a\n',
      '1@::1 x:y\n',
      'a: #1, ',
      '0001020304050607,',
      '((((',
      '"',
    ]) {
      const { problems, notes } = read(`add ;\n${part.repeat(100_000)}`);
      const other = read(`src ::1 dst ::2\n${part.repeat(100_000)}`);
      const third = read(`1@::1 des-cbc:1\n${part.repeat(100_000)}`);
      for (const list of [problems, notes, other.problems, third.problems]) {
        expect(list.length).toBeLessThanOrEqual(1000);
      }
    }
  });
});
