/**
 * The gateway that `bench:inline` measures: a queue, and a judge that lets everything pass or the engine with all rules. For each
 * line that it reads, packets that the rules sent it, it writes its counts.
 */
import { createInterface } from 'node:readline';
import { runBeforeOthers } from '../cli/gateway/short-pauses.ts';
import { loadRules } from '../cli/rules-directory.ts';
import { PacketJudge } from '../engine/inline/index.ts';
import { parseKeyText } from '../engine/keys/key-text.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { keyFile } from '../fixtures/scenario/security.ts';
import { openKernel, openPacketQueue, runInRealTime } from '../io/inline/index.ts';
import type { FailMode, PacketQueue } from '../io/inline/index.ts';
import { mixedTrafficAssociations } from './mixed-traffic.ts';

/** What is measured. */
export interface BenchGateway {
  readonly number: number;
  readonly failMode: FailMode;
  /** By the engine with all rules, in monitor mode; otherwise every packet passes at once. */
  readonly isJudged: boolean;
}

async function judgeOf({ inputs, interfaces }: PacketQueue): Promise<PacketJudge> {
  const { associations } = parseKeyText(keyFile(mixedTrafficAssociations()), 'keys');
  const rules = await loadRules();
  return new PacketJudge({
    engine: { site: UNKNOWN_SITE, rules, associations, inputs, interfaces, seed: 1 },
    mode: 'monitor',
    verdicts: new Map(),
    dropsPartial: false,
    rateLimit: { perSecond: 1000, burst: 1000 },
  });
}

/** Runs until its input ends. */
export async function runGateway({ number, failMode, isJudged }: BenchGateway): Promise<void> {
  // As the command does.
  runBeforeOthers();
  const queue = openPacketQueue({ number, failMode });
  if (isJudged) {
    const judge = await judgeOf(queue);
    queue.onPacket = (record) => judge.judge(record);
  } else queue.onPacket = () => true;
  queue.onFault = (sentence) => {
    console.error(sentence);
  };
  runInRealTime(openKernel(), 1);
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    queue.account(Number(line));
    console.log(JSON.stringify(queue.counts()));
  }
  queue.close();
}
