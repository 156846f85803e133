/**
 * A home agent and a correspondent of others: Scapy's messages, tokens and IPsec, with the mobile node as a process.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatAddress, formatMac } from '../../dissectors/core/address.ts';
import type { ProtectionDeclaration } from '../../nodes/ipsec/policy.ts';
import { scapyPython } from '../attackers/lab.ts';
import { spiOf } from '../nodes/ipsec/protected-pair.ts';
import { AGENT, CARE_OF_ONE, CORRESPONDENT, HOME, NODE_LINK } from '../nodes/mobile-node/bench.ts';
import { PATIENCE } from '../patience.ts';
import { hasProgram } from './command.ts';
import { rowsFor } from './wired-home-agent.ts';
import { WiredNode, canRun } from './wired-node.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-network.py');
const LINK = 'w0';
const NUMBER = 1;
const PURPOSES = ['binding', 'home-tests', 'payload'] as const;
const text = formatAddress;

const registration = z.object({ careOf: z.string(), flags: z.string(), isOver: z.boolean() });
const echo = z.object({
  sequence: z.int(),
  source: z.string(),
  home: z.string().nullable(),
  protection: z.string().nullable(),
});
const report = z.object({
  home: z.array(registration.extend({ alternate: z.string().nullable() })),
  tests: z.array(
    z.object({ kind: z.string(), source: z.string(), protection: z.string().nullable() }),
  ),
  updates: z.array(registration.extend({ isSigned: z.boolean() })),
  tunnelled: z.array(echo),
  direct: z.array(echo),
});

type Protection = Pick<ProtectionDeclaration, 'bindingUpdates' | 'homeTests' | 'payload'>;

/** The mobile node, what a program beside it has got, and what Scapy saw. */
class Scene {
  readonly node: WiredNode;
  readonly #associations: Record<string, object>;
  readonly #isTunnelMode: boolean;
  #network: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #output = '';
  #errors = '';

