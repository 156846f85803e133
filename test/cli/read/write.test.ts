/**
 * `read -w`: the selected packets as pcapng, with what was found.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePcap, encodePcapng } from '../../../dissectors/capture-file/index.ts';
import { hasTshark } from '../../dissectors/oracle/tshark.ts';
import { build } from '../../../dissectors/index.ts';
import { address } from '../../rules/event-builders.ts';
import { CAPTURES, decodeFile, run } from './run.ts';

const RELAY = path.join(CAPTURES, 'relay-attack.pcapng');
const WITH_KEYS = ['--keys', path.join(CAPTURES, 'relay-attack.esp_sa')];
const WITH_SITE = ['--config', path.join(CAPTURES, 'relay-attack.site.yaml')];
const LINKTYPE_RAW = 101;

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);
const decode = decodeFile;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-write-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('read -w', () => {
  it('keeps packets, times, lengths, interfaces and comments', async () => {
    const out = inFolder('all.pcapng');
    expect(await run('read', '-w', out, RELAY)).toMatchObject({ code: 0, stdout: '' });
    const [before, after] = [decode(RELAY), decode(out)];
    expect(after.faults).toEqual([]);
    const essence = ({ packets, interfaces }: ReturnType<typeof decode>): unknown[] =>
      packets.map(({ data, originalLength, seconds, nanoseconds, interfaceIndex }) => {
        const { name, linkType } = interfaces[interfaceIndex] ?? {};
        return { data, originalLength, seconds, nanoseconds, name, linkType };
      });
    expect(essence(after)).toEqual(essence(before));
    expect(before.packets.some(({ comments }) => comments.length > 0)).toBe(true);
    // Comments of ours come behind those of the file.
    before.packets.forEach(({ comments }, i) => {
      expect(after.packets[i]?.comments.slice(0, comments.length)).toEqual(comments);
    });
  });

  it('says in comments what rule, how severe, in which incident, and what is wrong', async () => {
    const out = inFolder('found.pcapng');
    await run('read', '-Y', 'mip6guard.rule', ...WITH_KEYS, ...WITH_SITE, '-w', out, RELAY);
    const comments = decode(out).packets.flatMap((packet) => packet.comments);
    expect(
      comments.some((text) => /^MIP6-1106 critical \(certain\): .*; incident 1: Relay/.test(text)),
    ).toBe(true);
    expect(
      comments.some((text) => /^MIP6-1107 .*, evidence: .*; decided at packet 72/.test(text)),
    ).toBe(true);
    const broken = inFolder('broken.pcap');
    const packet = build.ipv6Packet({
      source: address('2001:db8::1'),
      destination: address('2001:db8::2'),
      headers: [build.type2RoutingHeader(address('2001:db8::3'), 2)],
    });
    writeFileSync(
      broken,
      encodePcap([{ bytes: packet, seconds: 1, nanoseconds: 5 }], { linkType: LINKTYPE_RAW }),
    );
    const noted = inFolder('noted.pcapng');
    await run('read', '--no-findings', '-w', noted, broken);
    expect(decode(noted).packets[0]?.comments[0]).toMatch(
      /^error RH2_MALFORMED: .*\(RFC 6275 section 6\.4/,
    );
    // Written again, nothing is said twice.
    const again = inFolder('again.pcapng');
    await run('read', '--no-findings', '-w', again, noted);
    expect(decode(again).packets[0]?.comments).toEqual(decode(noted).packets[0]?.comments);
  });

  it('adds what was decrypted as packets whose checksums hold', async () => {
    const out = inFolder('decrypted.pcapng');
    await run('read', '--decrypted', ...WITH_KEYS, '-w', out, RELAY);
    const { interfaces, packets } = decode(out);
    expect(interfaces.map(({ name }) => name)).toContain('decrypted ESP of ha-edge');
    expect(interfaces.filter(({ linkType }) => linkType === LINKTYPE_RAW).length).toBeGreaterThan(
      0,
    );
    const derived = packets.filter(({ linkType }) => linkType === LINKTYPE_RAW);
    expect(
      derived.every(({ comments }) =>
        /^packet \d+, decrypted with .*integrity verified$/.test(comments[0] ?? ''),
      ),
    ).toBe(true);
    // Our decoder verifies Mobility Header and upper-layer checksums; home addresses of options count.
    const fields = [
      'mip6.csum.status',
      'icmpv6.checksum.status',
      'udp.checksum.status',
      'tcp.checksum.status',
    ];
    const columns = fields.flatMap((name) => ['-e', name]);
    const inside = [
      '-Y',
      'frame.interface_name contains "decrypted" && !esp',
      '-T',
      'fields',
      ...columns,
    ];
    const lines = (await run('read', ...inside, out)).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(derived.length);
    for (const line of lines) expect(line.replaceAll('\t', '')).toBe('1');
    const { stdout } = await run(
      'read',
      '-Y',
      'mip6.bu.seqnr && mip6.csum.status == 1 && ipv6.dstopts',
      out,
    );
    expect(stdout.split('\n').length).toBeGreaterThan(1);
  });

  it('adds packets that were put together from fragments', async () => {
    const out = inFolder('whole.pcapng');
    await run('read', '--decrypted', '-w', out, path.join(CAPTURES, 'samples/fragments.pcapng'));
    const whole = decode(out).packets.filter(({ linkType }) => linkType === LINKTYPE_RAW);
    expect(whole).toHaveLength(1);
    expect(whole[0]?.comments).toEqual(['packet 2, put together from fragments']);
    const { stdout } = await run('read', '-Y', 'frame.interface_name matches "^reassembled"', out);
    expect(stdout).toMatch(/UDP/);
  });

  it('is a capture that can be read also when nothing was selected', async () => {
    const out = inFolder('none.pcapng');
    expect((await run('read', '-Y', 'frame.number == 0', '-w', out, RELAY)).code).toBe(0);
    expect(decode(out)).toMatchObject({ packets: [], faults: [] });
    expect(await run('read', '-T', 'json', out)).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('keeps times that nanoseconds of 64 bits cannot tell', async () => {
    const late = inFolder('late.pcapng');
    const seconds = 253_402_300_799;
    const packet = { bytes: new Uint8Array(40), seconds, nanoseconds: 999_999_000 };
    const described = { linkType: LINKTYPE_RAW, resolution: { base: 10, exponent: 6 } } as const;
    writeFileSync(late, encodePcapng([packet], [described]));
    const out = inFolder('late-out.pcapng');
    expect((await run('read', '--no-findings', '-w', out, late)).code).toBe(0);
    expect(decode(out).packets).toMatchObject([{ seconds, nanoseconds: 999_999_000 }]);
  });

  it('shows the packets as well with -P', async () => {
    const out = inFolder('shown.pcapng');
    const { stdout } = await run(
      'read',
      '-P',
      '-T',
      'fields',
      '-e',
      'frame.number',
      '-c',
      '2',
      '-w',
      out,
      RELAY,
    );
    expect(stdout).toBe('1\n2\n');
    expect(decode(out).packets).toHaveLength(2);
  });

  it('refuses to write over what it reads, by whatever name', async () => {
    const copy = inFolder('copy.pcapng');
    writeFileSync(copy, readFileSync(RELAY));
    for (const name of [copy, path.join(folder, '.', 'copy.pcapng')]) {
      const { code, stderr } = await run('read', '-w', name, copy);
      expect(code).toBe(2);
      expect(stderr).toContain('would overwrite');
    }
    expect(readFileSync(copy)).toEqual(readFileSync(RELAY));
  });

  it('leaves nothing behind where it cannot write', async () => {
    const place = inFolder('absent/out.pcapng');
    expect(await run('read', '-w', place, RELAY)).toMatchObject({ code: 2, stdout: '' });
    mkdirSync(inFolder('directory.pcapng'));
    const { code, stderr } = await run('read', '-w', inFolder('directory.pcapng'), RELAY);
    expect(code).toBe(2);
    expect(stderr).toContain('it is a directory');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('keeps an existing file when the input cannot be read', async () => {
    const out = inFolder('existing.pcapng');
    writeFileSync(out, 'kept');
    expect((await run('read', '-w', out, inFolder('absent.pcap'))).code).toBe(3);
    expect(readFileSync(out, 'utf8')).toBe('kept');
  });

  it.skipIf(!hasTshark)(
    'is read by tshark, with comments and decrypted messages (needs tshark)',
    async () => {
      const out = inFolder('tshark.pcapng');
      await run(
        'read',
        '--decrypted',
        ...WITH_KEYS,
        ...WITH_SITE,
        '-Y',
        'mip6guard.rule',
        '-w',
        out,
        RELAY,
      );
      const fields = ['frame.interface_name', 'mip6.mhtype', 'mip6.bu.lifetime', 'frame.comment'];
      const text = execFileSync(
        'tshark',
        ['-n', '-r', out, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const updates = rows.filter(([, type]) => type === '5');
      expect(updates.length).toBeGreaterThan(0);
      for (const [name, , lifetime] of updates) {
        expect(name).toMatch(/^decrypted ESP of /);
        expect(lifetime).toBe('0');
      }
      expect(rows.some(([, , , comment]) => comment?.includes('MIP6-1106 critical') === true)).toBe(
        true,
      );
    },
  );
});
