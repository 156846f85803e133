/**
 * Every rule that drops, on the wire: captures of `fixtures/rules` sent through processes of the built command, in the time that
 * they took. What the rule is about does not come out, and all else does.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRules } from '../../cli/rules-directory.ts';
import { formatAddress, isSameAddress, parseAddress } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { FIXTURES } from '../fixtures/expectations.ts';
import { PATIENCE } from '../patience.ts';
import { GATE_NEEDS, GatewayBox, canGate, settle } from './gateway-box.ts';
import { caseOf, framesOf, only } from './gateway-rule-cases.ts';
import type { RuleCapture, TimedFrame } from './gateway-rule-cases.ts';

/** Gateways at the same time: most of the time they wait. */
const AT_ONCE = 8;
/** Milliseconds that what must not come out has when the rest has come. */
const LAST = 300;
const HOUR = 3_600_000;
/** Somebody to protect where a capture has nobody. */
const CORRESPONDENT = '2001:db8:70::1';
/** A rule whose captures take a moment: also where there is no time for all of them. */
const QUICK = ['MIP6-1009', 'MIP6-1302', 'MIP6-1820'];

const siteFile = z.looseObject({
  version: z.literal(1),
  homeAgents: z
    .array(z.looseObject({ addresses: z.array(z.string()), homePrefixes: z.array(z.string()) }))
    .default([]),
  domain: z.looseObject({ localMobilityAnchors: z.array(z.string()).default([]) }).exactOptional(),
  links: z.array(z.looseObject({ name: z.string(), interfaces: z.array(z.string()) })).default([]),
});

