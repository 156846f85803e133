/**
 * Cases of home registrations against the process, with ESP.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { AGENT, ATTACKER, CARE_OF, hex, neighborDiscovery, onlyOne, probes, advertisements } from '../nodes/home-agent/bench.ts';
import { FLAG, fromHome } from '../nodes/home-agent/mobile-side.ts';
import type { Acknowledgement, Seen, UpdateFields } from '../nodes/home-agent/mobile-side.ts';
import { solicitedNodeGroup } from '../../nodes/interface/link-address.ts';
import { ip } from '../nodes/wire-peer.ts';
import { WiredHomeAgent, linkLocalOf, withoutDiscovery } from './wired-home-agent.ts';
import type { WiredMobile } from './wired-home-agent.ts';
import { canRun } from './wired-node.ts';

const BOTH = FLAG.A | FLAG.H;
const WITH_LINK_LOCAL = BOTH | FLAG.L;
const IPV6_OCTETS = 40;
const LAYOUT = 'binding-update-deregistration-layout';
const text = formatAddress;

/** First updates, all sent at the same time; each has a mobile node of its own. */
const FIRST = {
  plain: (): UpdateFields => ({ sequence: 1 }),
  withoutA: () => ({ sequence: 1, flags: FLAG.H }),
  reserved: () => ({ sequence: 1, flags: BOTH | 0x000f }),
  keyMobility: () => ({ sequence: 1, flags: BOTH | FLAG.K }),
  linkLocal: () => ({ sequence: 1, flags: WITH_LINK_LOCAL }),
  alternate: ({ next, careOf }: WiredMobile) => ({ sequence: 1, source: next, alternate: careOf }),
  number0: () => ({ sequence: 0 }),
  number32767: () => ({ sequence: 32_767 }),
  number32768: () => ({ sequence: 32_768 }),
  number65535: () => ({ sequence: 65_535 }),
  long: () => ({ sequence: 1, lifetime: 262_140 }),
  again: () => ({ sequence: 1 }),
  owned: () => ({ sequence: 1 }),
  probed: () => ({ sequence: 1 }),
  linkLocalOwned: () => ({ sequence: 1, flags: WITH_LINK_LOCAL }),
} satisfies Record<string, (mobile: WiredMobile) => UpdateFields>;

/** First updates that must draw nothing. */
const SPOILED = {
  'HA-REJ-01 in the clear': () => ({ sequence: 1, isPlain: true }),
  'HA-REJ-03 with Nonce Indices': () => ({
    sequence: 1,
    options: [{ kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 1 }],
  }),
  'HA-REJ-10 without Home Address option': ({ home, careOf }) => ({
    sequence: 1,
    option: 'none',
    source: home,
    alternate: careOf,
  }),
  'HA-REJ-11 with a multicast care-of address': () => ({ sequence: 1, alternate: ip('ff0e::1') }),
  'HA-REJ-11 with a link-local care-of address': () => ({ sequence: 1, alternate: ip('fe80::77') }),
  'HA-REJ-11 with the loopback address': () => ({ sequence: 1, alternate: ip('::1') }),
  'HA-REJ-11 with the unspecified address': () => ({ sequence: 1, alternate: ip('::') }),
  'HA-REJ-15 from a multicast source': ({ careOf }) => ({
    sequence: 1,
    source: ip('ff02::5'),
    alternate: careOf,
  }),
  'HA-REJ-15 from nobody': ({ careOf }) => ({ sequence: 1, source: ip('::'), alternate: careOf }),
  'HA-REJ-16 with a multicast Home Address option': () => ({
    sequence: 1,
    option: ip('ff0e::100'),
    home: ip('ff0e::100'),
  }),
  'HA-REJ-17 with a link-local Home Address option': () => ({
    sequence: 1,
    option: ip('fe80::100'),
    home: ip('fe80::100'),
  }),
  'HA-REJ-17 with a link-local Home Address option and L': () => ({
    sequence: 1,
    option: ip('fe80::100'),
    home: ip('fe80::100'),
    flags: WITH_LINK_LOCAL,
  }),
} satisfies Record<string, (mobile: WiredMobile) => UpdateFields>;

