/**
 * Associations that two charons of strongSwan have negotiated, as IPsec of a mobile node and its home agent: each has what
 * its own charon tells.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeAssociations } from '../../../cli/nodes/node-keys.ts';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { u16, u32 } from '../../../dissectors/core/bytes.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import type { NodeAssociationParameters } from '../../../nodes/ipsec/association-parameters.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../../../nodes/ipsec/policy.ts';
import type { BindingProtection, ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { hasProgram } from '../../e2e/command.ts';
import { canHaveSession, logged, packetsOf } from '../../engine/ike/strongswan-session.ts';
import {
  CARE_OF_ADDRESS,
  DECLARATION,
  ESP,
  HOME_AGENT,
  bindingAcknowledgement,
  bindingUpdate,
  homeTest,
  homeTestInit,
  layoutOf,
  octets,
  plain,
  receive,
  register,
  send,
  sendTunnelled,
} from './protected-pair.ts';
import type { ProtectedPair } from './protected-pair.ts';

const SCRIPT = path.join(import.meta.dirname, 'strongswan.sh');
/** Ethernet and IPv6 are in front of UDP. */
const UDP_OFFSET = 54;
const NAT_TRAVERSAL = 4500;

const hex = (key: Uint8Array | undefined): string => `0x${Buffer.from(key ?? []).toString('hex')}`;

/** A file as save-keys writes it, of what charon logs: both children, each to the home agent first. */
function tableOf(log: string, side: 'a' | 'b'): string {
  const spis = [...log.matchAll(/established with SPIs ([0-9a-f]{8})_i ([0-9a-f]{8})_o/g)];
  const keys = ['initiator', 'responder'].map((end) => ({
    encryption: logged(log, [`encryption ${end} key`]),
    integrity: logged(log, [`integrity ${end} key`]),
  }));
  const algorithms = ['HMAC-SHA-256-128 [RFC4868]', 'HMAC-SHA-1-96 [RFC2404]'];
  const rows = spis.flatMap(([, incoming, outgoing], child) => {
    const [toHomeAgent, toMobileNode] = side === 'a' ? [outgoing, incoming] : [incoming, outgoing];
    const ends = [formatAddress(CARE_OF_ADDRESS), formatAddress(HOME_AGENT)];
    return [toHomeAgent, toMobileNode].map((spi = '', way) => {
      const [source, destination] = way === 0 ? ends : ends.toReversed();
      const { encryption, integrity } = keys[way] ?? {};
      const secret = ['AES-CBC [RFC3602]', hex(encryption?.[child])];
      const fields = [source, destination, `0x${spi}`, ...secret, algorithms[child]];
      return ['IPv6', ...fields, hex(integrity?.[child])].map((field) => `"${field}"`).join(',');
    });
  });
  return `${rows.join('\n')}\n`;
}

/** The key file of a side: of save-keys, where charon has it. */
function keyFile(folder: string, side: 'a' | 'b'): string {
  const file = path.join(folder, side, 'esp_sa');
  if (!existsSync(file)) {
    const log = readFileSync(path.join(folder, side, 'log'), 'latin1');
    writeFileSync(file, tableOf(log, side));
  }
  chmodSync(file, 0o600);
  return file;
}

