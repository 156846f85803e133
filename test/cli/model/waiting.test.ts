import { describe, expect, it, onTestFinished } from 'vitest';
import { MARK, PacketCatalogue } from '../../../cli/model/catalogue.ts';
import { FindingsTable } from '../../../cli/model/findings-table.ts';
import { Indexer } from '../../../cli/model/indexer.ts';
import { LocalModel } from '../../../cli/model/local-model.ts';
import { OrderedAnswers } from '../../../cli/model/ordered-answers.ts';
import { PacketLooker } from '../../../cli/model/packet-looker.ts';
import { PacketStore } from '../../../cli/model/packet-store.ts';
import type { StoredPlace } from '../../../cli/model/spool.ts';
import { PacketWarmer } from '../../../cli/model/packet-warmer.ts';
import { ValueIndex } from '../../../cli/model/value-index.ts';
import { packetViewOf } from '../../../cli/read/packet-view.ts';
import { prepareWithoutCaptures } from '../../../cli/session.ts';
import { dissect } from '../../../dissectors/index.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import type { PacketRecord, PacketSource, RunOptions } from '../../../engine/ports.ts';
import { NO_VERIFICATION_KEYS } from '../../../engine/verification/keys.ts';
import { quietTerminal } from './models.ts';

const INTERFACE = {
  inputIndex: 0,
  name: undefined,
  description: undefined,
  linkType: 1,
  snapLength: 0,
};

/** Packets that a source has delivered when somebody asks for lines. */
const ASKED_AT = 500;

/** A file that is read without an end, as fast as the model lets it; at one packet somebody asks. */
class EndlessFile implements PacketSource {
  readonly inputs = [{ name: '-', packets: 0 }];
  readonly interfaces = [INTERFACE];
  readonly faults = [];
  onAsk: () => void = () => undefined;
  /** From some packet on the disk gives nothing more. */
  isStuck = false;

  async run(onPacket: (record: PacketRecord) => void, options: RunOptions = {}): Promise<void> {
    const [input] = this.inputs;
    const record = emptyPacketRecord();
    record.bytes = new Uint8Array(60);
    record.end = record.originalLength = 60;
    record.linkType = 1;
    while (input !== undefined && options.signal?.aborted !== true) {
      record.number = ++input.packets;
      onPacket(record);
      if (record.number === ASKED_AT) {
        this.onAsk();
        if (this.isStuck) return new Promise(() => undefined);
      }
      const pause = options.backPressure?.();
      if (pause !== undefined) await pause;
    }
  }
}

async function openEndless(file: EndlessFile): Promise<LocalModel> {
  const terminal = quietTerminal();
  const named = {
    inputs: [],
    config: undefined,
    keys: [],
    rules: [],
    recursive: false,
    workers: 1,
  };
  const session = await prepareWithoutCaptures(named, terminal);
  const model = new LocalModel({ session, source: file, terminal });
  onTestFinished(() => model.close());
  return model;
}

/** Packets read when the lines came that were asked for at one packet. */
function readAtAnswer(model: LocalModel, file: EndlessFile, from: number): Promise<number> {
  return new Promise((resolve) => {
    file.onAsk = () => {
      void model.rows(from, 50).then((rows) => {
        expect(rows.map(({ packet }) => packet)).toEqual(
          Array.from({ length: 50 }, (_, i) => from + i),
        );
        resolve(model.status.packets);
      });
    };
    void model.start();
  });
}

describe('a request while a file is read', () => {
  it('is answered before any more is read', async () => {
    const file = new EndlessFile();
    const model = await openEndless(file);
    expect(await readAtAnswer(model, file, 100)).toBe(ASKED_AT);
    // Reading goes on behind it.
    await expect.poll(() => model.status.packets).toBeGreaterThan(ASKED_AT);
  });

  it('is answered while the disk gives nothing', async () => {
    const file = new EndlessFile();
    file.isStuck = true;
    const model = await openEndless(file);
    expect(await readAtAnswer(model, file, 400)).toBe(ASKED_AT);
  });
});

/** A disk that gives an answer when a test says so. */
class SlowDisk {
  readonly asked: StoredPlace[] = [];
  readonly #answers: (() => void)[] = [];
  readonly read = (place: StoredPlace): Promise<void> =>
    new Promise((resolve) => {
      this.asked.push(place);
      this.#answers.push(resolve);
    });

