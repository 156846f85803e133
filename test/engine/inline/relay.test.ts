import { describe, expect, it } from 'vitest';
import { isSameAddress } from '../../../engine/home-link/addresses.ts';
import type { Site } from '../../../engine/site.ts';
import { attach, advertiseHome } from '../../../fixtures/scenario/neighbor-discovery.ts';
import {
  ACCESS_ROUTER_2,
  CORRESPONDENT,
  FOREIGN_2_PREFIX,
} from '../../../fixtures/scenario/network.ts';
import type { LinkName } from '../../../fixtures/scenario/network.ts';
import { deregisterAtHome, register } from '../../../fixtures/scenario/registration.ts';
import { dnsQuery, ping } from '../../../fixtures/scenario/traffic.ts';
import {
  provokedDeregistration,
  relayUpdate,
  rogueAdvertisement,
} from '../../../fixtures/scripts/attacks.ts';
import { AT_HOME, BOTH_SIDES, away } from '../../../fixtures/scripts/rules/away.ts';
import { judgeOctets } from './judged-captures.ts';
import type { JudgedCapture } from './judged-captures.ts';

const FOREIGN_2 = { prefixes: [{ prefix: FOREIGN_2_PREFIX }], interval: 10_000 };
const EVERYWHERE: readonly LinkName[] = ['foreign-1', 'foreign-2', 'ha-edge', 'home'];

/** When the attack is over, seconds since the start of the scenario. */
const AFTER = 45;

/** The relay of section 5.3, tried three times, and what the node does afterwards: everything that a node does. */
function scene() {
  const { world, node } = away('inline relay');
  rogueAdvertisement(world);
  for (const seconds of [0.02, 1, 2]) {
    world.wait(seconds);
    const update = provokedDeregistration(world, node);
    world.wait(0.02);
    relayUpdate(world, node, update.part);
  }
  world.at(AFTER);
  register(world, node);
  ping(world, node, CORRESPONDENT, 'esp-tunnel', 2);
  attach(world, node, 'foreign-2', ACCESS_ROUTER_2, FOREIGN_2);
  register(world, node);
  ping(world, node, CORRESPONDENT, 'esp-tunnel', 2);
  dnsQuery(world, node, CORRESPONDENT, 'esp-tunnel');
  world.wait(60);
  register(world, node);
  ping(world, node, CORRESPONDENT, 'esp-tunnel', 2);
  return { world, node };
}

function refusedBy({ objections }: JudgedCapture, ruleId: string): number {
  return objections.filter(({ reason, passed }) => !passed && reason.ruleId === ruleId).length;
}

/** Objections after the attack. */
function later({ objections, summary }: JudgedCapture) {
  const since = summary.firstTime + AFTER * 1e6 - 1e6;
  return objections.filter(({ reason }) => reason.packet.time > since);
}

const PLACES = [
  { name: 'at both ends, with keys', links: EVERYWHERE, hasKeys: true },
  { name: 'at both ends, without keys', links: EVERYWHERE, hasKeys: false },
  { name: 'in front of the home agent, with keys', links: AT_HOME, hasKeys: true },
] as const;

describe('a relayed de-registration', () => {
  it.each(PLACES)(
    'is refused, and the node goes on as if there had been none: $name',
    async (place) => {
      const { world, node } = scene();
      const judged = await judgeOctets(world.pcapng(place.links), place.hasKeys);
      expect(refusedBy(judged, 'MIP6-1106')).toBe(3);
      expect(later(judged)).toEqual([]);
      const binding = judged.summary.bindings.find(({ role }) => role === 'home');
      expect(binding?.phase).toBe('registered');
      expect(isSameAddress(binding?.careOfAddress, node.address)).toBe(true);
      expect(binding?.history.some(({ phase }) => phase === 'deregistered')).toBe(false);
      expect(judged.summary.internalErrors).toEqual([]);
    },
  );

  it.each(PLACES)('is told and let through in monitor mode: $name', async (place) => {
    const { world } = scene();
    const judged = await judgeOctets(world.pcapng(place.links), place.hasKeys, { mode: 'monitor' });
    const relayed = judged.objections.filter(({ reason }) => reason.ruleId === 'MIP6-1106');
    expect(relayed).toHaveLength(3);
    for (const { passed, reason } of judged.objections) {
      expect(passed).toBe(true);
      expect(reason.wouldDrop).toBe(true);
    }
  });

  it('is told once, and each of its packets is refused', async () => {
    const { world } = scene();
    const judged = await judgeOctets(world.pcapng(EVERYWHERE), true);
    const alerts = judged.summary.alerts.filter(({ rule }) => rule.id === 'MIP6-1106');
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.count).toBe(3);
  });

  it('is refused where the plain copy was seen by another process', async () => {
    const { world } = scene();
    const judged = await judgeOctets(world.pcapng(EVERYWHERE), false, {
      // The visited link has a gateway of its own, which hands over what it sees.
      before(record, judge) {
        if (record.interfaceIndex !== 0) return true;
        judge.observe(record);
        expect(judge.reason).toBeUndefined();
        return false;
      },
    });
    expect(refusedBy(judged, 'MIP6-1106')).toBe(3);
  });

  it('does not teach the judge a home network', async () => {
    const { world } = scene();
    const unknown = (site: Site): Site => ({ ...site, homeAgents: [], mobileNodes: [] });
    const start = 30;
    const judged = await judgeOctets(world.pcapng(EVERYWHERE), false, {
      site: unknown,
      before: (record, judge) => {
        const time = record.seconds % 100;
        // Of the attack only the two copies: nothing was registered before.
        if (time < start || time > AFTER - 5) return false;
        return judge.mode === 'enforce';
      },
    });
    expect(refusedBy(judged, 'MIP6-1106')).toBe(3);
    const { knowledge } = judged.judge.engine;
    expect(knowledge.homePrefixes).toEqual([]);
    const { node } = scene();
    expect(knowledge.isHomeAddress(node.homeAddress)).toBe(false);
  });
});

describe('a rogue Router Advertisement', () => {
  it('makes no router of its sender when it is refused', async () => {
    const { world } = away('inline rogue advertisement');
    rogueAdvertisement(world);
    const links = BOTH_SIDES;
    const enforced = await judgeOctets(world.pcapng(links), true);
    const monitored = await judgeOctets(world.pcapng(links), true, { mode: 'monitor' });
    expect(refusedBy(enforced, 'MIP6-1101')).toBeGreaterThan(0);
    const routers = ({ judge }: JudgedCapture): number => {
      const { knowledge } = judge.engine;
      const link = knowledge.links.find(({ name }) => name === 'foreign-1');
      return link === undefined ? 0 : [...knowledge.routers(link)].length;
    };
    expect(routers(monitored)).toBe(routers(enforced) + 1);
  });
});

describe('a node that comes home', () => {
  it.each([true, false])('de-registers, keys: %s', async (hasKeys) => {
    const { world, node } = away('inline return home');
    node.link = 'home';
    advertiseHome(world);
    deregisterAtHome(world, node);
    const judged = await judgeOctets(world.pcapng(EVERYWHERE), hasKeys);
    expect(judged.objections).toEqual([]);
    const binding = judged.summary.bindings.find(({ role }) => role === 'home');
    expect(binding?.phase).toBe('deregistered');
  });
});
