/**
 * Text of the wire and of capture files on its way into every form of output.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePcapng } from '../../../dissectors/capture-file/index.ts';
import { build } from '../../../dissectors/index.ts';
import { DANGEROUS, HOSTILE } from '../../io/export/shown.ts';
import { address } from '../../rules/event-builders.ts';
import { packetsOf, parseJson } from '../../e2e/json-entries.ts';
import { decodeFile, run } from './run.ts';

const SOURCE = address('2001:db8::1');
const DESTINATION = address('2001:db8::2');
const LINKTYPE_RAW = 101;
const MOBILITY = 135;
const MOBILE_NODE_IDENTIFIER = 8;
const DNS_UPDATE = 17;

/** ESC sequence, line feeds, quotes, comma, tab, backslash, DEL, C1, U+202E, broken UTF-8. */
const OCTETS = [
  ...new TextEncoder().encode('a\u001b]0;x\u0007\n\r"\',;\t\\\u007f\u009b31m\u202eb'),
  0xff,
  0xc3,
];

/** A Binding Update with one option. */
function bindingUpdate(type: number, data: readonly number[]): Uint8Array {
  const options = [type, data.length, ...data];
  const body = [MOBILITY, 0, 0, 1, 0x80, 0, 0, 1, ...options];
  while ((body.length + 4) % 8 !== 0) body.push(0);
  const header = [59, (body.length + 4) / 8 - 1, 5, 0, 0, 0, ...body.slice(2)];
  return build.ipv6Packet({
    source: SOURCE,
    destination: DESTINATION,
    protocol: MOBILITY,
    payload: Uint8Array.from(header),
  });
}

const PACKETS = [
  bindingUpdate(MOBILE_NODE_IDENTIFIER, [1, ...OCTETS]),
  bindingUpdate(DNS_UPDATE, [0, 0, OCTETS.length, ...OCTETS, 0]),
  bindingUpdate(MOBILE_NODE_IDENTIFIER, [1, ...new TextEncoder().encode('plain@example.net')]),
];

let folder = '';
let file = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-hostile-'));
  file = path.join(folder, 'hostile.pcapng');
  const packets = PACKETS.map((bytes, i) => ({
    bytes,
    seconds: 1_700_000_000 + i,
    nanoseconds: 0,
    comment: HOSTILE.replace('\0', ''),
  }));
  const name = HOSTILE.replace('\0', '');
  writeFileSync(file, encodePcapng(packets, [{ linkType: LINKTYPE_RAW, name, description: name }]));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const FIELDS = [
  'frame.interface_name',
  'frame.comment',
  'mip6.options.mnid',
  'mip6.mnid.identifier',
  'mip6',
  '_ws.expert.message',
];

describe('text of the wire', () => {
  it.each([
    [[]],
    [['-V']],
    [['-x', '-e', 'mip6.options.mnid']],
    [['-T', 'json']],
    [['-T', 'json', '-x', '--no-duplicate-keys']],
    [['-T', 'jsonraw']],
    [['-T', 'ek']],
    [['-T', 'fields', ...FIELDS.flatMap((name) => ['-e', name])]],
  ])('puts no control character into read %s', async (options) => {
    const { code, stdout } = await run('read', ...options, file);
    expect(code).toBe(0);
    expect(stdout.replaceAll('\t', '')).not.toMatch(DANGEROUS);
  });

  it('leaves JSON documents and lines what they are', async () => {
    const { stdout: json } = await run('read', '-T', 'json', file);
    expect(packetsOf(json)).toHaveLength(PACKETS.length);
    const { stdout: ek } = await run('read', '-T', 'ek', file);
    const lines = ek.trimEnd().split('\n');
    expect(lines).toHaveLength(2 * PACKETS.length);
    for (const line of lines) parseJson(line);
  });

  it('cannot make a column or a line of -T fields', async () => {
    for (const layout of [
      [],
      ['-E', 'separator=,', '-E', 'quote=d'],
      ['-E', 'separator=;', '-E', 'quote=s'],
    ]) {
      const names = FIELDS.flatMap((name) => ['-e', name]);
      const { stdout } = await run('read', '-T', 'fields', ...names, ...layout, file);
      expect(stdout.trimEnd().split('\n')).toHaveLength(PACKETS.length);
      if (layout.length > 0) continue;
      for (const line of stdout.trimEnd().split('\n')) {
        expect(line.split('\t')).toHaveLength(FIELDS.length);
      }
    }
  });

  it('is escaped in what -w says of it; comments of others stay what they are', async () => {
    const out = path.join(folder, 'out.pcapng');
    expect((await run('read', '-w', out, file)).code).toBe(0);
    const { packets } = decodeFile(out);
    expect(packets).toHaveLength(PACKETS.length);
    for (const { comments } of packets) {
      const [theirs, ...ours] = comments;
      expect(theirs).toBe(HOSTILE.replace('\0', '').replace('\ud800', '\ufffd'));
      expect(ours.length).toBeGreaterThan(0);
      expect(ours.join('')).not.toMatch(DANGEROUS);
    }
    const { stdout } = await run('read', '-T', 'fields', '-e', 'frame.comment', out);
    expect(stdout.trimEnd().split('\n')).toHaveLength(PACKETS.length);
  });
});