  answer(): void {
    for (const resolve of this.#answers.splice(0)) resolve();
  }
}

const BLOCK = 100;

/** One packet in each half of a block. */
function placeOf(position: number): StoredPlace {
  const start = Math.floor(position / 2) * BLOCK;
  return { descriptor: 5, start, end: start + BLOCK };
}

describe('the warmer', () => {
  it('reads what lies side by side at once', async () => {
    const disk = new SlowDisk();
    const done = new PacketWarmer(placeOf, disk.read).warm([0, 1, 2, 3, 40, 41, 9]);
    expect(disk.asked).toEqual([
      { descriptor: 5, start: 0, end: 2 * BLOCK },
      { descriptor: 5, start: 20 * BLOCK, end: 21 * BLOCK },
      { descriptor: 5, start: 4 * BLOCK, end: 5 * BLOCK },
    ]);
    disk.answer();
    await done;
  });

  it('waits for nothing when the octets are at hand', () => {
    expect(new PacketWarmer(() => undefined).warm([1, 2, 3])).toBeUndefined();
  });

  it('keeps few reads under way', async () => {
    const disk = new SlowDisk();
    let isDone = false;
    const far = Array.from({ length: 10 }, (_, i) => i * 10);
    void new PacketWarmer(placeOf, disk.read).warm(far)?.then(() => {
      isDone = true;
    });
    expect(disk.asked).toHaveLength(4);
    await expect
      .poll(() => {
        disk.answer();
        return isDone;
      })
      .toBe(true);
    expect(disk.asked).toHaveLength(10);
  });

  it('does not fail where a file cannot be read', async () => {
    const place = { descriptor: 999_999, start: 0, end: 10 };
    await expect(new PacketWarmer(() => place).warm([1])).resolves.toBeUndefined();
  });
});

describe('the indexer', () => {
  it('leaves what a slow disk has not given, and goes on behind it', async () => {
    const catalogue = new PacketCatalogue([INTERFACE]);
    const packets = 5000;
    for (let i = 0; i < packets; i++) catalogue.add(emptyPacketRecord(), 0, MARK.plain | MARK.lost);
    const onTrouble = (): void => undefined;
    const store = new PacketStore(['-'], catalogue, { isLive: false, spoolLimit: 0, onTrouble });
    const keys = { associations: [], ike: [], verification: NO_VERIFICATION_KEYS };
    const answers = new OrderedAnswers(keys, catalogue);
    const findings = new FindingsTable(
      () => undefined,
      () => true,
    );
    const inputOf = (): number => 0;
    const interfaces = [INTERFACE];
    const parts = { catalogue, store, answers, findings, interfaces, inputOf };
    const looker = new PacketLooker(parts);
    const disk = new SlowDisk();
    const warmer = new PacketWarmer(placeOf, disk.read);
    const indexer = new Indexer({ ...parts, looker, warmer, index: new ValueIndex() });
    const reached: number[] = [];
    for (let round = 0; indexer.hasWork && round < 100; round++) {
      const waiting = indexer.ready();
      indexer.step();
      const done = indexer.done('signalling');
      if (waiting !== undefined) {
        // It does nothing before the disk has answered.
        indexer.step();
        expect(indexer.done('signalling')).toBe(done);
        reached.push(done);
        disk.answer();
        await waiting;
      }
    }
    expect(indexer.done('signalling')).toBe(packets);
    expect(reached.length).toBeGreaterThan(1);
    expect(reached[0]).toBe(0);
    store.close();
  });
});

describe('the view of a packet', () => {
  it('asks what the engine found only for who wants to see it, and once', () => {
    const record = emptyPacketRecord();
    record.bytes = new Uint8Array(60);
    record.end = record.originalLength = 60;
    const dissection = dissect(record.bytes, 0, 60, { linkType: 1 });
    const first = { seconds: 0, nanoseconds: 0 };
    let asked = 0;
    const view = packetViewOf(record, dissection, {
      first,
      previous: first,
      displayed: first,
      interfaceName: undefined,
      state: () => {
        asked++;
        return undefined;
      },
    });
    expect([view.nodes.frame.name, view.nodes.experts.length > 0, asked]).toEqual([
      'frame',
      dissection.diagnostics.length > 0,
      0,
    ]);
    expect([view.nodes.state, view.nodes.state, asked]).toEqual([undefined, undefined, 1]);
  });
});
