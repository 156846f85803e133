/**
 * The sides of `esp.ts`: each opens every packet of a batch, and throws when one does not open.
 */
import { u32 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { FrameView, Ipv6View, walkExtensions, walkIpv6, walkLink } from '../dissectors/walk.ts';
import { createEspResult, EspScratch, isOpen, openEsp } from '../engine/crypto/esp.ts';
import { EspOpener } from '../engine/esp-opener.ts';
import { EspSequences, SequenceVerdict } from '../engine/ipsec/esp-sequence.ts';
import type { EspSighted } from '../engine/ipsec/esp-sequence.ts';
import { Engine } from '../engine/pipeline.ts';
import { emptyPacketRecord } from '../engine/ports.ts';
import type { PacketRecord } from '../engine/ports.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { Bindings } from '../engine/state/bindings.ts';
import type { EspBatch, EspFrame, EspTraffic } from './esp-traffic.ts';

const LINKTYPE_ETHERNET = 1;
/** Microseconds of capture time from packet to packet. */
const INTERVAL = 200;
const START_SECONDS = 1_700_000_000;

/** Opens every packet of a batch. @throws Error when one does not open */
export type Run = (batch: EspBatch) => void;

function expectAll(what: string, opened: number, batch: EspBatch): void {
  if (opened !== batch.frames.length) {
    throw new Error(`${what}: ${opened} of ${batch.frames.length} packets opened`);
  }
}

/** node:crypto by hand, and nothing else. */
export function rawRun(traffic: EspTraffic): Run {
  const openers = traffic.rawOpeners();
  return (batch) => {
    let opened = 0;
    for (const { association, parts } of batch.frames) {
      if ((openers[association]?.(parts) ?? -1) >= 0) opened++;
    }
    expectAll('raw', opened, batch);
  };
}

/** `openEsp` of the engine: the ICV, the plaintext and its trailer. */
export function openRun(traffic: EspTraffic): Run {
  const associations = traffic.associations();
  const scratch = new EspScratch();
  const result = createEspResult();
  return (batch) => {
    let opened = 0;
    for (const { association, esp, end } of batch.frames) {
      const used = associations[association];
      if (used === undefined) continue;
      openEsp(used, batch.bytes, esp, end, scratch, result);
      if (isOpen(result) && result.integrityVerified) opened++;
    }
    expectAll('open', opened, batch);
  };
}

/** Fills a record with frames one after another, as a file reader does. */
class Records {
  readonly record: PacketRecord = emptyPacketRecord();

  constructor() {
    this.record.linkType = LINKTYPE_ETHERNET;
    this.record.seconds = START_SECONDS;
  }

  /** Microseconds since 1970. */
  get time(): number {
    return this.record.seconds * 1e6 + this.record.nanoseconds / 1000;
  }

  next({ offset, end }: EspFrame): void {
    const { record } = this;
    record.offset = offset;
    record.end = end;
    record.originalLength = end - offset;
    record.number++;
    record.nanoseconds += INTERVAL * 1000;
    if (record.nanoseconds >= 1e9) {
      record.nanoseconds -= 1e9;
      record.seconds++;
    }
  }
}

/** Header walk, look-up of the association, replay, ICV, plaintext, header walk of what was inside. */
export function pathRun(traffic: EspTraffic): Run {
  const ignore = (): void => undefined;
  const opener = new EspOpener(traffic.associations(), new Bindings(ignore, 1));
  const sequences = new EspSequences();
  const frame = new FrameView();
  const outer = new Ipv6View();
  const inner = new Ipv6View();
  const records = new Records();
  const { record } = records;
  const sighted: EspSighted = {
    bytes: new Uint8Array(),
    esp: 0,
    end: 0,
    destination: 0,
    linkId: 0,
    hopLimit: 0,
    layout: 0,
    mayWrap: false,
    time: 0,
    input: 0,
    number: 0,
  };
  const isFresh = (time: number): boolean => {
    sighted.bytes = outer.bytes;
    sighted.esp = outer.esp;
    sighted.end = outer.end;
    sighted.destination = outer.effectiveDestination;
    sighted.hopLimit = outer.hopLimit;
    sighted.time = time;
    sighted.number = record.number;
    return sequences.note(sighted) === SequenceVerdict.FINE;
  };
  const isOpened = (bytes: Uint8Array, end: number): boolean => {
    walkLink(bytes, record.offset, end, record.linkType, false, frame);
    if (!walkIpv6(bytes, frame.ipOffset, end, false, outer) || outer.esp < 0) return false;
    const { time } = records;
    const opened = opener.open(outer, 0, u32(bytes, outer.esp), record, time);
    if (opened.outcome !== 'opened' || !opened.integrityVerified || !isFresh(time)) return false;
    const { payloadOffset, payloadEnd, nextHeaderPointer } = opened;
    walkExtensions(outer, opened.bytes, nextHeaderPointer, payloadOffset, payloadEnd, true);
    return (
      outer.upperProtocol === NEXT_HEADER.ipv6 &&
      walkIpv6(outer.upperBytes, outer.upperOffset, outer.upperEnd, false, inner) &&
      inner.upperProtocol === NEXT_HEADER.udp
    );
  };
  return (batch) => {
    let opened = 0;
    record.bytes = batch.bytes;
    for (const one of batch.frames) {
      records.next(one);
      if (isOpened(batch.bytes, one.end)) opened++;
    }
    expectAll('path', opened, batch);
  };
}

/** The engine with rules; every node is registered at its home agent first. */
export function engineRun(traffic: EspTraffic, rules: readonly RuleDefinition[]): Run {
  const capture = { inputIndex: 0, name: undefined, description: undefined, snapLength: 0 };
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations: traffic.associations(),
    inputs: [{ name: 'bench', packets: 0 }],
    interfaces: [{ ...capture, linkType: LINKTYPE_ETHERNET }],
    seed: 1,
  });
  const records = new Records();
  const { record } = records;
  const run: Run = (batch) => {
    const before = engine.counters.espOpened;
    record.bytes = batch.bytes;
    for (const one of batch.frames) {
      records.next(one);
      engine.feed(record);
    }
    expectAll('engine', engine.counters.espOpened - before, batch);
  };
  run(traffic.registrations());
  return run;
}
