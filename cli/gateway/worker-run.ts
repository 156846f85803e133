/**
 * A process for one further queue: judges bulk traffic with a state of its own, which it gets from copies of what passes the
 * first queue.
 */
import { randomInt } from 'node:crypto';
import type { Alert } from '../../engine/alert.ts';
import type { EngineObserver } from '../../engine/engine.ts';
import type { EngineEvent, PacketContext } from '../../engine/events.ts';
import { PacketJudge } from '../../engine/inline/index.ts';
import { emptyPacketRecord } from '../../engine/ports.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import type { PacketQueue } from '../../io/inline/index.ts';
import { openKernel, openPacketQueue, runInRealTime } from '../../io/inline/index.ts';
import type { EventHead } from '../../io/export/records.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EventRecords } from '../report/event-records.ts';
import { RecordMaker } from '../report/record-maker.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import { reloaded } from '../sensor/reload.ts';
import type { Terminal } from '../terminal.ts';
import { DropLog } from './drop-log.ts';
import { DroppedPackets } from './dropped-packets.ts';
import { namedGateway, takenSettings } from './gateway-configuration.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import { KeptState } from './gateway-state.ts';
import { policyOf } from './gateway.ts';
import { openState } from './open-gateway.ts';
import { drained } from './drained.ts';
import { Judging } from './judging.ts';
import { startWatchdog } from './watchdog.ts';
import { watchdogSentence } from './watchdog-sentence.ts';
import { isToWorker } from './worker-messages.ts';
import type { FromWorker, PassedPacket, WorkerReport } from './worker-messages.ts';

/** Milliseconds between two reports. */
const REPORT_INTERVAL = 250;
const CHORE_INTERVAL = 1000;
const ALERT_MEMORY = 3600;
/** Numbers of alerts of each process; a process tells fewer. */
const ALERT_NUMBERS = 10_000_000;
const LINKTYPE_ETHERNET = 1;

type Send = (message: FromWorker) => void;

/** Interfaces of its own queue, and of the copies: one list by name. */
class MergedInterfaces {
  readonly all: CaptureInterface[] = [];
  readonly #places = new Map<string, number>();
  readonly #own: number[] = [];

  /** Place of an interface of the own queue. */
  ofOwn(index: number, interfaces: readonly CaptureInterface[]): number {
    return (this.#own[index] ??= this.of(interfaces[index]?.name ?? ''));
  }

  of(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.all.length;
    this.all.push({
      ...{
        inputIndex: 0,
        name,
        description: undefined,
        linkType: LINKTYPE_ETHERNET,
        snapLength: 0,
      },
    });
    this.#places.set(name, place);
    return place;
  }
}

/** One process. */
class GatewayWorker {
  readonly judge: PacketJudge;
  readonly drops: DropLog;
  readonly judging: Judging;
  configuration: GatewayConfiguration;
  readonly #queue: PacketQueue;
  readonly #send: Send;
  readonly #interfaces: MergedInterfaces;
  readonly #record = emptyPacketRecord();
  #isObserving = false;
  #faults: string[] = [];

  constructor(
    configuration: GatewayConfiguration,
    queue: PacketQueue,
    place: number,
    interfaces: MergedInterfaces,
    keeper: DroppedPackets | undefined,
    send: Send,
  ) {
    this.configuration = configuration;
    this.#interfaces = interfaces;
    this.#queue = queue;
    this.#send = send;
    const { site, rules, localRules, keys } = configuration.watched;
    const names = { inputs: queue.inputs, interfaces: interfaces.all };
    const alerts = new AlertSender(queue.inputs, place, {
      isTold: () => !this.#isObserving,
      isBlocked: () => this.judge.mode === 'enforce' && this.judge.isRefusing,
      send,
    });
    this.judge = new PacketJudge({
      engine: {
        ...{ site, rules, ...names, associations: keys.associations, ike: keys.ike },
        verification: keys.verification,
        policies: keys.policies,
        matcher: filterMatcher(localRules, keys, interfaces.all),
        observer: alerts,
        seed: randomInt(2 ** 31),
        forgetAlertsAfter: ALERT_MEMORY,
      },
      mode: configuration.settings.mode,
      ...policyOf(configuration.settings),
    });
    this.drops = new DropLog(names, (record) => {
      send({ kind: 'drop', record });
    });
    this.judging = new Judging({
      ...{ source: queue, judge: this.judge, drops: this.drops, keeper },
      onError: (error, { number }) => {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#fault(
          `internal error at packet ${number}, please report it with this text: ${reason}`,
        );
      },
    });
    queue.onFault = (sentence) => {
      this.#fault(sentence);
    };
    this.judging.start();
    const judge = queue.onPacket;
    queue.onPacket = (record) => {
      record.interfaceIndex = this.#interfaces.ofOwn(record.interfaceIndex, queue.interfaces);
      return judge?.(record) ?? true;
    };
  }

