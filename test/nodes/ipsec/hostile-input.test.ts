import fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { inboundPacket } from '../../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent } from '../../../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../../../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import {
  findEncryption,
  findIntegrity,
  NULL_INTEGRITY,
} from '../../../engine/crypto/transforms.ts';
import {
  AH,
  associationsFor,
  bindingUpdate,
  CARE_OF_ADDRESS,
  CBC_SHA1,
  CORRESPONDENT,
  datagram,
  DECLARATION,
  ESP,
  GCM,
  HOME_ADDRESS,
  HOME_AGENT,
  homeTestInit,
  ip,
  ipsecOf,
  keysOf,
  NULL_SHA1,
  octets,
  OTHER_HOME_ADDRESS,
  pairOf,
  plain,
  receive,
  register,
  send,
  sendTunnelled,
  spiOf,
} from './protected-pair.ts';

const DECLARED = { ...DECLARATION, payload: 'esp' } as const;
const ADDRESSES = [
  HOME_ADDRESS,
  HOME_AGENT,
  CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  CORRESPONDENT,
  ip('ff02::1'),
  ip('fe80::1'),
  ip('::'),
];
const anAddress = fc.constantFrom(...ADDRESSES);
const aSpi = fc.constantFrom(...[0, 1, 16, 17, 32, 33, 48, 49].map((each) => 0x1000 + each), 1, 0);

/** Octets that begin as an ESP or AH header of an association does. */
const aProtectedPart = fc
  .tuple(aSpi, fc.uint8Array({ maxLength: 300 }), fc.boolean())
  .map(([spi, rest, isAh]) => {
    const start = isAh ? [135, 4, 0, 0] : [];
    return Uint8Array.of(...start, spi >>> 24, spi >>> 16, spi >>> 8, spi, ...rest);
  });

