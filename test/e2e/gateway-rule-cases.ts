/**
 * For each rule whose verdict is to drop: a capture whose attack has to be dropped, and one that has to pass, and whether they
 * can be sent over a wire in the time that they took.
 */
import path from 'node:path';
import { u16 } from '../../dissectors/core/bytes.ts';
import { ethernetFrame } from '../../dissectors/ipv6/build.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { openCaptures } from '../../io/capture/file.ts';
import { judgeCaptures } from '../engine/inline/judged-captures.ts';
import { FIXTURES, expectedAudits } from '../fixtures/expectations.ts';

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
/** Captures that took longer are not sent in real time, seconds. */
export const MOST_SECONDS = 60;
const ETHERNET = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const IPV6_OCTETS = 40;
/** Octets of a frame on the wires of tests. */
const MOST_OCTETS = 9014;
/** Sender and receiver of packets that came without a frame. */
const FRAME = {
  source: Uint8Array.of(2, 0, 0, 0, 0, 1),
  destination: Uint8Array.of(2, 0, 0, 0, 0, 2),
};

/** A capture with what it was made for. */
export interface RuleCapture {
  /** Folder, relative to `fixtures/`. */
  readonly folder: string;
  readonly file: string;
  readonly site: string | undefined;
  readonly keys: string | undefined;
  readonly packets: number;
  /** `dropPartial`. */
  readonly dropsPartial: boolean;
  /** Numbers of packets, 1-based, that the rule drops. */
  readonly dropped: ReadonlySet<number>;
  /** Why it cannot be sent over a wire; undefined = it can. */
  readonly hindrance: string | undefined;
}

/** What is known of a rule. */
export interface RuleCase {
  readonly rule: RuleDefinition;
  /** Whether only `dropPartial: true` drops. */
  readonly isPartial: boolean;
  /** undefined = no capture of the rule has a packet that it drops. */
  readonly alert: RuleCapture | undefined;
  readonly quiet: RuleCapture | undefined;
}

/**
 * Rules that find something of little weight in their quiet twin as well, which only `dropPartial: true` drops: a gateway that
 * a node has left de-registers it late, and anchors ignore that.
 */
const UNCERTAIN: ReadonlySet<string> = new Set(['MIP6-2308']);

/** Rules about packets that a gateway does not take out of the kernel, and why. */
const NOT_QUEUED: ReadonlyMap<string, string> = new Map([
  ['MIP6-2203', 'a tunnel whose ends are no agents, which is not queued'],
]);

/** A packet to be sent. */
export interface TimedFrame {
  readonly link: string;
  readonly frame: Uint8Array;
  /** Milliseconds after the first one. */
  readonly at: number;
}

/** Frames of a capture, and what hinders that they are sent. */
export async function framesOf(
  folder: string,
  file: string,
): Promise<{ readonly frames: readonly TimedFrame[]; readonly hindrance: string | undefined }> {
  const whole = path.join(FIXTURES, folder, file);
  const { source } = await openCaptures([whole], { recursive: false });
  const frames: TimedFrame[] = [];
  const hindrances = new Set<string>();
  let first: number | undefined;
  await source.run((record) => {
    const { seconds, nanoseconds, bytes, offset, end, linkType, interfaceIndex } = record;
    const time = seconds * 1000 + nanoseconds / 1e6;
    first ??= time;
    if (record.originalLength > end - offset) hindrances.add('cut by the capture');
    if (linkType !== LINKTYPE_ETHERNET && linkType !== LINKTYPE_RAW) hindrances.add('no Ethernet');
    const octets = bytes.slice(offset, end);
    const frame =
      linkType === LINKTYPE_ETHERNET ? octets : ethernetFrame({ ...FRAME, payload: octets });
    const kind = u16(frame, 12);
    if (kind === IPV4) hindrances.add('over IPv4, which is not queued');
    const length = kind === IPV6 ? u16(frame, ETHERNET + 4) : 0;
    // The kernel finds a length that the packet does not have, also in a bridge.
    if (ETHERNET + IPV6_OCTETS + length > frame.length && kind === IPV6) {
      hindrances.add('cut in themselves, which bridges drop');
    }
    if (frame.length > MOST_OCTETS) hindrances.add('longer than a frame');
    const link = source.interfaces[interfaceIndex]?.name ?? 'home';
    frames.push({ link, frame, at: time - first });
  });
  const last = frames.at(-1)?.at ?? 0;
  if (last > MOST_SECONDS * 1000) hindrances.add(`takes ${Math.round(last / 1000)} s`);
  return { frames, hindrance: hindrances.size === 0 ? undefined : [...hindrances].join(', ') };
}

/** Verdicts by which no rule drops but one: what is dropped then is dropped by it. */
export function only(
  rule: RuleDefinition,
  all: readonly RuleDefinition[],
): ReadonlyMap<string, 'alert' | 'drop'> {
  return new Map(all.map(({ id }) => [id, id === rule.id ? 'drop' : 'alert']));
}

/** The best captures of a rule, by itself: those that can be sent come first. */
export async function caseOf(
  rule: RuleDefinition,
  all: readonly RuleDefinition[],
): Promise<RuleCase> {
  const verdicts = only(rule, all);
  const folder = `rules/${rule.id.toLowerCase()}`;
  const found: { capture: RuleCapture; isPartial: boolean }[] = [];
  const quiet: RuleCapture[] = [];
  const hindered = ({ hindrance }: RuleCapture): number => (hindrance === undefined ? 0 : 2);
  const rank = ({ capture, isPartial }: (typeof found)[number]): number =>
    hindered(capture) + (isPartial ? 1 : 0);
  const rankOfQuiet = (each: RuleCapture): number => hindered(each) + Math.sign(each.dropped.size);
  for (const audit of expectedAudits(folder)) {
    const [file = ''] = audit.files;
    if (audit.files.length !== 1) continue;
    const { hindrance = NOT_QUEUED.get(rule.id) } = await framesOf(folder, file);
    const judged = async (dropsPartial: boolean): Promise<RuleCapture> => {
      const { objections, packets } = await judgeCaptures(audit, { dropsPartial, verdicts });
      const dropped = new Set(objections.map((each) => each.packet));
      const { site, keys } = audit;
      return { folder, file, site, keys, packets, dropsPartial, dropped, hindrance };
    };
    if (file.startsWith('quiet')) {
      if (quiet.some((each) => rankOfQuiet(each) === 0)) continue;
      quiet.push(await judged(!UNCERTAIN.has(rule.id)));
      continue;
    }
    if (found.some((each) => rank(each) === 0)) continue;
    for (const isPartial of [false, true]) {
      const capture = await judged(isPartial);
      if (capture.dropped.size === 0) continue;
      found.push({ capture, isPartial });
      break;
    }
  }
  const best = found.sort((a, b) => rank(a) - rank(b))[0];
  return {
    rule,
    isPartial: best?.isPartial ?? false,
    alert: best?.capture,
    quiet: quiet.sort((a, b) => rankOfQuiet(a) - rankOfQuiet(b))[0],
  };
}
