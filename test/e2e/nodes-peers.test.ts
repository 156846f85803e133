/**
 * Mobile nodes of others: Scapy's messages and Scapy's own IPsec, against the processes.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress, formatMac } from '../../dissectors/core/address.ts';
import { scapyPython } from '../attackers/lab.ts';
import { CORRESPONDENT } from '../nodes/correspondent-node/bench.ts';
import { AGENT } from '../nodes/home-agent/bench.ts';
import { WiredCorrespondent } from './wired-correspondent.ts';
import { WiredHomeAgent, rowsFor } from './wired-home-agent.ts';
import { canRun } from './wired-node.ts';
import type { WiredNode } from './wired-node.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-mobile.py');
const text = formatAddress;
const HOME_AGENT_PROTECTION = {
  bindingUpdates: 'esp-transport',
  prefixDiscovery: 'none',
  homeTests: 'none',
  payload: 'none',
} as const;

/** Runs Scapy's mobile node on our end of a link. @returns what it tells */
async function scapy(node: WiredNode, link: string, asked: object): Promise<unknown> {
  const command = ['netns', 'exec', node.namespace, scapyPython ?? 'python3', SCRIPT];
  const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  child.stdin.end(
    JSON.stringify({
      ...asked,
      interface: `${link}p`,
      own: formatMac(node.link(link).linkLayerAddress),
      node: formatMac(node.linkLayerAddress(link)),
    }),
  );
  const isOver = new Promise<boolean>((resolve) => {
    child.on('close', () => {
      resolve(true);
    });
  });
  const isNotYet = (): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(resolve, 5, false);
    });
  // The router at this end answers for its link-layer address meanwhile.
  while (!(await Promise.race([isOver, isNotYet()]))) node.collect();
  if (child.exitCode !== 0) throw new Error(`${errors.slice(-2000)}\n${node.said.slice(-1000)}`);
  return JSON.parse(output);
}

describe.skipIf(!canRun || scapyPython === undefined)(
  'mobile nodes of Scapy at the processes (needs root, network namespaces, the package koffi and Scapy)',
  () => {
    let cn: WiredCorrespondent;
    let ha: WiredHomeAgent;
    beforeAll(async () => {
      cn = new WiredCorrespondent();
      ha = new WiredHomeAgent(1);
      await Promise.all([cn.start(), ha.start()]);
    });
    afterAll(() => Promise.all([cn.remove(), ha.remove()]));

    test('one does return routability and registers with the correspondent', async () => {
      const { homeAddress, careOfAddress } = cn.mobile();
      const told = await scapy(cn.node, 'n0', {
        role: 'correspondent',
        home: text(homeAddress),
        careOf: text(careOfAddress),
        peer: text(CORRESPONDENT),
        sequence: 4711,
      });
      expect(told).toEqual({
        status: 0,
        sequence: 4711,
        lifetime: 420,
        isSigned: true,
        routing: [text(homeAddress)],
        destination: text(careOfAddress),
        echo: { routing: [text(homeAddress)], destination: text(careOfAddress) },
      });
      expect(cn.careOf(homeAddress)).toBe(text(careOfAddress));
      expect(cn.node.said).toContain('alarm binding-update-forged');
    });

    test('one registers with the home agent in ESP of its own, gets its packets, and de-registers', async () => {
      const mobile = ha.fresh();
      const addresses = { homeAddress: mobile.home, homeAgent: AGENT };
      const [first, second] = rowsFor({ ...addresses, ...HOME_AGENT_PROTECTION }, 1);
      const told = await scapy(ha.node, 'upstream', {
        role: 'home-agent',
        home: mobile.name,
        careOf: text(mobile.careOf),
        peer: text(AGENT),
        stranger: '2001:db8:c::9',
        sequence: 4711,
        out: withoutPrefix(first),
        back: withoutPrefix(second),
      });
      const answer = { status: 0, destination: text(mobile.careOf), routing: [mobile.name] };
      expect(told).toEqual({
        first: { ...answer, sequence: 4711, lifetime: 240 },
        tunnel: {
          source: text(AGENT),
          destination: text(mobile.careOf),
          inner: mobile.name,
        },
        last: { ...answer, sequence: 4712, lifetime: 0 },
      });
      expect(ha.careOf(mobile)).toBeUndefined();
    });
  },
);

/** Keys without the `0x` of a key file. */
function withoutPrefix(row: ReturnType<typeof rowsFor>[number] | undefined): object {
  if (row === undefined) throw new Error('no association');
  return {
    spi: row.spi,
    encryptionKey: row.encryptionKey.slice(2),
    integrityKey: row.integrityKey.slice(2),
  };
}