type Name = keyof typeof FIRST;
type Fault = keyof typeof SPOILED;

interface Outcome {
  readonly mobile: WiredMobile;
  readonly answers: readonly Acknowledgement[];
  readonly sentAt: number;
}

/** Mobile nodes that are registered before the cases begin. */
const REGISTERED = 70;
const [DENIED, UMIP, LAX] = [1, 2, 3];
const SPECIAL = 3;
const COUNT = SPECIAL + REGISTERED + Object.keys(FIRST).length + Object.keys(SPOILED).length + 12;

describe.skipIf(!canRun)(
  'the home agent as a process (needs root, network namespaces and the package koffi)',
  () => {
    let ha: WiredHomeAgent;
    const bindings: WiredMobile[] = [];
    const first = new Map<Name, Outcome>();
    const spoiled = new Map<Fault, WiredMobile>();
    /** All that was sent while the first updates were worked on. */
    let seen: Seen[] = [];
    let denied: Acknowledgement[] = [];

    beforeAll(async () => {
      ha = new WiredHomeAgent(COUNT, {
        [DENIED]: { entry: { allowed: true } },
        [UMIP]: { entry: { deregistration: 'umip' } },
        [LAX]: { entry: { deregistration: 'rfc' } },
      });
      await ha.start();
      const special = [DENIED, UMIP, LAX].map(() => ha.fresh());
      bindings.push(...Array.from({ length: REGISTERED }, () => ha.fresh()));
      ha.register([...special, ...bindings], { sequence: 10 });
      runFirst();
    }, 60_000);
    afterAll(() => ha.remove());

    function runFirst(): void {
      const begun = Object.entries(FIRST).map(([name, make]) => {
        const mobile = ha.fresh();
        const sentAt = performance.now();
        ha.post(mobile.update(make(mobile)), 'upstream');
        return { name: name as Name, mobile, sentAt };
      });
      for (const [name, make] of Object.entries(SPOILED)) {
        const mobile = ha.fresh();
        spoiled.set(name as Fault, mobile);
        const fields: UpdateFields = (make as (mobile: WiredMobile) => UpdateFields)(mobile);
        ha.post(mobile.update(fields), 'upstream');
      }
      seen = ha.run(300);
      const of = (name: Name): WiredMobile => {
        const found = begun.find((each) => each.name === name)?.mobile;
        if (found === undefined) throw new Error(name);
        return found;
      };
      claim(of('owned').home);
      claim(linkLocalOf(of('linkLocalOwned').home));
      const probed = of('probed').home;
      const solicitation = {
        kind: 'neighbor-solicitation',
        code: 0,
        targetAddress: probed,
        options: [],
      } as const;
      const group = solicitedNodeGroup(probed);
      ha.post(neighborDiscovery(solicitation, new Uint8Array(16), group), 'home');
      ha.post(of('again').update({ sequence: 2 }), 'upstream');
      seen.push(...ha.run(4500));
      for (const { name, mobile, sentAt } of begun) {
        first.set(name, { mobile, sentAt, answers: mobile.acknowledgements(seen) });
      }
    }

    /** Somebody else on the home link has the address. */
    function claim(target: Uint8Array): void {
      const message = {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: 0x2000_0000,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 9, 9) }],
      } as const;
      ha.post(neighborDiscovery(message, target, ip('ff02::1')), 'home');
    }

    const outcome = (name: Name): Outcome & { readonly answer: Acknowledgement } => {
      const found = first.get(name);
      if (found === undefined) throw new Error(name);
      return { ...found, answer: onlyOne(found.answers) };
    };
    const bound = (): WiredMobile => {
      const mobile = bindings.shift();
      if (mobile === undefined) throw new Error('more mobile nodes are needed');
      return mobile;
    };
    const expectBound = (mobile: WiredMobile, careOf: Uint8Array | undefined): void => {
      expect(ha.careOf(mobile)).toBe(careOf === undefined ? undefined : text(careOf));
    };

    test('x', () => {
      console.log(first.size, [...first].map(([n, o]) => `${n}: ${o.answers.map((a) => a.status).join()}`).join('\n'));
      console.log(ha.node.said.slice(-3000));
    });
  },
);
