import { Buffer } from 'node:buffer';
import { appendFileSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LocalModel } from '../../../cli/model/local-model.ts';
import { prepareWithoutCaptures } from '../../../cli/session.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { Scratch } from '../../io/capture/scratch.ts';
import { CAPTURES } from '../read/run.ts';
import { openTestModel, openSettled, quietTerminal, settled, statusWhen } from './models.ts';

const scratch = new Scratch();
const CAPTURE = path.join(CAPTURES, 'normal-life.pcapng');
const OCTETS = readFileSync(CAPTURE);

/** A model of standard input. */
async function modelOfStream(stream: PassThrough): Promise<LocalModel> {
  const terminal = quietTerminal();
  const named = { inputs: ['-'], keys: [], recursive: false, workers: 1 };
  const session = await prepareWithoutCaptures(named, terminal);
  const { source } = await openCaptures(['-'], { stdin: stream });
  const model = new LocalModel({ session, source, terminal });
  onTestFinished(() => model.close());
  void model.start();
  return model;
}

describe('what can be read once', () => {
  it('is spooled: compressed files and standard input have the same details', async () => {
    const plain = await openSettled({ inputs: [CAPTURE] });
    const gzipped = scratch.write('life.pcapng.gz', gzipSync(OCTETS));
    const compressed = await openSettled({ inputs: [gzipped] });
    const stream = new PassThrough();
    const piped = await modelOfStream(stream);
    for (let at = 0; at < OCTETS.length; at += 1000) stream.write(OCTETS.subarray(at, at + 1000));
    stream.end();
    await settled(piped);
    const { packets } = plain.status;
    for (const model of [compressed, piped]) {
      expect(model.status.packets).toBe(packets);
      for (let packet = packets - 1; packet >= 0; packet -= 7) {
        expect((await model.detail(packet))?.nodes).toEqual((await plain.detail(packet))?.nodes);
      }
    }
  });

  it('leaves no file behind', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const gzipped = scratch.write('gone.pcapng.gz', gzipSync(OCTETS));
    const model = await openSettled({ inputs: [gzipped] });
    expect(await model.detail(5)).toBeDefined();
    await model.close();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  it('is shown while it still comes', async () => {
    const stream = new PassThrough();
    const model = await modelOfStream(stream);
    stream.write(OCTETS.subarray(0, 20_000));
    await statusWhen(model, ({ packets }) => packets > 20);
    expect(model.status.phase).toBe('loading');
    expect((await model.rows(10, 5)).length).toBe(5);
    expect((await model.detail(10))?.nodes.length).toBeGreaterThan(1);
    const outcome = await model.setFilter('mip6');
    expect(outcome.ok).toBe(true);
    await statusWhen(model, ({ shown }) => shown > 0);
    stream.end(OCTETS.subarray(20_000));
    await settled(model);
    expect(model.status.shown).toBeGreaterThan(10);
  });
});

describe('a file that changes', () => {
  it('is read on while it grows, when it is followed', async () => {
    const file = scratch.write('growing.pcapng', OCTETS.subarray(0, 10_000));
    const model = await openTestModel({ inputs: [file], isFollowing: true, filter: 'mip6' });
    const { packets, shown } = await statusWhen(model, ({ phase, isFiltering }) => {
      return phase === 'following' && !isFiltering;
    });
    expect(packets).toBeGreaterThan(10);
    appendFileSync(file, OCTETS.subarray(10_000));
    const whole = await openSettled({ inputs: [CAPTURE], filter: 'mip6' });
    const { packets: all, shown: allShown } = whole.status;
    await statusWhen(model, (status) => status.packets === all && !status.isFiltering);
    expect(model.status.shown).toBe(allShown);
    expect(allShown).toBeGreaterThan(shown);
    expect((await model.detail(all - 1))?.nodes).toEqual((await whole.detail(all - 1))?.nodes);
  });

  it('keeps its lines and says so when it gets shorter', async () => {
    // More than is read ahead.
    const file = scratch.write('shrinking.pcapng', Buffer.concat(new Array(6).fill(OCTETS)));
    const model = await openSettled({ inputs: [file] });
    const { packets } = model.status;
    const [before] = await model.rows(packets - 1, 1);
    // Another place of the file is read ahead now.
    await model.rows(0, 1);
    truncateSync(file, 5000);
    const rows = await model.rows(packets - 3, 3);
    expect(rows.length).toBe(3);
    expect(rows[2]).toEqual(before);
    expect(rows[0]).toMatchObject({ info: 'its octets can no longer be read', protocol: '' });
    expect(await model.detail(packets - 2)).toMatchObject({ nodes: [], sources: [] });
    expect((await model.detail(3))?.nodes.length).toBeGreaterThan(1);
    await model.setFilter('frame contains 20:01');
    await settled(model);
    const log = await model.view('log');
    expect(log.filter(({ text }) => text.includes('shorter than when it was read')).length).toBe(1);
  });

  it('is still read when its name is gone', async () => {
    const file = scratch.write('renamed.pcapng', OCTETS);
    const model = await openSettled({ inputs: [file] });
    writeFileSync(`${file}.new`, 'something else');
    const { renameSync } = await import('node:fs');
    renameSync(`${file}.new`, file);
    expect((await model.detail(40))?.nodes.length).toBeGreaterThan(1);
  });

  it('is followed one at a time', async () => {
    const inputs = [CAPTURE, path.join(CAPTURES, 'relay-attack.pcapng')];
    await expect(openTestModel({ inputs, isFollowing: true })).rejects.toThrow('one file');
  });

  it('tells faults of damaged files in status and log', async () => {
    const model = await openSettled({
      inputs: [path.join(CAPTURES, 'samples/broken-truncated.pcapng')],
    });
    expect(model.status.inputs[0]?.fault).toBeDefined();
    expect((await model.view('log')).some(({ level }) => level === 'warning')).toBe(true);
  });
});

describe('several inputs', () => {
  it('are merged by time; packets are found by their number in the first input', async () => {
    const files = ['relay-attack-home.pcap', 'relay-attack-foreign.pcap'];
    const inputs = files.map((name) => path.join(CAPTURES, name));
    const model = await openSettled({
      inputs,
      keys: [path.join(CAPTURES, 'relay-attack.esp_sa')],
      config: path.join(CAPTURES, 'relay-attack-files.site.yaml'),
    });
    const rows = await model.rows(0, 1000);
    expect(new Set(rows.map(({ input }) => input))).toEqual(new Set([0, 1]));
    for (const { packet, number, input } of rows) {
      if (input === 0) expect(await model.packetOf(number)).toBe(packet);
    }
    const times = rows.map(({ seconds }) => seconds);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const [incident] = await model.view('incidents');
    for (const { packet, number } of incident?.evidence ?? []) {
      expect(rows.find((row) => row.packet === packet)?.number).toBe(number);
    }
    expect(Buffer.from(rows[0]?.source ?? '').length).toBeGreaterThan(0);
  });
});