describe('packets of an attacker', () => {
  it.each([
    ['esp-transport', CBC_SHA1],
    ['esp-transport', GCM],
    ['esp-tunnel', CBC_SHA1],
    ['ah-transport', CBC_SHA1],
  ] as const)('never throw and never get through: %s with %s', (bindingUpdates, transforms) => {
    const declaration = { ...DECLARED, bindingUpdates };
    const homeAgent = ipsecOf(declaration, 'home-agent', { transforms });
    homeAgent.moveTunnel(HOME_ADDRESS, {
      local: HOME_AGENT,
      remote: CARE_OF_ADDRESS,
      homeAddress: HOME_ADDRESS,
    });
    fc.assert(
      fc.property(
        anAddress,
        anAddress,
        aProtectedPart,
        fc.integer({ min: -2, max: 400 }),
        fc.constantFrom(ESP, AH),
        (source, destination, part, at, protocol) => {
          const bytes = new Uint8Array(40 + part.length);
          bytes[0] = 0x60;
          bytes[5] = part.length;
          bytes[6] = protocol;
          bytes.set(part, 40);
          const packet = { ...inboundPacket(bytes, undefined, undefined, []), source, destination };
          for (const offset of [40, at]) {
            expect(homeAgent.open(packet, protocol, offset).kind).toBe('refused');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('made of true ones by any change of octets get through only as they were', () => {
    for (const transforms of [CBC_SHA1, GCM]) {
      const pair = pairOf({ payload: 'esp' }, { transforms });
      register(pair);
      const { mobileNode, homeAgent } = pair;
      const packets = [
        octets(send(mobileNode, { ...bindingUpdate(), careOfSource: CARE_OF_ADDRESS })),
        octets(sendTunnelled(mobileNode, homeTestInit())),
        octets(sendTunnelled(mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT, 200))),
      ];
      fc.assert(
        fc.property(
          fc.constantFrom(...packets),
          fc.array(fc.tuple(fc.nat(260), fc.integer({ min: 1, max: 255 })), {
            minLength: 1,
            maxLength: 4,
          }),
          fc.nat(40),
          (bytes, changes, cut) => {
            const changed = bytes.slice(0, bytes.length - (cut > 20 ? cut - 20 : 0));
            for (const [at, change] of changes) {
              if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ change;
            }
            const received = receive(homeAgent, changed);
            if (received.kind === 'dropped' || received.packet.protection === undefined) return;
            // ESP leaves open what is in front of it, and there only what nothing compares.
            const start = bytes[6] === ESP ? 40 : 64;
            expect([...changed.slice(start)]).toEqual([...bytes.slice(start)]);
          },
        ),
        { numRuns: 600 },
      );
    }
  });

  it('get no answer of a policy that throws, whatever they look like', () => {
    const homeAgent = ipsecOf(DECLARED, 'home-agent');
    const mobileNode = ipsecOf(DECLARED, 'mobile-node');
    const names = homeAgent.describe().map(({ name }) => name);
    fc.assert(
      fc.property(
        anAddress,
        anAddress,
        fc.nat(255),
        fc.option(fc.nat(255), { nil: undefined }),
        fc.boolean(),
        fc.option(fc.constantFrom(...names, 'nobody'), { nil: undefined }),
        fc.option(anAddress, { nil: undefined }),
        (source, destination, protocol, type, isTunnelled, association, tunnelHomeAddress) => {
          const selectors = { source, destination, protocol, type, isTunnelled, tunnelHomeAddress };
          const protection =
            association === undefined
              ? undefined
              : ({ association, mode: 'tunnel', isEncrypted: true } as const);
          for (const ipsec of [homeAgent, mobileNode]) {
            const isPermitted = ipsec.permits(selectors, protection);
            // An unknown association never helps, and a binding message in clear never passes.
            if (association === 'nobody') expect(isPermitted).toBe(false);
            expect(['bypass', 'discard', 'transport', 'tunnel']).toContain(
              ipsec.outbound(selectors).kind,
            );
          }
          const isClearUpdate =
            protocol === 135 && type === 5 && source === HOME_ADDRESS && destination === HOME_AGENT;
          if (isClearUpdate && association === undefined && tunnelHomeAddress === undefined) {
            expect(homeAgent.permits(selectors, undefined)).toBe(false);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('do not make the octets of one packet change with the next', () => {
    for (const transforms of [CBC_SHA1, GCM, NULL_SHA1]) {
      const pair = pairOf({ payload: 'esp', homeTests: 'none' }, { transforms });
      register(pair);
      const sent = [
        datagram(HOME_ADDRESS, CORRESPONDENT, 900),
        datagram(HOME_ADDRESS, CORRESPONDENT, 30),
      ];
      const wires = sent.map((packet) => octets(sendTunnelled(pair.mobileNode, packet)));
      const copies = wires.map((wire) => wire.slice());
      const opened = wires.map((wire) => receive(pair.homeAgent, wire));
      for (const wire of wires) wire.fill(0);
      for (const [i, each] of opened.entries()) {
        const packet = sent[i];
        if (each.kind !== 'taken' || packet === undefined) throw new Error('dropped');
        expect([...(each.inner ?? [])]).toEqual([...plain(packet)]);
        // A slice is a copy: no Buffer is handed out.
        expect(each.inner?.constructor).toBe(Uint8Array);
      }
      expect(copies.map((copy) => receive(pair.homeAgent, copy).kind)).toEqual(['taken', 'taken']);
    }
  });
});

describe('keys', () => {
  /** The octets c0 ff ee as hex, as JSON of an array and of an Uint8Array, and as an inspection. */
  const FORMS = ['c0ffee', '192,255,238', '"0":192,"1":255', '192, 255, 238'];
  const octetsOf = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => [0xc0, 0xff, 0xee][i % 3] ?? 0);

  function keys(): ProtectionKeys {
    const encryption = findEncryption('AES-CBC');
    const integrity = findIntegrity('HMAC-SHA1');
    if (encryption === undefined || integrity === undefined) throw new Error('no transforms');
    return new ProtectionKeys({
      encryption,
      encryptionKey: octetsOf(16),
      integrity,
      integrityKey: octetsOf(20),
    });
  }

  it('are in no JSON, no inspection, no description, no state, no log and no error', () => {
    const log: LogEntry[] = [];
    const ipsec = new NodeIpsec({ random: new SeededRandom(1), log: (entry) => log.push(entry) });
    ipsec.addPolicies(policiesOfHomeAgent(DECLARED));
    const errors: unknown[] = [];
    const parameters = associationsFor(DECLARED, 'home-agent').map((each) => ({
      ...each,
      keys: keys(),
    }));
    for (const each of parameters) {
      ipsec.add(each);
      for (const wrong of [each, { ...each, spi: 3, name: 'other' }]) {
        try {
          ipsec.add(wrong);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    expect(errors).toHaveLength(2 * parameters.length);
    ipsec.moveTunnel(HOME_ADDRESS, {
      local: HOME_AGENT,
      remote: CARE_OF_ADDRESS,
      homeAddress: HOME_ADDRESS,
    });
    const states = ipsec.snapshot().map((state) => ({ ...state, sequence: 2 ** 32 - 1025 }));
    ipsec.restore(states);
    const decision = ipsec.outbound({
      source: HOME_AGENT,
      destination: HOME_ADDRESS,
      protocol: 135,
      type: 6,
      isTunnelled: false,
    });
    expect(decision.kind).toBe('discard');
    const shown = [
      JSON.stringify([
        ipsec,
        parameters,
        ipsec.describe(),
        ipsec.snapshot(),
        ipsec.policiesOf(HOME_ADDRESS),
        log,
      ]),
      inspect([ipsec, parameters, ipsec.describe(), log, errors], { depth: 12, showHidden: true }),
      ...errors.map(String),
      JSON.stringify(keys()),
      inspect(keys(), { showHidden: true }),
    ].join('\n');
    for (const form of FORMS) expect(shown.toLowerCase()).not.toContain(form);
    // The test can fail: of the octets themselves each form would be found.
    const plainly = [
      Buffer.from(octetsOf(16)).toString('hex'),
      JSON.stringify([...octetsOf(16)]),
      JSON.stringify(octetsOf(16)),
      inspect(octetsOf(16)),
    ];
    for (const [i, form] of FORMS.entries()) expect(plainly[i]).toContain(form);
  });

  it('of a wrong length are refused by their length alone', () => {
    const encryption = findEncryption('AES-GCM-16');
    if (encryption === undefined) throw new Error('no transform');
    expect(() => {
      new ProtectionKeys({
        encryption,
        encryptionKey: octetsOf(19),
        integrity: NULL_INTEGRITY,
        integrityKey: new Uint8Array(0),
      });
    }).toThrow(/^key of AES-GCM with 16 octet ICV \[RFC4106\] has 19 octets; expected 20, 28, 36$/);
  });

  it('are copied: who made them may wipe them', () => {
    const encryption = findEncryption('AES-CBC');
    const integrity = findIntegrity('HMAC-SHA1');
    if (encryption === undefined || integrity === undefined) throw new Error('no transforms');
    const encryptionKey = octetsOf(16);
    const integrityKey = octetsOf(20);
    const made = new ProtectionKeys({ encryption, encryptionKey, integrity, integrityKey });
    encryptionKey.fill(0);
    integrityKey.fill(0);
    const fields = {
      spi: spiOf('binding'),
      sequence: 1,
      iv: new Uint8Array(16),
      nextHeader: 59,
      payload: new Uint8Array(0),
    };
    const hex = (each: ProtectionKeys): string =>
      Buffer.from(each.createEsp().seal(fields)).toString('hex');
    expect(hex(made)).toBe(hex(keys()));
    expect(hex(made)).not.toBe(hex(keysOf(CBC_SHA1, 1)));
  });
});