/** What came of sending a capture. */
interface Sent {
  /** Numbers of packets, 1-based, that did not come out. */
  readonly missing: readonly number[];
  /** Frames that came out and were not sent. */
  readonly strange: number;
  /** Rules that have dropped something, by their own count. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** IPv6 addresses of frames. */
function addressesIn(frames: readonly TimedFrame[]): string[] {
  const found = new Set<string>();
  for (const { frame } of frames) {
    if (u16(frame, 12) !== 0x86dd) continue;
    for (const at of [22, 38]) {
      const address = frame.slice(at, at + 16);
      // Global unicast only: RFC 4291 section 2.4.
      if ((u8(address, 0) & 0xe0) === 0x20) found.add(formatAddress(address));
    }
  }
  return [...found];
}

/** Configuration of a gateway that stands on all links of the captures. */
function configure(
  box: GatewayBox,
  capture: RuleCapture,
  frames: readonly TimedFrame[],
  rule: RuleDefinition,
  all: readonly RuleDefinition[],
): void {
  const inFolder = (name: string): string => path.join(FIXTURES, capture.folder, name);
  const text =
    capture.site === undefined ? undefined : readFileSync(inFolder(capture.site), 'utf8');
  const site = {
    ...siteFile.parse(text === undefined ? { version: 1 } : parse(text)),
    // Within a configuration it has none of its own.
    version: undefined,
  };
  // Anchors of a domain are ends of tunnels as well.
  const agents = [
    ...new Set([
      ...site.homeAgents.flatMap(({ addresses }) => addresses),
      ...(site.domain?.localMobilityAnchors ?? []),
    ]),
  ].filter((address) => !address.startsWith('fe80'));
  const isAgent = (text_: string): boolean =>
    agents.some((agent) => {
      const [a, b] = [parseAddress(agent), parseAddress(text_)];
      return a !== undefined && b !== undefined && isSameAddress(a, b);
    });
  const key = capture.keys === undefined ? undefined : inFolder(capture.keys);
  box.configure({
    failMode: 'open',
    mode: 'enforce',
    place: ['home-agent', 'access-link', 'correspondent'],
    homeAgents: agents,
    homePrefixes: site.homeAgents.flatMap(({ homePrefixes }) => homePrefixes),
    correspondents: [
      CORRESPONDENT,
      ...addressesIn(frames).filter((address) => !isAgent(address) && address !== CORRESPONDENT),
    ],
    site: {
      ...site,
      links: site.links.map((link) => ({
        ...link,
        interfaces: link.interfaces.flatMap((name) => [`${name}-out`, `${name}-in`]),
      })),
    },
    keys: key === undefined ? [] : [box.write(path.basename(key), readFileSync(key, 'utf8'))],
    verdicts: Object.fromEntries(only(rule, all)),
    dropPartial: capture.dropsPartial,
    // A test machine may be slow.
    deadline: '10s',
  });
}

/** Sends a capture through a gateway of its own. */
async function sendThrough(
  capture: RuleCapture,
  rule: RuleDefinition,
  all: readonly RuleDefinition[],
): Promise<Sent> {
  const { frames } = await framesOf(capture.folder, capture.file);
  const links = [...new Set(frames.map(({ link }) => link))];
  const box = new GatewayBox(links);
  try {
    configure(box, capture, frames, rule, all);
    await box.start('--force');
    const out = new Map(links.map((link) => [link, new Array<string>()]));
    const ends = links.map((link) => box.wire(link).inside);
    for (const link of links) {
      box.wire(link).inside.onFrame = (frame) => out.get(link)?.push(hex(frame));
    }
    const begun = performance.now();
    for (const { link, frame, at } of frames) {
      await settle(ends, begun + at - performance.now());
      box.wire(link).outside.send(frame);
    }
    const due = frames.length - capture.dropped.size;
    const isDue = (): boolean =>
      [...out.values()].reduce((sum, { length }) => sum + length, 0) < due;
    for (const end = performance.now() + PATIENCE; isDue() && performance.now() < end;) {
      await settle(ends, 20);
    }
    await settle(ends, LAST);
    const missing: number[] = [];
    for (const [index, { link, frame }] of frames.entries()) {
      const came = out.get(link) ?? [];
      const at = came.indexOf(hex(frame));
      if (at < 0) missing.push(index + 1);
      else came.splice(at, 1);
    }
    const byRule = z.record(z.string(), z.looseObject({ dropped: z.number() }));
    const told = z.looseObject({ by_rule: byRule }).parse(await box.ask('drops')).by_rule;
    await box.stop();
    return {
      missing,
      strange: [...out.values()].reduce((sum, { length }) => sum + length, 0),
      dropped: Object.fromEntries(Object.entries(told).map(([id, each]) => [id, each.dropped])),
    };
  } finally {
    box.remove();
  }
}

function hex(frame: Uint8Array): string {
  return Buffer.from(frame).toString('hex');
}

const rules = await loadRules();
const dropping = rules.filter(({ verdict }) => verdict === 'drop');
const asked = IS_ENDURANCE ? dropping : dropping.filter(({ id }) => QUICK.includes(id));

describe.skipIf(!canGate)(`rules that drop, in the path of packets (${GATE_NEEDS})`, () => {
  const results = new Map<string, Sent | Error>();
  const expected = new Map<string, RuleCapture>();

  /** Sends everything, some at a time. */
  beforeAll(async () => {
    const waiting: { rule: RuleDefinition; name: string; capture: RuleCapture }[] = [];
    for (const rule of asked) {
      const { alert, quiet } = await caseOf(rule, rules);
      for (const [name, capture] of [
        [`${rule.id} alert`, alert],
        [`${rule.id} quiet`, quiet],
      ] as const) {
        if (capture?.hindrance !== undefined || capture === undefined) continue;
        expected.set(name, capture);
        waiting.push({ rule, name, capture });
      }
    }
    // The longest first.
    waiting.reverse();
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const { rule, name, capture } = next;
        results.set(
          name,
          await sendThrough(capture, rule, rules).catch((error: unknown) =>
            error instanceof Error ? error : new Error(String(error)),
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }, HOUR);

  it.each(asked)('$id: what its alert is about does not come out, all else does', ({ id }) => {
    for (const kind of ['alert', 'quiet']) {
      const name = `${id} ${kind}`;
      const capture = expected.get(name);
      if (capture === undefined) continue;
      const result = results.get(name);
      if (result instanceof Error) throw result;
      const file = `${capture.folder}/${capture.file}`;
      expect([file, result?.missing, result?.strange]).toEqual([file, [...capture.dropped], 0]);
      expect(result?.dropped[id] ?? 0).toBe(capture.dropped.size);
    }
  });
});
