/**
 * The exports against those of tshark itself: names, places and values of the fields that both have.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../../endurance.ts';
import { hasTshark } from '../../dissectors/oracle/tshark.ts';
import { leavesOf, memberOf, packetsOf, parseJson } from '../../e2e/json-entries.ts';
import type { Json, Leaf } from '../../e2e/json-entries.ts';
import { CAPTURES, run } from './run.ts';
import { SHAPE_DIFFERENCES, isAbout } from './tshark-differences.ts';

/** Fields of these protocols are compared; others come and go with what is decoded further in. */
const COMPARED = /^(_ws\.expert|frame|eth|ipv6|icmpv6|mip6|mipv6|esp|data)(\.|_raw|$)/;

const PLAIN = ['samples/mobility-messages.pcapng', 'samples/icmpv6-messages.pcapng'].concat(
  ['samples/link-vlan.pcap', 'normal-life.pcapng', 'relay-attack.pcapng'],
  ['samples/fragments.pcapng'],
);

function tshark(args: readonly string[]): string {
  return execFileSync('tshark', ['-n', ...args], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Options that give tshark the keys of an esp_sa file. */
function keyOptions(file: string): string[] {
  const rows = readFileSync(file, 'utf8').split('\n');
  const used = rows.filter((row) => row.trim() !== '' && !row.startsWith('#'));
  const switches = ['esp.enable_encryption_decode:TRUE', 'esp.enable_authentication_check:TRUE'];
  return [...switches, ...used.map((row) => `uat:esp_sa:${row}`)].flatMap((value) => ['-o', value]);
}

/** Values and places of the fields of one packet, by name. */
function byName(leaves: readonly Leaf[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, path: place, value } of leaves) {
    found.set(key, `${found.get(key) ?? ''}\n${place} = ${value}`);
  }
  return found;
}

const used = new Set<string>();
let compared = 0;

/** Fields that both have and that differ without a reason. */
function differences(ours: readonly Leaf[], theirs: readonly Leaf[]): string[] {
  const [here, there] = [byName(ours), byName(theirs)];
  const found: string[] = [];
  for (const [name, place] of here) {
    const other = there.get(name);
    if (other === undefined || !COMPARED.test(name)) continue;
    compared++;
    if (place === other) continue;
    const known = SHAPE_DIFFERENCES.find((item) => isAbout(item, name));
    if (known === undefined) found.push(`${name}:\n ours:${place}\n tshark:${other}`);
    else used.add(known.reason);
  }
  return found;
}

function compareAll(ours: readonly Json[], theirs: readonly Json[]): string[] {
  expect(ours).toHaveLength(theirs.length);
  return ours.flatMap((packet, i) =>
    differences(leavesOf(packet), leavesOf(theirs[i] ?? null)).map((text) => `#${i + 1} ${text}`),
  );
}

/** Layers of each packet of `-T ek`. */
function ekPackets(text: string): Json[] {
  const lines = text.trimEnd().split('\n');
  expect(lines.length % 2).toBe(0);
  return lines.flatMap((line, i) => {
    const found = parseJson(line);
    return i % 2 === 0 ? [] : [memberOf(found, 'layers') ?? null];
  });
}

describe.skipIf(!hasTshark || !IS_ENDURANCE)(
  'fields that tshark has as well (needs tshark; npm run endurance)',
  () => {
    afterAll(() => {
      process.stdout.write(`compared with the exports of tshark: ${compared} fields of packets\n`);
    });

    it.each(PLAIN)('stand at the same place with the same value in -T json of %s', async (name) => {
      const file = path.join(CAPTURES, name);
      for (const options of [[], ['--no-duplicate-keys'], ['-x']]) {
        const { code, stdout } = await run('read', '-T', 'json', ...options, file);
        expect(code).toBe(0);
        const theirs = tshark(['-r', file, '-T', 'json', ...options]);
        const found = compareAll(packetsOf(stdout), packetsOf(theirs));
        expect(found.slice(0, 5)).toEqual([]);
      }
    });

    it('also inside ESP that the keys open', async () => {
      const file = path.join(CAPTURES, 'relay-attack.pcapng');
      const keys = path.join(CAPTURES, 'relay-attack.esp_sa');
      const { stdout } = await run('read', '-T', 'json', '--keys', keys, file);
      const theirs = tshark(['-r', file, '-T', 'json', ...keyOptions(keys)]);
      const found = compareAll(packetsOf(stdout), packetsOf(theirs));
      expect(found.slice(0, 5)).toEqual([]);
      expect(stdout).toContain('"mip6.bu.seqnr"');
    });

    it.each(PLAIN)('and in -T ek of %s', async (name) => {
      const file = path.join(CAPTURES, name);
      const { stdout } = await run('read', '-T', 'ek', file);
      const [ours, theirs] = [ekPackets(stdout), ekPackets(tshark(['-r', file, '-T', 'ek']))];
      expect(ours).toHaveLength(theirs.length);
      // tshark writes some keys several times in an object, so only the values are compared.
      const valuesOf = (packet: Json): Map<string, string> => {
        const found = new Map<string, string>();
        for (const { key, value } of leavesOf(packet)) {
          found.set(key, `${found.get(key) ?? ''}|${value}`);
        }
        return found;
      };
      const found: string[] = [];
      ours.forEach((packet, i) => {
        const there = valuesOf(theirs[i] ?? null);
        for (const [key, value] of valuesOf(packet)) {
          const other = there.get(key);
          const isKnown = SHAPE_DIFFERENCES.some(({ names }) =>
            names.some((item) => key.includes(item.replace('*', '').replaceAll('.', '_'))),
          );
          if (
            !/^(frame|eth|ipv6|icmpv6|mipv6|esp|mip6)_/.test(key) ||
            other === undefined ||
            isKnown
          )
            continue;
          compared++;
          if (other !== value) found.push(`#${i + 1} ${key}: ours ${value}, tshark ${other}`);
        }
      });
      expect(found.slice(0, 5)).toEqual([]);
    });

    it('are the same columns in -T fields, whatever -E says', async () => {
      const names = [
        'frame.number',
        'frame.time_epoch',
        'frame.time',
        'frame.len',
        'eth.src',
        'eth.addr',
      ];
      names.push('ipv6.src', 'ipv6.addr', 'ipv6.nxt', 'icmpv6.type', 'icmpv6.opt', 'mip6.mhtype');
      names.push(
        'mip6.csum',
        'mip6.bu.seqnr',
        'mip6.bu.a_flag',
        'mip6.bu.lifetime',
        'mip6.options.padn',
      );
      names.push('mip6.acoa.acoa', 'mip6.hoti.cookie', 'mip6.bad.auth', 'ipv6.opt.type');
      const fields = names.flatMap((name) => ['-e', name]);
      const layouts = [
        [],
        ['-E', 'header=y', '-E', 'separator=,', '-E', 'quote=d'],
        ['-E', 'occurrence=f', '-E', 'separator=/s', '-E', 'quote=s', '-E', 'bom=y'],
        ['-E', 'occurrence=l', '-E', 'aggregator=/s', '-E', 'separator=|'],
      ];
      for (const name of ['samples/mobility-messages.pcapng', 'samples/icmpv6-messages.pcapng']) {
        const file = path.join(CAPTURES, name);
        for (const layout of layouts) {
          const { stdout } = await run('read', '-T', 'fields', ...fields, ...layout, file);
          expect(stdout).toBe(tshark(['-r', file, '-T', 'fields', ...fields, ...layout]));
        }
      }
    });

    it('are the same arrays in -T json and ek with -e', async () => {
      const fields = [
        'ipv6.addr',
        'mip6.bu.seqnr',
        'mip6.options.ni',
        'ipv6.opt',
        'eth.src',
        'ip.src',
      ];
      const options = fields.flatMap((name) => ['-e', name]);
      const file = path.join(CAPTURES, 'samples/mobility-messages.pcapng');
      for (const format of ['json', 'ek']) {
        const { stdout } = await run('read', '-T', format, ...options, file);
        expect(stdout).toBe(tshark(['-r', file, '-T', format, ...options]));
      }
    });

    it('have no listed difference that is gone', () => {
      const unused = SHAPE_DIFFERENCES.filter(({ reason }) => !used.has(reason));
      expect(unused).toEqual([]);
    });
  },
);
