/**
 * A mobile node that comes home on signed advertisements only: everybody is a node of this project.
 */
import { describe, expect, test } from 'vitest';
import { ethernetFrame } from '../../../dissectors/ipv6/build.ts';
import { PathResponder } from '../../../nodes/send/path-responder.ts';
import { SendVerifier } from '../../../nodes/send/send-verifier.ts';
import { SendSigner } from '../../../nodes/send/signer.ts';
import { WholeNetwork } from '../mobile-node/whole-network.ts';
import type { LinkName } from '../mobile-node/bench.ts';
import type { AdvertisementFields } from './bench.ts';
import { advertisementPacket } from './bench.ts';
import { TestAuthorities, testKey } from './certificates.ts';
import type { TestKey } from './certificates.ts';

const authorities = new TestAuthorities();
const strangers = new TestAuthorities();
const ALL_NODES_LINK = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const EVIL = Uint8Array.of(2, 0, 0, 0, 0xba, 0xd);

/** The home agent signs unless it does not; the mobile node trusts the anchor of the authorities. */
function network(isSigned = true, path = authorities.path): WholeNetwork {
  const made = new WholeNetwork({
    verifier: (host) => new SendVerifier({ host, trustAnchors: [authorities.anchor] }),
    ...(isSigned
      ? {
          signer: (scheduler) => new SendSigner({ key: authorities.routerKey.signing, scheduler }),
        }
      : {}),
  });
  made.node.context.events.on('returningHome', () => {
    departures.set(made, deregistrations(made) + 1);
  });
  const { agentHost: host } = made;
  const responder = new PathResponder({
    host,
    links: host.interfaces.slice(0, 1),
    certificates: path,
  });
  host.tell('debug', 'responds', { isThere: responder instanceof PathResponder });
  made.scheduler.advance(8000);
  expect(made.state).toBe('registered');
  made.take();
  return made;
}

/** Somebody on a link advertises the home prefix. */
function attack(
  made: WholeNetwork,
  link: LinkName,
  key: TestKey,
  fields: AdvertisementFields = {},
): void {
  const packet = advertisementPacket(fields, key, made.scheduler.wallClock);
  replay(made, link, packet);
}

function replay(made: WholeNetwork, link: LinkName, packet: Uint8Array): void {
  made.links[link]
    .attach('attacker', EVIL)
    .send(ethernetFrame({ destination: ALL_NODES_LINK, source: EVIL, payload: packet }));
  made.scheduler.advance(20_000);
}

/** De-registrations of the node: on the wire they are encrypted. */
const departures = new WeakMap<WholeNetwork, number>();
const deregistrations = (made: WholeNetwork): number => departures.get(made) ?? 0;

const reasons = (made: WholeNetwork, event: string): string[] =>
  made.log
    .filter((entry) => entry.event === event && entry.level === 'alarm')
    .map(({ details }) => String(details['reason']));

describe('coming home with SEND demanded', () => {
  test('DRG-MN-06 the signed advertisements of the home agent bring the node home, without any alarm', () => {
    const made = network();
    made.move('home', 15_000);
    expect(made.state).toBe('home');
    expect(made.alarms()).toEqual([]);
    // It has asked for the path once, and for routers again when it was there.
    const asked = made.carried.filter(
      ({ icmpv6 }) => icmpv6?.kind === 'certification-path-solicitation',
    );
    expect(asked).toHaveLength(1);
    // Away and home again: the path is known.
    made.move('two', 10_000);
    expect(made.state).toBe('registered');
    made.take();
    made.move('home', 10_000);
    expect(made.state).toBe('home');
    expect(
      made.carried.filter(({ icmpv6 }) => icmpv6?.kind === 'certification-path-solicitation'),
    ).toEqual([]);
    made.close();
  });

  test('DRG-MN-06 a home agent that does not sign brings nobody home', () => {
    const made = network(false);
    made.move('home', 15_000);
    expect(made.state).not.toBe('home');
    expect(made.node.movement.isAtHome).toBe(false);
    expect(reasons(made, 'send-advertisement-refused')[0]).toBe('it is not signed');
    made.close();
  });

  test('DRG-MN-06 a home agent whose path leads to another anchor brings nobody home', () => {
    const made = network(true, strangers.path);
    made.move('home', 40_000);
    expect(made.node.movement.isAtHome).toBe(false);
    expect(reasons(made, 'send-path-not-found').length).toBeGreaterThan(0);
    made.close();
  });

  test('DRG-MN-06 unsigned and self-signed advertisements of an attacker on a visited link change nothing', () => {
    const made = network();
    const key = testKey();
    attack(made, 'one', key, { isSigned: false });
    expect(reasons(made, 'send-advertisement-refused')).toEqual(['it is not signed']);
    attack(made, 'one', key);
    expect(reasons(made, 'send-path-not-found')).toHaveLength(1);
    expect(made.state).toBe('registered');
    expect(deregistrations(made)).toBe(0);
    expect(made.node.movement.isAtHome).toBe(false);
    // The control: the same one by who may.
    made.move('home', 15_000);
    expect(deregistrations(made)).toBe(1);
    expect(made.state).toBe('home');
    made.close();
  });

  test('DRG-MN-06 what the home agent has signed is of no use on a visited link', () => {
    const made = network();
    made.move('home', 15_000);
    expect(made.state).toBe('home');
    const recorded = made.carried
      .filter(({ icmpv6, link }) => icmpv6?.kind === 'router-advertisement' && link === 'home')
      .at(-1)?.bytes;
    if (recorded === undefined) throw new Error('no advertisement');
    made.move('one', 10_000);
    expect(made.state).toBe('registered');
    made.take();
    expect(deregistrations(made)).toBe(1);
    replay(made, 'one', recorded);
    expect(made.state).toBe('registered');
    expect(deregistrations(made)).toBe(1);
    expect(reasons(made, 'send-advertisement-refused')).toEqual([
      'the timestamp is that of an old message',
    ]);
    made.close();
  });
});
