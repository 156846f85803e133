/**
 * Captures of `fixtures/` as packets that wait for a verdict.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EngineSummary } from '../../../engine/engine.ts';
import { PacketJudge } from '../../../engine/inline/index.ts';
import type { DropReason, JudgeMode, PacketJudgeOptions } from '../../../engine/inline/index.ts';
import type { PacketRecord, PacketSource } from '../../../engine/ports.ts';
import type { Verdict } from '../../../engine/rule-api.ts';
import type { Site } from '../../../engine/site.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { FIXTURES, knowledge } from '../../fixtures/expectations.ts';

/** A packet that was objected to. */
export interface Objection {
  readonly input: number;
  /** 1-based, as in the capture. */
  readonly packet: number;
  readonly passed: boolean;
  readonly reason: DropReason;
}

/** What came of the packets of a capture. */
export interface JudgedCapture {
  readonly packets: number;
  readonly objections: readonly Objection[];
  readonly judge: PacketJudge;
  readonly summary: EngineSummary;
}

/** How captures are judged. */
export interface JudgingOptions {
  readonly mode?: JudgeMode;
  readonly verdicts?: ReadonlyMap<string, Verdict>;
  readonly dropsPartial?: boolean;
  readonly rateLimit?: PacketJudgeOptions['rateLimit'];
  /** Changes what the site file says. */
  readonly site?: (site: Site) => Site;
  readonly seed?: number;
  /** Called before the first packet. */
  readonly start?: (judge: PacketJudge) => void;
  /** Called before a packet is judged; false = it is not put to the judge at all. */
  readonly before?: (record: PacketRecord, judge: PacketJudge) => boolean;
}

/** So much passes that no test of drops meets a limit. */
export const AMPLE = { perSecond: 1e6, burst: 1e6 };

/** Captures of a folder of `fixtures/`, with the site and key file beside them. */
export interface CaptureSet {
  readonly folder: string;
  readonly files: readonly string[];
  readonly site?: string | undefined;
  readonly keys?: string | undefined;
}

/** A judge and the packets of captures, opened. */
async function open(
  files: readonly string[],
  site: string | undefined,
  keys: string | undefined,
  options: JudgingOptions,
) {
  const { source } = await openCaptures(files, { recursive: false });
  const known = await knowledge(site, keys);
  const judge = new PacketJudge({
    engine: {
      rules: known.rules,
      associations: known.associations,
      ...(known.ike === undefined ? {} : { ike: known.ike }),
      site: options.site?.(known.site) ?? known.site,
      inputs: source.inputs,
      interfaces: source.interfaces,
      seed: options.seed ?? 1,
    },
    mode: options.mode ?? 'enforce',
    verdicts: options.verdicts ?? new Map(),
    dropsPartial: options.dropsPartial ?? false,
    rateLimit: options.rateLimit ?? AMPLE,
  });
  return { judge, source };
}

/** Judges the packets of captures in order of time. */
export async function judgeCaptures(
  { folder, files, site, keys }: CaptureSet,
  options: JudgingOptions = {},
): Promise<JudgedCapture> {
  const inFolder = (name: string): string => path.join(FIXTURES, folder, name);
  const of = (name: string | undefined) => (name === undefined ? undefined : inFolder(name));
  const { judge, source } = await open(files.map(inFolder), of(site), of(keys), options);
  return run(judge, source, options);
}

async function run(
  judge: PacketJudge,
  source: PacketSource,
  options: JudgingOptions,
): Promise<JudgedCapture> {
  const objections: Objection[] = [];
  let packets = 0;
  await source.run((record) => {
    packets++;
    if (options.before?.(record, judge) === false) return;
    const passed = judge.judge(record);
    const { reason } = judge;
    if (reason === undefined) return;
    objections.push({ input: record.inputIndex, packet: record.number, passed, reason });
  });
  return { packets, objections, judge, summary: judge.engine.finish() };
}

/** Judges what is made in the test, with the site file and, when asked for, the keys of the captures of rules. */
export async function judgeOctets(
  pcapng: Uint8Array,
  hasKeys: boolean,
  options: JudgingOptions = {},
): Promise<JudgedCapture> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-'));
  const file = path.join(folder, 'made.pcapng');
  try {
    writeFileSync(file, pcapng);
    const site = path.join(FIXTURES, 'rules', 'site.yaml');
    const keys = hasKeys ? path.join(FIXTURES, 'rules', 'keys.esp_sa') : undefined;
    const { judge, source } = await open([file], site, keys, options);
    options.start?.(judge);
    return await run(judge, source, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
