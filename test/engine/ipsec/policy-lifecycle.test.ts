/**
 * RFC 3776 sections 4.2 and 4.3 over whole packets: what policies and manual associations do when a node comes home
 * and leaves again.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { EngineEvent, TunnelEvent } from '../../../engine/events.ts';
import type { DatabaseEntry } from '../../../engine/ipsec/policy-database.ts';
import { databaseEntries } from '../../../engine/keys/key-policies.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import { MobileNode } from '../../../fixtures/scenario/mobile-node.ts';
import { CORRESPONDENT, HOME_AGENT } from '../../../fixtures/scenario/network.ts';
import { ipv6, udp } from '../../../fixtures/scenario/packet.ts';
import { deregisterAtHome, register } from '../../../fixtures/scenario/registration.ts';
import { keyFile } from '../../../fixtures/scenario/security.ts';
import { reverseTunnel } from '../../../fixtures/scenario/traffic.ts';
import { World } from '../../../fixtures/scenario/world.ts';
import { openCaptures } from '../../../io/capture/file.ts';

const LIFETIME = 40_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-policies-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What was seen of a capture. */
interface Seen {
  /** Seconds since the start, rounded, at which payload in clear broke the policy, or a tunnel ended elsewhere. */
  readonly tunnels: readonly TunnelEvent[];
  readonly associations: readonly SecurityAssociation[];
}

async function run(
  world: World,
  node: MobileNode,
  policies: readonly DatabaseEntry[],
): Promise<Seen> {
  const file = path.join(folder, 'capture.pcapng');
  writeFileSync(file, world.pcapng());
  const keys = readKeyText(keyFile(Object.values(node.associations)), 'keys');
  const associations = keys.entries.map(({ association }) => association);
  const tunnels: TunnelEvent[] = [];
  const { source } = await openCaptures([file], { recursive: false });
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: [],
    associations,
    policies,
    inputs: source.inputs,
    interfaces: source.interfaces,
    observer: {
      onEvent(event: EngineEvent) {
        if (event.kind === 'tunnel') tunnels.push(event);
      },
    },
  });
  await source.run((record) => {
    engine.feed(record);
  });
  engine.finish();
  return { tunnels, associations };
}

/** `IPsec for all that goes through the tunnel`, as setkey says it. */
function payloadPolicies(node: MobileNode): readonly DatabaseEntry[] {
  const home = formatAddress(node.homeAddress);
  const agent = formatAddress(HOME_AGENT.address);
  const careOf = formatAddress(node.careOfAddressOn('foreign-1'));
  return databaseEntries(
    readKeyText(
      `spdadd ${home} ::/0 any -P out ipsec esp/tunnel/${careOf}-${agent}/require;
spdadd ::/0 ${home} any -P in ipsec esp/tunnel/${agent}-${careOf}/require;
`,
      'setkey.conf',
    ),
  );
}

function payload(world: World, node: MobileNode, how: 'ip-tunnel' | 'esp-tunnel'): void {
  const ends = { source: node.homeAddress, destination: CORRESPONDENT.address };
  reverseTunnel(
    world,
    node,
    ipv6(ends, udp(ends, { from: 4000, to: 4001 }, new Uint8Array(8))),
    how,
  );
  world.wait(10);
}

/** Times at which each of the steps began, seconds since the start. */
function journey(world: World, node: MobileNode, how: 'ip-tunnel' | 'esp-tunnel'): number[] {
  const times: number[] = [];
  const step = (action: () => void): void => {
    world.wait(20);
    times.push(world.now);
    action();
  };
  step(() => {
    node.link = 'foreign-1';
    register(world, node, { lifetime: LIFETIME, isFirst: true });
    payload(world, node, how);
  });
  step(() => {
    node.link = 'home';
    deregisterAtHome(world, node);
    // What comes out of the tunnel late, or of somebody who did not hear of it.
    node.link = 'foreign-1';
    payload(world, node, how);
  });
  step(() => {
    register(world, node, { lifetime: LIFETIME, isFirst: true });
    payload(world, node, how);
  });
  return times;
}

/** Number of the step at each time. */
function stepsOf(tunnels: readonly TunnelEvent[], times: readonly number[]): number[] {
  const start = 1_772_438_400;
  const found = tunnels.map(({ context }) => {
    const at = context.packet.time / 1e6 - start;
    return times.filter((time) => time <= at).length;
  });
  return [...new Set(found)];
}

describe('policies of a tunnel', () => {
  it('from a key file are held against the payload in it', async () => {
    const world = new World('payload policies');
    const node = new MobileNode();
    const times = journey(world, node, 'ip-tunnel');
    const { tunnels } = await run(world, node, payloadPolicies(node));
    expect(stepsOf(tunnels, times)).toContain(1);
    expect(tunnels[0]).toMatchObject({ direction: 'from', relation: 'registered', protocol: 17 });
  });

  it('are inactive after an accepted, protected de-registration, and active after a registration', async () => {
    const world = new World('payload policies');
    const node = new MobileNode();
    const times = journey(world, node, 'ip-tunnel');
    const { tunnels } = await run(world, node, payloadPolicies(node));
    expect(stepsOf(tunnels, times)).toEqual([1, 3]);
  });

  it('ask for nothing when no file has any and the site leaves payload alone', async () => {
    const world = new World('no policies');
    const node = new MobileNode();
    journey(world, node, 'ip-tunnel');
    expect((await run(world, node, [])).tunnels).toEqual([]);
  });

  it('stay active when somebody de-registers in clear', async () => {
    const world = new World('forged return');
    const node = new MobileNode();
    node.link = 'foreign-1';
    register(world, node, { lifetime: LIFETIME, isFirst: true });
    world.wait(20);
    // Unprotected, and even answered: a home agent without IPsec would take it.
    register(world, node, { lifetime: 0, isProtected: false });
    world.wait(20);
    payload(world, node, 'ip-tunnel');
    const { tunnels } = await run(world, node, payloadPolicies(node));
    expect(tunnels).toHaveLength(1);
    expect(tunnels[0]?.relation).toBe('registered');
  });
});

describe('manual associations', () => {
  it('open ESP before the node came home, and after it left again', async () => {
    const world = new World('manual associations');
    const node = new MobileNode();
    const times = journey(world, node, 'esp-tunnel');
    expect(times).toHaveLength(3);
    const { associations } = await run(world, node, payloadPolicies(node));
    const opened = associations.map(({ statistics }) => [
      statistics.packets > 0,
      statistics.verified === statistics.packets,
    ]);
    // Binding Update, Acknowledgement and payload of all three steps, none of which failed.
    const [update, acknowledgement] = associations;
    expect(update?.statistics.highestSequence).toBe(3);
    expect(acknowledgement?.statistics.highestSequence).toBe(3);
    expect(opened.every(([, isGood]) => isGood)).toBe(true);
    const out = associations.find(({ spi }) => spi === node.associations.payloadOut.selectors.spi);
    expect(out?.statistics.highestSequence).toBe(3);
  });
});
