/**
 * The filter language against Wireshark's own: the same filters choose the same packets.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileFilter } from '../../../engine/filter/filter.ts';
import { FilterError } from '../../../engine/filter/error.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { captureOf, packetsOf } from './packets.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

const NAMES = [
  'samples/mobility-messages.pcapng',
  'samples/icmpv6-messages.pcapng',
  'samples/link-vlan.pcap',
  'relay-attack.pcapng',
];

/** Filters that both take. */
const FILTERS: readonly string[] = [
  'mipv6',
  'ipv6.addr',
  'mip6.mhtype == 5',
  'mip6.mhtype == "Binding Update"',
  'mip6.mhtype == "binding update"',
  'mip6.mhtype in {1, 2, 5..6}',
  'mip6.mhtype in {1 .. 3}',
  'mip6.mhtype not in {1, 2, 5..6}',
  'mip6.bu.lifetime > 4 and mip6.bu.seqnr',
  'mip6.bu.a_flag',
  'mip6.bu.a_flag == 1',
  'mip6.bu.a_flag == True',
  'mip6.bu.a_flag == 2',
  'mip6.bu.h_flag == FALSE',
  'mip6.ba.status == "Binding Update accepted"',
  'mip6.ba.status == 0x00',
  'mip6.csum == 0x0',
  '!mipv6',
  'not mipv6 and not icmpv6',
  'mipv6 || icmpv6 && frame.number == 12',
  'frame.number == 1 && ipv6 || icmpv6',
  '!ipv6.hlim == 64',
  'not ipv6.hlim > 64',
  '(mipv6 or icmpv6) and not ipv6.hlim == 64',
  'ipv6.hlim == 64',
  'ipv6.hlim==64',
  'ipv6.hlim eq 0x40',
  'ipv6.hlim == 0100',
  'ipv6.hlim ne 64',
  'ipv6.hlim gt 64 || ipv6.hlim lt 64',
  'ipv6.hlim ge 64 and ipv6.hlim le 64',
  'all ipv6.hlim > 60',
  'any ipv6.hlim > 64',
  'ipv6.hlim === 64',
  'ipv6.hlim !== 64',
  'ipv6.hlim ~= 64',
  'ipv6.hlim & 1',
  'ipv6.hlim & 1 == 1',
  'ipv6.hlim bitwise_and 1',
  'ipv6.hlim + 1 == 65',
  'frame.number % 10 == 3',
  'frame.number / 10 == 3',
  'frame.number * 2 == 8',
  'frame.number - 1 == 8',
  '-frame.number == -3',
  'ipv6.src == 2001:db8::/32',
  'ipv6.addr != 2001:db8:1::1',
  'ipv6.addr !== 2001:db8:1::1',
  'ipv6.addr == 2001:db8:1::/48',
  'ipv6.src in {fe80::/10, ::}',
  'ipv6.src == ipv6.dst',
  'ipv6.src > ipv6.dst',
  'ipv6.src != ::',
  'ipv6.src[0:2] == 20:01',
  'ipv6.src[0:2] == 2001',
  'ipv6.src[0] == 20',
  'ipv6.src[0] == 0x20',
  'ipv6.src[0] == " "',
  'ipv6.src[15] & 1 == 1',
  'ipv6.dst[0] == 0xff',
  'ipv6.dst[0:1] > fe',
  'eth.src[0:3] == 02:00:00',
  'eth.src[:4] contains 00',
  'eth.src[-4:] contains 00',
  'eth.src[-4:2] contains 00',
  'eth.src[4:5]',
  'eth.src[6]',
  'eth.src[5]',
  'eth.src[0-1,4-5] contains 00:00',
  'eth.src contains 00-00',
  'eth.src == 02-00-00-00-00-01',
  'eth.src == 0200.0000.0001',
  'eth.addr == ff:ff:ff:ff:ff:ff',
  'eth.dst[0] & 1',
  'eth.src > 02:00:00:00:00:00',
  'frame[0:6] == eth.dst',
  'eth.dst == frame[0:6]',
  'frame[0-1] == eth.dst[0-1]',
  'frame contains "a"',
  'frame contains 60:01',
  'frame contains 20:01:0d:b8',
  'frame matches "\\x20\\x01"',
  'frame[4:] contains 60',
  'frame[100:]',
  'frame[-2:] contains 00',
  'frame.len > 100',
  'len(frame) > 100',
  'len(ipv6.src) == 16',
  'len(eth.src) == 6',
  'len(frame.protocols) > 20',
  'count(ipv6.src) > 1',
  'count(ipv6.addr) == 2',
  'frame.protocols contains "icmp"',
  'frame.protocols contains "ICMP"',
  'frame.protocols matches "ICMP"',
  'frame.protocols ~ "icmp"',
  'frame.protocols matches "^eth:.*v6$"',
  'frame.protocols matches r"\\w+:ipv6:(mip|icmp)v6$"',
  'frame.protocols[0:3] == "eth"',
  'upper(frame.protocols) contains "ICMP"',
  'lower(frame.protocols) == "eth:ethertype:ipv6:mipv6"',
  'string(ipv6.hlim) == "64"',
  'string(ipv6.src) matches "^2001"',
  'string(frame.number) matches "1$"',
  'max(ipv6.hlim) == 64',
  'min(ipv6.hlim, 60) == 60',
  'abs(ipv6.hlim) == 64',
  'frame.time_relative < 0.5',
  'frame.time_relative == 0.000000000',
  'frame.time_epoch > 1700000000',
  'icmpv6.type == "Router Advertisement"',
  'icmpv6.type in {133..136}',
  'icmpv6.type == 134 && icmpv6.opt.prefix.flag.a',
  'icmpv6.checksum.status == Good',
  'icmpv6.checksum.status == "Good"',
  'icmpv6.opt.prefix == 2001:db8::/32',
  'icmpv6.nd.na.flag.s == 1',
  'icmpv6.opt.linkaddr contains 02',
  'vlan.id == 100',
  'vlan',
  'udp.port == 4191',
  'udp.port > 1024',
  'ip.addr == 10.0.0.0/8',
  'esp.spi > 0x100',
  'esp.sequence in {1..3}',
  'ipv6.nxt == 135',
  'ipv6.opt.mipv6.home_address == 2001:db8::/32',
  'ipv6.routing.type == 2',
  'ipv6.routing.mipv6.home_address',
  '_ws.expert.severity == "Error" and mip6.mhtype == 200',
  'ipv6.plen > 60 and (eth.src[5] == 01 or ipv6.dst[15] == 02) and not icmpv6',
];