  observe(packets: readonly PassedPacket[]): void {
    this.#isObserving = true;
    const record = this.#record;
    try {
      for (const packet of packets) this.judge.observe(this.#filled(record, packet));
    } finally {
      this.#isObserving = false;
    }
  }

  async reload(terminal: Terminal): Promise<void> {
    const { settings } = this.configuration;
    const named = await namedGateway(settings.file, settings);
    const { configuration } = await reloaded(this.configuration.watched, terminal, () =>
      Promise.resolve(named.named),
    );
    const { rules, site, keys } = configuration;
    this.judge.reconfigure({
      engine: { rules, site, associations: keys.associations },
      ...policyOf(named.settings),
    });
    this.configuration = {
      settings: takenSettings(settings, named.settings),
      watched: configuration,
    };
  }

  report(): WorkerReport {
    const { bounds, counts, sum } = this.judging.latency;
    return {
      counts: this.#queue.counts(),
      queued: this.#queue.queued(),
      byRule: [...this.drops.byRule],
      latency: { bounds, counts: Array.from(counts), sum },
      troubles: this.#faults,
    };
  }

  #filled(record: PacketRecord, packet: PassedPacket): PacketRecord {
    const { bytes, originalLength, seconds, nanoseconds, linkType, link } = packet;
    record.bytes = bytes;
    record.offset = 0;
    record.end = bytes.length;
    record.originalLength = originalLength;
    record.seconds = seconds;
    record.nanoseconds = nanoseconds;
    record.linkType = linkType;
    record.interfaceIndex = this.#interfaces.of(link);
    return record;
  }

  #fault(sentence: string): void {
    if (this.#faults.includes(sentence) || this.#faults.length >= MAX_FAULTS) return;
    this.#faults = [...this.#faults, sentence];
    this.#send({ kind: 'say', text: sentence });
  }
}

const MAX_FAULTS = 20;

/** Sends alerts to the main process, which writes them. */
class AlertSender implements EngineObserver {
  readonly #maker: RecordMaker;
  readonly #events: EventRecords;
  readonly #first: number;
  readonly #how: { isTold: () => boolean; isBlocked: () => boolean; send: Send };
  #context: PacketContext | undefined;

  constructor(
    inputs: PacketQueue['inputs'],
    place: number,
    how: { isTold: () => boolean; isBlocked: () => boolean; send: Send },
  ) {
    this.#maker = new RecordMaker(inputs);
    this.#events = new EventRecords(inputs);
    this.#first = place * ALERT_NUMBERS;
    this.#how = how;
  }

  onEvent(event: EngineEvent): void {
    if ('context' in event) this.#context = event.context;
  }

  onAlert(alert: Alert): void {
    const { isTold, isBlocked, send } = this.#how;
    if (!isTold()) return;
    const record = { ...this.#maker.alert(alert), alert_id: this.#first + alert.id };
    send({ kind: 'alert', head: this.#head(alert), record, isBlocked: isBlocked() });
  }

  #head({ draft: { packet } }: Alert): EventHead {
    const context = this.#context;
    const isOfPacket =
      context?.packet.number === packet.number && context.packet.input === packet.input;
    return isOfPacket ? this.#events.head(context) : this.#maker.pointer(packet);
  }
}

/** How a process talks with the one that started it. */
export interface WorkerChannel {
  send(message: FromWorker): void;
  onMessage(take: (message: unknown) => void): void;
  /** The other process is gone. */
  onEnd(take: () => void): void;
}

/**
 * Runs until it is told to stop, or the other process is gone.
 * @param number of its queue
 * @throws what the start of a gateway throws
 */
export async function runQueueWorker(
  configuration: GatewayConfiguration,
  number: number,
  channel: WorkerChannel,
  terminal: Terminal,
): Promise<ExitCode> {
  const { settings } = configuration;
  const { queue: queues } = settings.path;
  const say = (text: string): void => {
    channel.send({ kind: 'say', text });
  };
  const place = number - queues.first;
  const store =
    settings.state === undefined ? undefined : await openState(`${settings.state}.${number}`, say);
  const { failMode, deadline } = settings;
  const queue = openPacketQueue({ number, failMode, deadline, length: queues.length });
  const { keepDropped } = settings;
  const interfaces = new MergedInterfaces();
  const keeper =
    keepDropped === undefined
      ? undefined
      : new DroppedPackets(keepDropped, `dropped-${number}`, interfaces.all, say);
  const worker = new GatewayWorker(configuration, queue, place, interfaces, keeper, (message) => {
    channel.send(message);
  });
  const kept = store === undefined ? undefined : new KeptState(worker.judge, store);
  if (kept?.restored !== undefined) say(kept.restored);
  const watchdog = startWatchdog(settings.watchdog, watchdogSentence(settings, queue.name));
  const report = setInterval(() => {
    channel.send({ kind: 'report', report: worker.report() });
  }, REPORT_INTERVAL);
  const chores = setInterval(() => {
    worker.drops.tellDue();
    keeper?.tick();
    kept?.save();
  }, CHORE_INTERVAL);
  const ended = new Promise<boolean>((resolve) => {
    channel.onEnd(() => {
      resolve(false);
    });
    channel.onMessage((message) => {
      if (!isToWorker(message)) return;
      switch (message.kind) {
        case 'observe':
          worker.observe(message.packets);
          return;
        case 'mode':
          worker.judge.mode = message.mode;
          return;
        case 'reload':
          void worker.reload(terminal).then(
            () => {
              channel.send({ kind: 'reloaded', error: undefined });
            },
            (error: unknown) => {
              const text = error instanceof Error ? error.message : String(error);
              channel.send({ kind: 'reloaded', error: text });
            },
          );
          return;
        case 'stop':
          resolve(true);
      }
    });
  });
  runInRealTime(openKernel(), queues.count);
  channel.send({ kind: 'ready' });
  const isAsked = await ended;
  clearInterval(report);
  clearInterval(chores);
  if (isAsked) await drained(queue);
  queue.close();
  worker.drops.tellDue(true);
  kept?.save(true);
  store?.close();
  keeper?.close();
  if (isAsked) channel.send({ kind: 'stopped', report: worker.report() });
  await watchdog.close();
  return EXIT.clean;
}
