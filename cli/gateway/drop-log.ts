/**
 * Tells of packets that are dropped: the first of a rule and object at once, those that follow in one record for each
 * interval. The sum of the counts is the number of packets, whatever happens to the table.
 */
import { formatPrefix } from '../../dissectors/core/address.ts';
import type { DropReason } from '../../engine/inline/index.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import type { DropRecord, EventHead } from '../../io/export/records.ts';
import { RecordMaker, addressText, concerned, signatureId } from '../report/record-maker.ts';
import { PacketTuples, timeOf } from './packet-tuple.ts';
import type { PacketSourceNames } from './packet-tuple.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';

/** Milliseconds after which further packets of a rule and object are told. */
export const DROP_INTERVAL = 10_000;
/** Rules and objects told apart; those of further objects are told by rule. */
export const MAX_DROP_OBJECTS = 4096;

/** How many packets a rule has dropped. */
export interface RuleDrops {
  dropped: number;
  /** In monitor mode. */
  wouldDrop: number;
  /** Of both, those by the verdict `rate-limit`. */
  rateLimited: number;
}

interface Entry {
  /** Packets so far, told or not. */
  total: number;
  /** Those that are not told yet. */
  untold: number;
  /** Of the first and the last of them. */
  first: number;
  reason: DropReason | undefined;
  head: EventHead | undefined;
  length: number;
  toldAt: number;
}

/** Counts drops, and hands on their records. */
export class DropLog {
  readonly byRule = new Map<string, RuleDrops>();
  dropped = 0;
  wouldDrop = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #maker: RecordMaker;
  readonly #tuples: PacketTuples;
  readonly #tell: (record: DropRecord) => void;
  readonly #clock: () => number;

  /**
   * @param tell takes a record
   * @param clock milliseconds from any start
   */
  constructor(
    source: PacketSourceNames,
    tell: (record: DropRecord) => void,
    clock: () => number = () => performance.now(),
  ) {
    this.#maker = new RecordMaker(source.inputs);
    this.#tuples = new PacketTuples(source);
    this.#tell = tell;
    this.#clock = clock;
  }

  /** A packet that is dropped, or would be. */
  note(reason: DropReason, record: PacketRecord): void {
    const { wouldDrop } = reason;
    const counts = this.#countsOf(reason.ruleId);
    if (wouldDrop) {
      counts.wouldDrop++;
      this.wouldDrop++;
    } else {
      counts.dropped++;
      this.dropped++;
    }
    if (reason.verdict === 'rate-limit') counts.rateLimited++;
    const entry = this.#entryOf(reason);
    // What was dropped and what would have been are not told in one record.
    if (entry.untold > 0 && entry.reason?.wouldDrop !== wouldDrop) this.#tellOf(entry);
    if (entry.untold === 0) entry.first = timeOf(record);
    entry.total++;
    entry.untold++;
    entry.reason = reason;
    entry.head = this.#tuples.head(record);
    entry.length = record.originalLength;
    if (this.#clock() - entry.toldAt >= DROP_INTERVAL) this.#tellOf(entry);
  }

  /** Tells what is due. @param isEnd all that is not told yet */
  tellDue(isEnd = false): void {
    const now = this.#clock();
    for (const [key, entry] of this.#entries) {
      if (!isEnd && now - entry.toldAt < DROP_INTERVAL) continue;
      if (entry.untold > 0) this.#tellOf(entry);
      // Quiet for an interval: the next one is the first again.
      else this.#entries.delete(key);
    }
  }

  #entryOf({ ruleId, object, verdict }: DropReason): Entry {
    const key = `${ruleId} ${verdict} ${object}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size < MAX_DROP_OBJECTS) return this.#newEntry(key);
    const shared = `${ruleId} ${verdict}`;
    return this.#entries.get(shared) ?? this.#newEntry(shared);
  }

  #newEntry(key: string): Entry {
    const entry: Entry = {
      ...{ total: 0, untold: 0, first: 0, length: 0, toldAt: Number.NEGATIVE_INFINITY },
      ...{ reason: undefined, head: undefined },
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #countsOf(ruleId: string): RuleDrops {
    let counts = this.byRule.get(ruleId);
    if (counts === undefined) {
      counts = { dropped: 0, wouldDrop: 0, rateLimited: 0 };
      this.byRule.set(ruleId, counts);
    }
    return counts;
  }

  #tellOf(entry: Entry): void {
    const { reason, head, length, untold, total, first } = entry;
    entry.untold = 0;
    entry.toldAt = this.#clock();
    if (reason === undefined || head === undefined) return;
    this.#tell(this.#record(reason, head, { length, count: untold, total, first }));
  }

  #record(
    reason: DropReason,
    head: EventHead,
    {
      length,
      count,
      total,
      first,
    }: { length: number; count: number; total: number; first: number },
  ): DropRecord {
    const { attacker, homePrefix, stage } = reason;
    return {
      head,
      action: reason.wouldDrop ? 'would_drop' : 'drop',
      reason: reason.verdict === 'rate-limit' ? 'rate-limit' : 'rule',
      ...{ length, count, total, first: eveTimestamp(first) },
      rule: reason.ruleId,
      signature_id: signatureId(reason.ruleId),
      signature: reason.title,
      severity: reason.severity,
      confidence: reason.confidence,
      ...(stage === undefined ? {} : { stage }),
      message: reason.message,
      ...concerned(reason),
      ...(attacker === undefined ? {} : { attacker: addressText(attacker) }),
      ...(homePrefix === undefined
        ? {}
        : {
            home_prefix: formatPrefix({ bytes: homePrefix.prefix, length: homePrefix.length }),
          }),
      evidence: reason.evidence.map((item) => this.#maker.evidence(item)),
      related: reason.related.map(({ ruleId, message }) => ({ rule: ruleId, message })),
    };
  }
}