/** Filters that both refuse. */
const REFUSED: readonly string[] = [
  'foo.bar',
  'ipv6.hlim = 64',
  'ipv6.hlim ==',
  '(ipv6',
  'ipv6)',
  'ipv6.hlim in {}',
  'ipv6.hlim in {1..}',
  'ipv6.hlim in {64 255}',
  'ipv6.hlim in {1,}',
  '1 == 1',
  '64 == ipv6.hlim',
  '"abc" == "abc"',
  'ipv6 &&',
  '|| ipv6',
  'eth.src == 02:00:00',
  'ipv6.hlim == 256',
  'ipv6.hlim == 1.5',
  'ipv6.hlim == abc',
  'ipv6.hlim == "65"',
  'ipv6.src == 5',
  'ipv6.addr == 10.0.0.1',
  'ip.addr == ::1',
  'ipv6.hlim matches "6"',
  'ipv6.hlim contains 6',
  'ipv6.src contains 20:01',
  'ipv6.addr matches "a"',
  'ipv6.hlim[0]',
  'eth.src[2-1]',
  'eth.src[0:0] == 02',
  'ipv6.src[0:2] == 0x2001',
  'mip6.mhtype == Nonsense',
  'frame.protocols matches "("',
  'frame.protocols == "eth',
  'frame.number == 1e1',
  '(ipv6.hlim) == 64',
  'ipv6.hlim == 64 == 64',
  'ipv6.hlim == ipv6.src',
  'ALL ipv6.hlim > 60',
  'nosuch(ipv6.hlim) == 1',
  'len() == 1',
  'ipv6 ipv6',
];

