/**
 * Follows a run and writes its events as EVE lines, its index and changes to the store.
 */
import type { Alert } from '../../engine/alert.ts';
import type { EngineObserver } from '../../engine/engine.ts';
import type { EngineEvent, PacketContext, PacketReference } from '../../engine/events.ts';
import type { CaptureInput } from '../../engine/ports.ts';
import type { EveWriter } from '../../io/export/eve.ts';
import type { AuditDocument, EventHead } from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { OutputError } from '../../io/output.ts';
import type { SqliteStore, StoreError } from '../../io/store/sqlite.ts';
import { ESP_PROTOCOL, EventRecords, ICMPV6_PROTOCOL, MOBILITY_PROTOCOL } from './event-records.ts';
import { RecordMaker } from './record-maker.ts';

/** Takes what is found in a run, row by row. */
export type RunStore = Pick<SqliteStore, 'packet' | 'bindingChange' | 'alert' | 'finish'>;

/** What follows the run; each may be absent. */
export interface Followers {
  readonly eve: EveWriter | undefined;
  readonly store: RunStore | undefined;
}

/** The packet that is being indexed: its events come one after the other. */
interface IndexedPacket {
  packet: PacketReference;
  context: PacketContext;
  kinds: string;
  message: string | undefined;
}

/** Observer of a run that hands everything to the followers as it happens. */
export class RunFollower implements EngineObserver {
  #eve: EveWriter | undefined;
  #store: RunStore | undefined;
  readonly #records: RecordMaker;
  readonly #events: EventRecords;
  /** Context of the last event that had one, to tell the addresses of alerts and bindings. */
  #context: PacketContext | undefined;
  #proto: string | undefined;
  #indexed: IndexedPacket | undefined;
  /** Alerts seen. */
  alerts = 0;
  /** Why a follower was given up: a full disk ends its output, not the run. */
  readonly failures: (OutputError | StoreError)[] = [];

  constructor(inputs: readonly CaptureInput[], followers: Followers) {
    this.#eve = followers.eve;
    this.#store = followers.store;
    this.#records = new RecordMaker(inputs);
    this.#events = new EventRecords(inputs);
  }

  onEvent(event: EngineEvent): void {
    if (this.#eve === undefined && this.#store === undefined) return;
    this.#guard(() => {
      this.#follow(event);
    });
  }

  onAlert(alert: Alert): void {
    this.alerts++;
    this.#guard(() => {
      this.#followAlert(alert);
    });
  }

  /** Ends the event stream and the store's run: what is known only now. */
  end(document: AuditDocument, lastTime: number): void {
    this.#guard(() => {
      this.#index();
    });
    this.#guard(() => {
      const eve = this.#eve;
      if (eve === undefined) return;
      for (const fault of document.faults) eve.anomaly(this.#events.fault(fault, lastTime));
      for (const incident of document.incidents) eve.incident(incident);
      eve.stats(document, eveTimestamp(lastTime));
    });
  }

  /** Ends the store's run. @param finishedAt ISO 8601 */
  endStore(document: AuditDocument, exitCode: number, finishedAt: string): void {
    this.#guard(() => this.#store?.finish(document, exitCode, finishedAt));
  }

  /** Hands over what is buffered, so that who follows the stream sees it. */
  flush(): void {
    this.#guard(() => this.#eve?.flush());
  }

  /** Gives up the follower that fails; what is no failure of output goes on as the bug it is. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof OutputError) {
        this.#eve = undefined;
        this.failures.push(error);
      } else if (isStoreError(error)) {
        this.#store = undefined;
        this.failures.push(error);
      } else throw error;
    }
  }

  #follow(event: EngineEvent): void {
    switch (event.kind) {
      case 'mobility':
        this.#note(event.context, 'mobility', event.header.message.kind, MOBILITY_PROTOCOL);
        this.#eve?.signalling(this.#events.mobility(event));
        this.#anomalies(event);
        return;
      case 'icmpv6':
        this.#note(event.context, 'icmpv6', event.message.kind, ICMPV6_PROTOCOL);
        this.#eve?.signalling(this.#events.icmpv6(event));
        this.#anomalies(event);
        return;
      case 'malformed':
        this.#note(event.context, 'malformed', undefined, undefined);
        this.#anomalies(event);
        return;
      case 'esp':
        this.#note(event.context, 'esp', undefined, ESP_PROTOCOL);
        return;
      case 'relay':
      case 'home-address-traffic':
        this.#note(
          event.context,
          event.kind,
          undefined,
          event.kind === 'relay' ? ESP_PROTOCOL : undefined,
        );
        return;
      case 'binding': {
        const record = this.#events.binding(event, this.#contextOf(event.packet));
        this.#eve?.binding(record);
        this.#store?.bindingChange(record);
        return;
      }
      case 'tick':
    }
  }

  #followAlert(alert: Alert): void {
    const record = this.#records.alert(alert);
    // The line first: what the store shows is in the stream.
    if (this.#eve !== undefined) {
      const context = this.#contextOf(alert.draft.packet);
      this.#eve.alert(this.#alertHead(alert, context), record);
    }
    this.#store?.alert(record);
  }

  #alertHead(alert: Alert, context: PacketContext | undefined): EventHead {
    if (context !== undefined) return this.#events.head(context, this.#proto);
    // The deciding packet is gone by: its evidence still tells the link.
    const { packet, evidence } = alert.draft;
    const link = evidence.find((item) => samePacket(item.packet, packet))?.link;
    const pointer = this.#records.pointer(packet);
    return link === undefined ? pointer : { ...pointer, in_iface: link.name };
  }

  #contextOf(packet: PacketReference): PacketContext | undefined {
    const context = this.#context;
    return context !== undefined && samePacket(context.packet, packet) ? context : undefined;
  }

  #anomalies(event: Extract<EngineEvent, { diagnostics: unknown }>): void {
    if (this.#eve === undefined || event.diagnostics.length === 0) return;
    for (const diagnostic of event.diagnostics) {
      const record = this.#events.anomaly(diagnostic, event.context);
      if (record !== undefined) this.#eve.anomaly(record);
    }
  }

  #note(
    context: PacketContext,
    kind: EngineEvent['kind'],
    message: string | undefined,
    proto: string | undefined,
  ): void {
    this.#context = context;
    this.#proto = proto;
    if (this.#store === undefined) return;
    const indexed = this.#indexed;
    if (indexed !== undefined && samePacket(indexed.packet, context.packet)) {
      if (!indexed.kinds.split(',').includes(kind)) indexed.kinds += `,${kind}`;
      // Later events of a packet are about what is further inside.
      if (message !== undefined) {
        indexed.message = message;
        indexed.context = context;
      }
      return;
    }
    this.#index();
    this.#indexed = { packet: context.packet, context, kinds: kind, message };
  }

  #index(): void {
    const indexed = this.#indexed;
    if (indexed === undefined) return;
    this.#indexed = undefined;
    const { packet, context, kinds, message } = indexed;
    const head = this.#events.head(context);
    this.#store?.packet({
      input: packet.input,
      number: packet.number,
      time: eveTimestamp(packet.time),
      link: head.in_iface,
      source: head.src_ip,
      destination: head.dest_ip,
      kinds,
      message,
    });
  }
}

function samePacket(a: PacketReference, b: PacketReference): boolean {
  return a.number === b.number && a.input === b.input;
}

/** By name: the class is in a module that is loaded only for who asks for a store. */
function isStoreError(error: unknown): error is StoreError {
  return error instanceof Error && error.name === 'StoreError';
}