  constructor(protection: Protection) {
    this.#isTunnelMode = protection.bindingUpdates === 'esp-tunnel';
    const ipsec = { ...protection, prefixDiscovery: 'none' } as const;
    const rows = rowsFor({ homeAddress: HOME, homeAgent: AGENT, ...ipsec }, NUMBER);
    const wanted = PURPOSES.filter(
      (each) => each === 'binding' || ipsec[purposeKey(each)] === 'esp',
    );
    const spis = wanted.map((purpose) => [purpose, spiOf(purpose, NUMBER)] as const);
    const keysOf = (spi: number): object => {
      const row = rows.find((each) => each.spi === spi);
      if (row === undefined) throw new Error(`no association ${spi}`);
      const { encryptionKey, integrityKey } = row;
      return { spi, encryptionKey: encryptionKey.slice(2), integrityKey: integrityKey.slice(2) };
    };
    this.#associations = Object.fromEntries(
      spis.map(([purpose, spi]) => [purpose, { out: keysOf(spi), back: keysOf(spi + 1) }]),
    );
    this.node = new WiredNode({
      role: 'mobile-node',
      links: [LINK],
      files: {
        'keys.yaml': `associations:\n${rows.map((row) => `  - ${JSON.stringify(row)}\n`).join('')}`,
      },
      configuration: {
        links: [{ interface: LINK }],
        tun: { name: 'mip0', routes: ['default'] },
        keys: ['keys.yaml'],
        ipsec,
        mobileNode: {
          homeAddresses: [
            {
              address: `${text(HOME)}/64`,
              homeAgents: [text(AGENT)],
              spis: Object.fromEntries(
                spis.map(([purpose, spi]) => [
                  purpose,
                  { toHomeAgent: spi, toMobileNode: spi + 1 },
                ]),
              ),
            },
          ],
        },
      },
    });
    // The care-of address follows from it.
    this.node.inside('ip', 'link', 'set', LINK, 'address', formatMac(NODE_LINK));
  }

  /** Starts Scapy, and the process. */
  async start(): Promise<void> {
    const command = ['netns', 'exec', this.node.namespace, scapyPython ?? 'python3', SCRIPT];
    const network = spawn('ip', command, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#network = network;
    network.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#output += chunk;
    });
    network.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors += chunk;
    });
    const asked = {
      interface: `${LINK}p`,
      own: formatMac(this.node.link(LINK).linkLayerAddress),
      node: formatMac(NODE_LINK),
      router: 'fe80::1:1',
      prefix: '2001:db8:1::',
      home: text(HOME),
      agent: text(AGENT),
      peer: text(CORRESPONDENT),
      associations: this.#associations,
      isTunnelMode: this.#isTunnelMode,
    };
    network.stdin.write(`${JSON.stringify(asked)}\n`);
    await this.#until('Scapy', () => this.#output.includes('ready'));
    await this.node.start();
  }

  /** A program that asks the correspondent until it has so many answers. @returns hop limits by sequence number */
  async ping(answers: number): Promise<Map<number, number>> {
    const command = ['ping', '-6', '-n', '-i', '0.2', '-c', String(answers), '-w', '60'];
    const child = spawn(
      'ip',
      ['netns', 'exec', this.node.namespace, ...command, text(CORRESPONDENT)],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    let isOver = false;
    child.on('close', () => {
      isOver = true;
    });
    await this.#until('ping', () => isOver);
    const lines = output.matchAll(/icmp_seq=([0-9]+) ttl=([0-9]+)/g);
    return new Map([...lines].map(([, sequence, hops]) => [Number(sequence), Number(hops)]));
  }

  /** Ends the process in good order, then Scapy. @returns what Scapy saw */
  async end(): Promise<z.infer<typeof report>> {
    await this.node.stop();
    const network = this.#network;
    network?.stdin.end();
    await this.#until('the end of Scapy', () => network?.exitCode !== null);
    if (network?.exitCode !== 0) throw new Error(`${this.#errors}\n${this.node.said}`);
    return report.parse(JSON.parse(this.#output.replace('ready\n', '')));
  }

  async remove(): Promise<void> {
    this.#network?.kill();
    await this.node.remove();
  }

  async #until(what: string, isThere: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!isThere()) {
      const isGone = this.#network?.exitCode !== null && what !== 'the end of Scapy';
      if (isGone || performance.now() > end) {
        throw new Error(`${what}\n${this.#errors}\n${this.node.said}`);
      }
      this.node.collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const purposeKey = (purpose: 'home-tests' | 'payload') =>
  purpose === 'payload' ? 'payload' : 'homeTests';

describe.skipIf(!canRun || scapyPython === undefined || !hasProgram('ping'))(
  'the home agent and the correspondent of Scapy for the mobile node (needs root, network namespaces, ping, the package koffi and Scapy)',
  () => {
    const open = { homeTests: 'none', payload: 'none' } as const;
    const protections: readonly Protection[] = [
      { bindingUpdates: 'esp-transport', ...open },
      { bindingUpdates: 'esp-tunnel', ...open },
      { bindingUpdates: 'esp-transport', homeTests: 'esp', payload: 'esp' },
    ];
    const scenes: Scene[] = [];
    beforeAll(async () => {
      for (const protection of protections) scenes.push(new Scene(protection));
      await Promise.all(scenes.map((scene) => scene.start()));
    });
    afterAll(() => Promise.all(scenes.map((scene) => scene.remove())));

    test.each([
      ['in transport mode, its programs go in plain tunnels', 0, null, null],
      ['in tunnel mode, its programs go in plain tunnels', 1, null, null],
      ['in transport mode, its programs go in ESP tunnels', 2, 'home-tests', 'payload'],
    ] as const)(
      'it registers %s and then the direct way, and it de-registers',
      async (_, number, tests, payload) => {
        const scene = scenes[number];
        if (scene === undefined) throw new Error('no network');
        const hops = await scene.ping(8);
        const seen = await scene.end();
        const careOf = text(CARE_OF_ONE);

        const registered = { careOf, alternate: careOf, flags: 'LHA', isOver: false };
        expect(seen.home).toEqual([registered, { ...registered, isOver: true }]);
        expect(seen.tests).toContainEqual({ kind: 'home', source: text(HOME), protection: tests });
        expect(seen.tests).toContainEqual({ kind: 'care-of', source: careOf, protection: null });

        const told = { careOf, flags: 'A', isOver: false, isSigned: true };
        expect(seen.updates).toEqual([told, { ...told, isOver: true }]);
        expect(scene.node.said).toContain('correspondent-registered');

        expect(seen.tunnelled[0]).toMatchObject({
          source: text(HOME),
          home: null,
          protection: payload,
        });
        expect(seen.direct.length).toBeGreaterThan(0);
        for (const each of seen.direct) {
          expect(each).toMatchObject({ source: careOf, home: text(HOME) });
          // Its answer had the routing header, and the program got it.
          expect(hops.get(each.sequence)).toBe(50);
        }
        expect([...hops.values()]).toContain(40);
      },
    );
  },
);