let folder = '';
let capture = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-filter-'));
  capture = path.join(folder, 'packets.pcap');
  writeFileSync(capture, captureOf(NAMES));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Numbers of the packets that tshark chooses; undefined when it refuses the filter. */
function chosenByTshark(filter: string): Promise<number[] | undefined> {
  const args = ['-n', '-r', capture, '-Y', filter, '-T', 'fields', '-e', 'frame.number'];
  return new Promise((resolve) => {
    // No configuration of the user takes part.
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
    execFile('tshark', args, { env }, (error, stdout) => {
      const numbers = stdout.split('\n').filter((line) => line !== '');
      resolve(error === null ? numbers.map(Number) : undefined);
    });
  });
}

/** Runs a few at a time. */
async function inTurns<T>(
  items: readonly string[],
  run: (item: string) => Promise<T>,
): Promise<Map<string, T>> {
  const results = new Map<string, T>();
  for (let i = 0; i < items.length; i += 4) {
    const turn = items.slice(i, i + 4);
    const found = await Promise.all(turn.map(run));
    turn.forEach((item, j) => {
      const result = found[j];
      if (result !== undefined) results.set(item, result);
    });
  }
  return results;
}

/**
 * Numbers of the packets that tshark chooses, for many filters in one run: statistics of each second, of which each
 * has one packet. A filter with a comma cannot be asked this way.
 */
function chosenTogether(filters: readonly string[]): Map<string, number[]> {
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder };
  const args = ['-n', '-q', '-r', capture, '-z', ['io', 'stat', '1', ...filters].join(',')];
  const { stdout, stderr, status } = spawnSync('tshark', args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const chosen = new Map(filters.map((filter) => [filter, [] as number[]]));
  for (const line of stdout.split('\n')) {
    const row = /^\|\s*(\d+) <>[^|]*\|(.*)\|$/.exec(line);
    if (row === null) continue;
    // Frames and octets of each filter.
    const frames = (row[2] ?? '').split('|').filter((_, i) => i % 2 === 0);
    filters.forEach((filter, i) => {
      if (Number(frames[i]) > 0) chosen.get(filter)?.push(Number(row[1]) + 1);
    });
  }
  return chosen;
}

describe('filters of Wireshark', () => {
  it.skipIf(!hasTshark)('choose the packets that tshark chooses (needs tshark)', async () => {
    // Of a packet quoted by a Redirect tshark dissects more: that is not about filters.
    const quoting = 'icmpv6.opt.redirected_packet';
    const all = packetsOf(NAMES);
    const packets = all.filter(({ source }) => !source.has(quoting));
    const isCompared = new Set(packets.map(({ number }) => number));
    expect(packets.length).toBeGreaterThan(100);
    expect(all.length - packets.length).toBeLessThan(3);
    const alone = FILTERS.filter((filter) => filter.includes(','));
    const theirs = new Map([
      ...chosenTogether(FILTERS.filter((filter) => !alone.includes(filter))),
      ...(await inTurns(alone, chosenByTshark)),
    ]);
    const differences: string[] = [];
    let chosen = 0;
    for (const filter of FILTERS) {
      const { matches } = compileFilter(filter);
      const here = packets.filter(({ source }) => matches(source)).map(({ number }) => number);
      const there = theirs.get(filter)?.filter((number) => isCompared.has(number));
      chosen += here.length;
      const [ours, wanted] = [here.join(), there?.join() ?? 'refused'];
      if (ours !== wanted) differences.push(`${filter}: ${ours} here, ${wanted} there`);
    }
    expect(differences).toEqual([]);
    console.info(`filters: ${FILTERS.length} compared with tshark, ${chosen} choices of packets`);
  });

  it.each(REFUSED)('refuses %s', (filter) => {
    expect(() => compileFilter(filter)).toThrow(FilterError);
  });

  it.skipIf(!hasTshark)(
    'refuses what tshark refuses (needs tshark; a fourth, npm run endurance: all)',
    async () => {
      const asked = REFUSED.filter((_, i) => IS_ENDURANCE || i % 4 === 0);
      const theirs = await inTurns(asked, chosenByTshark);
      expect([...theirs.keys()]).toEqual([]);
    },
  );
});
