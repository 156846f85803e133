/**
 * Coverage-guided search of one target: inputs that run new parts of the program are kept and changed further.
 */
import type { Coverage } from './coverage.ts';
import { mutate } from './mutator.ts';
import { Random } from './random.ts';
import { runBounded } from './target.ts';
import type { FuzzTarget } from './target.ts';

/** Inputs tried between two looks at the coverage. */
const BATCH = 40;
/** Largest corpus; then new inputs take the places of old ones. */
const MAX_CORPUS = 4000;

/** An input that broke something. */
export interface Finding {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** What a campaign did. */
export interface CampaignResult {
  readonly runs: number;
  readonly corpus: number;
  /** Characters of the program that ran. */
  readonly coverage: number;
  readonly finding: Finding | undefined;
}

/** Tries an input; undefined when nothing broke. */
async function attempt(target: FuzzTarget, input: Uint8Array): Promise<Finding | undefined> {
  try {
    await runBounded(target, input);
    return undefined;
  } catch (error) {
    return { input, error };
  }
}

/** The same failure: the same words without numbers. */
function kindOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message.replace(/\d+/g, '#')}`
    : String(error);
}

/** Makes a failing input smaller while it fails the same way: halves, quarters, ... single octets cut out. */
export async function minimize(target: FuzzTarget, finding: Finding): Promise<Finding> {
  let best = finding;
  const kind = kindOf(finding.error);
  for (let size = best.input.length >>> 1; size >= 1; size >>>= 1) {
    for (let at = 0; at + size <= best.input.length;) {
      const { input } = best;
      const shorter = new Uint8Array(input.length - size);
      shorter.set(input.subarray(0, at), 0);
      shorter.set(input.subarray(at + size), at);
      const found = await attempt(target, shorter);
      if (found !== undefined && kindOf(found.error) === kind) best = found;
      else at += size;
    }
  }
  return best;
}

/**
 * Searches until the time is over or something breaks.
 * @param isOver asked between batches
 */
export async function runCampaign(
  target: FuzzTarget,
  coverage: Coverage | undefined,
  seed: number,
  isOver: (runs: number) => boolean,
): Promise<CampaignResult> {
  const random = new Random(seed);
  const corpus: Uint8Array[] = [];
  let runs = 0;
  const result = (finding?: Finding): CampaignResult => ({
    runs,
    corpus: corpus.length,
    coverage: coverage?.size ?? 0,
    finding,
  });
  coverage?.news();
  const more = coverage === undefined ? [] : (target.moreSeeds?.() ?? []);
  for (const input of [...target.seeds(), ...more, new Uint8Array()]) {
    runs++;
    const finding = await attempt(target, input);
    if (finding !== undefined) return result(finding);
    const news = coverage?.news();
    // Without coverage every seed is as good as any other.
    if (news === undefined || news.functions > 0 || corpus.length === 0) corpus.push(input);
    news?.remember();
  }
  while (!isOver(runs)) {
    const batch: Uint8Array[] = [];
    for (let i = 0; i < BATCH; i++) {
      const input = random.pick(corpus) ?? new Uint8Array();
      const other = random.pick(corpus) ?? input;
      const made = mutate(input, other, target.words, random);
      runs++;
      const finding = await attempt(target, made);
      if (finding !== undefined) return result(finding);
      batch.push(made);
    }
    if (coverage === undefined) continue;
    const wanted = coverage.news();
    if (wanted.functions === 0) continue;
    // One of the batch ran something new; which, only running each alone tells.
    for (const input of batch) {
      await attempt(target, input);
      const news = coverage.news();
      if (news.functions === 0) continue;
      news.remember();
      if (corpus.length < MAX_CORPUS) corpus.push(input);
      else corpus[random.below(corpus.length)] = input;
    }
    wanted.remember();
  }
  return result();
}
