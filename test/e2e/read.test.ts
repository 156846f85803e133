import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../dissectors/index.ts';
import { address } from '../rules/event-builders.ts';
import { ATTACK, HARMLESS, capture, mip6guard } from './command.ts';

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-read-'));
  writeFileSync(inFolder('packets.pcap'), capture([HARMLESS, ATTACK]));
  writeFileSync(inFolder('cut.pcap'), capture([HARMLESS, ATTACK]).subarray(0, -5));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('read', () => {
  it('prints one line a packet, with the seconds since the first', () => {
    const { code, stdout, stderr } = mip6guard(['read', inFolder('packets.pcap')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ +1 +0\.000000 +2001:db8:9::5 +→ 2001:db8:1::1 +UDP /);
    expect(lines[1]).toMatch(/^ +2 +1\.000000 +2001:db8:1::1 +→ 2001:db8:9::5 /);
  });

  it('prints the tree with octets, and the octets themselves', () => {
    const { stdout } = mip6guard(['read', '-V', '-x', '-c', '1', inFolder('packets.pcap')]);
    expect(stdout).toContain('Internet Protocol Version 6: ');
    expect(stdout).toMatch(/\n {4}Source Address: 2001:db8:9::5 \[8-23\]\n/);
    expect(stdout).toMatch(/\n {4}Source Port: 4000 \[40-41\]\n/i);
    expect(stdout).toContain('\n  0000  60 00 00 00 00 10 11 40  20 01 0d b8 00 09 00 00');
    expect(stdout).not.toContain('2001:db8:1::10');
  });

  it('says in the tree what is wrong with a packet', () => {
    const { stdout } = mip6guard(['read', '-V', inFolder('packets.pcap')]);
    expect(stdout).toMatch(/ERROR RH2_MALFORMED: .*RFC 6275 section 6\.4\.1 \[40-63\]/);
  });

  it('puts fragments together in the tree', () => {
    const [source, destination] = [address('2001:db8::1'), address('2001:db8::2')];
    const payload = new Uint8Array(64).fill(7);
    const piece = (from: number, to: number): Uint8Array =>
      build.ipv6Packet({
        source,
        destination,
        headers: [build.fragment({ offset: from, more: to < 64, identification: 9 })],
        protocol: 253,
        payload: payload.subarray(from, to),
      });
    writeFileSync(inFolder('fragments.pcap'), capture([piece(0, 32), piece(32, 64)]));
    const { stdout } = mip6guard(['read', '-V', '-x', inFolder('fragments.pcap')]);
    expect(stdout).toMatch(/\n {2}Reassembled.*, 104 octets\n/);
  });

  it('ends after the packets asked for, also when there are fewer', () => {
    const count = (n: string): number =>
      mip6guard(['read', '-c', n, inFolder('packets.pcap')]).stdout.split('\n').length - 1;
    expect([count('1'), count('2'), count('99')]).toEqual([1, 2, 2]);
  });

  it('reads standard input', () => {
    const input = readFileSync(inFolder('packets.pcap'));
    expect(mip6guard(['read', '-'], { input }).stdout).toBe(
      mip6guard(['read', inFolder('packets.pcap')]).stdout,
    );
  });

  it('shows what is readable of a capture that is cut short, and ends with 3', () => {
    const { code, stdout, stderr } = mip6guard(['read', inFolder('cut.pcap')]);
    expect(code).toBe(3);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toContain('cut.pcap');
  });

  it.each(['absent.pcap', 'package.json'])('says why %s cannot be read', (name) => {
    const { code, stdout, stderr } = mip6guard(['read', name]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(name);
  });
});
