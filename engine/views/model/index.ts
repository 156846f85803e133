/**
 * What a screen may ask of a run, be it a file or live traffic. All answers are plain values that can go from process to
 * process; `cli/model/` makes them.
 */
import type { Severity } from '../../rule-api.ts';
import type { FilterOutcome, PacketDetail, PacketRow, SearchQuery } from './packets.ts';
import type {
  AssociationRow,
  BindingRow,
  IncidentRow,
  Ladder,
  LadderSubject,
  LogLine,
  RoutabilityRow,
  StatisticsView,
  TopologyView,
} from './state.ts';

export type * from './packets.ts';
export type * from './state.ts';

/** Views that change while packets come. */
export interface ModelViews {
  readonly bindings: readonly BindingRow[];
  readonly associations: readonly AssociationRow[];
  readonly routability: readonly RoutabilityRow[];
  /** Worst first. */
  readonly incidents: readonly IncidentRow[];
  readonly topology: TopologyView;
  readonly statistics: StatisticsView;
  readonly log: readonly LogLine[];
}

/** Name of a view. */
export type ViewName = keyof ModelViews;

/** An input or a capture interface. */
export interface InputStatus {
  readonly name: string;
  readonly packets: number;
  /** Of a capture interface: packets that the kernel or the interface dropped; undefined for a file. */
  readonly dropped: number | undefined;
  /** What is wrong: `the interface is down`; undefined when nothing is. */
  readonly fault: string | undefined;
}

/** How the run is. */
export interface ModelStatus {
  /** `following`: live capture; `stopped`: a live capture that the user stopped. */
  readonly phase: 'loading' | 'complete' | 'following' | 'stopped' | 'failed';
  readonly inputs: readonly InputStatus[];
  /** All packets of the run so far, forgotten ones included: positions are below it. */
  readonly packets: number;
  /** Lines of the list: packets that the filter shows and that are not forgotten; line 0 is the oldest of them. */
  readonly shown: number;
  /** Packets that are no longer kept: positions below are gone. Live captures only. */
  readonly forgotten: number;
  /** 0..1 while a file loads; undefined when not known. */
  readonly progress: number | undefined;
  /** Filter in force; '' for none. */
  readonly filter: string;
  /** The filter still looks at packets. */
  readonly isFiltering: boolean;
  /** Capture time of the first and last packet, seconds since 1970. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Packets not judged because there were too many at once. */
  readonly shed: number;
  readonly alerts: Readonly<Record<Severity, number>>;
  readonly incidents: number;
  /** Why it failed, when it did. */
  readonly failure: string | undefined;
  /** Rises whenever the view is another. */
  readonly versions: Readonly<Record<ViewName, number>>;
}

/** Which packets to write. */
export type WriteSelection =
  | { readonly kind: 'all' | 'shown' }
  | { readonly kind: 'packets'; readonly packets: readonly number[] }
  | { readonly kind: 'incident'; readonly incident: number };

/** A mute: alerts of a rule, of one home address when given, are not shown until then. */
export interface Mute {
  readonly rule: string;
  readonly homeAddress?: string | undefined;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A run that can be looked at. Promises reject only when the model is gone. */
export interface PacketModel {
  readonly status: ModelStatus;
  /** Told at most ten times a second when the status changed. @returns ends it */
  subscribe(listener: (status: ModelStatus) => void): () => void;
  /** Lines `[from, from + count)` of the shown list, 0-based; fewer at its end. `count` is at most 1000. */
  rows(from: number, count: number): Promise<readonly PacketRow[]>;
  /** Undefined when there is no such packet, or not any more. */
  detail(packet: number): Promise<PacketDetail | undefined>;
  /** Where a packet, or the next shown one after it, stands in the shown list. */
  lineOf(packet: number): Promise<number>;
  /** Packet of the 1-based number that the user types, in the first input that has it. */
  packetOf(number: number): Promise<number | undefined>;
  /** Checks without applying; cheap enough for each key. `matched` is 0. */
  checkFilter(text: string): FilterOutcome;
  /** Applies a filter; '' for none. The list goes on growing while the rest is looked at. */
  setFilter(text: string): Promise<FilterOutcome>;
  /** Values of a field that packets had, most frequent first, at most `limit`. */
  valuesOf(field: string, start: string, limit: number): Promise<readonly string[]>;
  /** Next shown packet that has it after (`backward`: before) a packet, wrapping around; undefined when none has. */
  search(query: SearchQuery, from: number, isBackward: boolean): Promise<number | undefined>;
  view<V extends ViewName>(name: V): Promise<ModelViews[V]>;
  ladder(subject: LadderSubject): Promise<Ladder>;
  mute(mute: Mute): Promise<void>;
  /** Writes packets to a pcapng file, findings as comments. Rejects with what to do when the file cannot be written. */
  write(file: string, selection: WriteSelection): Promise<{ readonly packets: number }>;
  /** Stops and starts a live capture; nothing for a file. */
  setCapturing(isOn: boolean): Promise<void>;
  close(): Promise<void>;
}