describe.skipIf(!canHaveSession || !hasProgram('python3'))(
  'associations that strongSwan has negotiated (needs root, network namespaces, charon, swanctl, tcpdump and python3)',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-negotiated-'));
    const warnings: string[] = [];
    beforeAll(() => {
      writeFileSync(path.join(folder, 'message'), bindingUpdate().payload);
      const isolated = ['--net', '--mount', '--propagation', 'private'];
      const done = spawnSync('unshare', [...isolated, 'bash', SCRIPT, folder], {
        encoding: 'utf8',
        timeout: 240_000,
      });
      if (done.status !== 0) throw new Error(`no session: ${done.stdout}${done.stderr}`);
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    /** A side with its associations, all that its policies ask for. */
    async function sideOf(
      declaration: ProtectionDeclaration,
      side: 'a' | 'b',
    ): Promise<{ ipsec: NodeIpsec; found: readonly NodeAssociationParameters[] }> {
      const policies =
        side === 'a' ? policiesOfMobileNode(declaration) : policiesOfHomeAgent(declaration);
      const found = await nodeAssociations(
        [keyFile(folder, side)],
        [{ policies, keying: 'negotiated' }],
        (text) => warnings.push(text),
      );
      const ipsec = new NodeIpsec({ random: new SeededRandom(side === 'a' ? 3 : 4) });
      ipsec.addPolicies(policies);
      for (const each of found) ipsec.add(each);
      expect(ipsec.missing()).toEqual([]);
      return { ipsec, found };
    }

    async function pairOf(bindingUpdates: BindingProtection) {
      const form = { bindingUpdates, prefixDiscovery: 'none', homeTests: 'esp' } as const;
      const declaration: ProtectionDeclaration = { ...DECLARATION, ...form, payload: 'none' };
      const [mobileNode, homeAgent] = [
        await sideOf(declaration, 'a'),
        await sideOf(declaration, 'b'),
      ];
      const pair: ProtectedPair = { mobileNode: mobileNode.ipsec, homeAgent: homeAgent.ipsec };
      register(pair);
      return { pair, found: [mobileNode.found, homeAgent.found] };
    }

    /** What one side seals opens at the other once, and no second time. */
    function expectOnce(from: NodeIpsec, to: NodeIpsec, packet: ReturnType<typeof bindingUpdate>) {
      const bytes = octets(send(from, packet));
      const again = bytes.slice();
      const received = receive(to, bytes);
      expect(received.kind).toBe('taken');
      if (received.kind === 'taken') {
        const { inner } = received;
        const { payload } = packet;
        const upper = inner === undefined ? received.packet.payload : inner.subarray(40);
        expect([...upper]).toEqual([...payload]);
      }
      expect(receive(to, again)).toEqual({ kind: 'dropped', reason: 'protection refused: replay' });
    }

    it('are read by both sides as the same ones, with the transforms that were agreed on', async () => {
      const { found } = await pairOf('esp-tunnel');
      expect(warnings).toEqual([]);
      const [ours, theirs] = found.map((side) =>
        side.map(({ purposes, spi, keys, keying }) => ({
          purpose: purposes.join(),
          spi,
          keying,
          transforms: `${keys.encryption.name}, ${keys.integrity.name}`,
        })),
      );
      expect(ours).toEqual(theirs);
      const binding = 'AES-CBC [RFC3602], HMAC-SHA-256-128 [RFC4868]';
      const homeTests = 'AES-CBC [RFC3602], HMAC-SHA-1-96 [RFC2404]';
      expect(ours?.map(({ purpose, keying, transforms }) => [purpose, keying, transforms])).toEqual(
        [
          ['binding', 'negotiated', binding],
          ['home-tests', 'negotiated', homeTests],
          ['binding', 'negotiated', binding],
          ['home-tests', 'negotiated', homeTests],
        ],
      );
    });

    it.each([
      [
        'transport mode',
        'esp-transport',
        '2001:db8:2::10>2001:db8:1::1 / HAO 2001:db8:1::10 / ESP',
      ],
      ['tunnel mode', 'esp-tunnel', '2001:db8:2::10>2001:db8:1::1 / ESP'],
    ] as const)(
      'protect Binding Updates and Acknowledgements in %s, and nothing opens twice',
      async (_, bindingUpdates, layout) => {
        const {
          pair: { mobileNode, homeAgent },
        } = await pairOf(bindingUpdates);
        const update = { ...bindingUpdate(), careOfSource: CARE_OF_ADDRESS };
        expect(layoutOf(octets(send(mobileNode, update)))).toBe(layout);
        expectOnce(mobileNode, homeAgent, update);
        const answer = { ...bindingAcknowledgement(), careOfDestination: CARE_OF_ADDRESS };
        expectOnce(homeAgent, mobileNode, answer);
      },
    );

    it('protect the home test in the tunnel, both ways', async () => {
      const {
        pair: { mobileNode, homeAgent },
      } = await pairOf('esp-tunnel');
      const up = receive(homeAgent, octets(sendTunnelled(mobileNode, homeTestInit())));
      expect(up).toMatchObject({ kind: 'taken', inner: plain(homeTestInit()) });
      const down = receive(mobileNode, octets(sendTunnelled(homeAgent, homeTest())));
      expect(down).toMatchObject({ kind: 'taken', inner: plain(homeTest()) });
    });

    it('open a Binding Update that the ESP of charon has sealed', async () => {
      const {
        pair: { homeAgent },
      } = await pairOf('esp-tunnel');
      const sealed = packetsOf(path.join(folder, 'session.pcap'))
        .map(({ bytes }) => bytes.subarray(UDP_OFFSET))
        // Zero stands in front of IKE. RFC 3948 section 2.2.
        .filter((udp) => u16(udp, 2) === NAT_TRAVERSAL && u32(udp, 8) !== 0)
        .map((udp) => udp.slice(8));
      expect(sealed).toHaveLength(1);
      const packet = ipv6Packet({
        source: CARE_OF_ADDRESS,
        destination: HOME_AGENT,
        protocol: ESP,
        payload: sealed[0] ?? new Uint8Array(),
      });
      const received = receive(homeAgent, packet);
      expect(received.kind).toBe('taken');
      const inner = received.kind === 'taken' ? received.inner : undefined;
      expect(inner?.subarray(8, 40)).toEqual(plain(bindingUpdate()).subarray(8, 40));
      expect(inner?.subarray(40)).toEqual(bindingUpdate().payload);
    });
  },
);
