import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIkeSecrets } from '../../cli/ike-keys.ts';
import { formatAddress } from '../../dissectors/core/address.ts';
import {
  CONFIGURATION_ATTRIBUTE,
  IKEV1_EXCHANGE,
  IKEV1_VERSION,
  IKEV2_NOTIFY,
  ID_TYPE,
  encodeIke,
  internalIp6Address,
} from '../../dissectors/ike/index.ts';
import type { Ikev1Payload, Ikev2Payload } from '../../dissectors/ike/index.ts';
import { build } from '../../dissectors/index.ts';
import type { NotJudged } from '../../engine/alert.ts';
import type { IkeEvent } from '../../engine/events.ts';
import type { AnyIkeSecret, IkeSecret } from '../../engine/ike/secret.ts';
import { readIkev1Table } from '../../engine/keys/ike-tables.ts';
import type { Ikev1Key } from '../../engine/keys/key-file.ts';
import { KeyMaterial } from '../../engine/keys/key-material.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import mip61820 from '../../rules/ipsec/mip6-1820.ts';
import { collect } from '../dissectors/capture-file/collect.ts';
import { octetsOf } from '../dissectors/hex.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Peers, addressOf, notify, selector } from './ike/peers.ts';
import type { WireMessage } from './ike/peers.ts';
import { LINKTYPE_RAW, ikePacket } from './ike/wire.ts';
import { captureInterface, packetRecord } from './packet-records.ts';

const HOME_ADDRESS = addressOf('2001:db8:1::10');
const UDP = 17;

/** IKE events of packets, one a second. */
function eventsOf(
  packets: readonly Uint8Array[],
  ike: readonly IkeSecret[] = [],
  linkType = LINKTYPE_RAW,
): IkeEvent[] {
  return audit(packets, ike, [], linkType).events;
}

/** The same, and what the rules could not judge. */
function audit(
  packets: readonly Uint8Array[],
  ike: readonly AnyIkeSecret[],
  rules: readonly RuleDefinition[],
  linkType = LINKTYPE_RAW,
): { events: IkeEvent[]; notJudged: readonly NotJudged[] } {
  const events: IkeEvent[] = [];
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations: [],
    ike,
    inputs: [{ name: 'a', packets: packets.length }],
    interfaces: [captureInterface(linkType)],
    observer: {
      onEvent: (event) => {
        if (event.kind === 'ike') events.push(event);
      },
    },
  });
  packets.forEach((bytes, i) => {
    engine.feed(packetRecord(bytes, i + 1, i, { linkType }));
  });
  return { events, notJudged: engine.finish().notJudged };
}

const packetsOf = (messages: readonly WireMessage[]): Uint8Array[] =>
  messages.map((message) => ikePacket(message));

function secretOf(peers: Peers): IkeSecret {
  return {
    origin: { file: 'keys.yaml', line: 3 },
    initiatorSpi: peers.spiI,
    responderSpi: undefined,
    skeyseed: new KeyMaterial(peers.skeyseed),
  };
}

const CHILD = { initiatorSpi: 0x1001, responderSpi: 0x2002, isTransport: true } as const;
const selectors = (peers: Peers): [Ikev2Payload, Ikev2Payload] => [
  selector(44, HOME_ADDRESS, 135),
  selector(45, peers.responder, 135),
];
const texts = (ranges: IkeEvent['negotiated'] | undefined) =>
  ranges === undefined
    ? undefined
    : [ranges.ofInitiator, ranges.ofResponder].map((side) =>
        side.map(({ start, end }) => `${formatAddress(start)}-${formatAddress(end)}`),
      );

describe('events of IKEv2', () => {
  const peers = new Peers();
  const messages = [
    ...peers.init(),
    ...peers.auth({ ...CHILD, selectors: selectors(peers) }).messages,
  ];

  it('without a secret tell what is in clear', () => {
    const events = eventsOf(packetsOf(messages));
    expect(
      events.map(({ exchange, isInitiator, isResponse, reading }) => [
        exchange,
        isInitiator,
        isResponse,
        reading,
      ]),
    ).toEqual([
      [34, true, false, 'clear'],
      [34, false, true, 'clear'],
      [35, true, false, 'closed'],
      [35, false, true, 'closed'],
    ]);
    expect(events[0]?.initiatorSpi).toEqual(peers.spiI);
    expect(events[0]?.responderSpi).toEqual(new Uint8Array(8));
    expect(events[3]?.parties.initiator).toBeUndefined();
  });

  it('with a secret tell identities and the addresses that were agreed on', () => {
    const last = eventsOf(packetsOf(messages), [secretOf(peers)]).at(-1);
    expect(last?.reading).toBe('verified');
    expect(last?.parties.initiator?.text).toBe('mn@example.org');
    expect(last?.parties.responder?.text).toBe('ha@example.org');
    expect(last?.parties.usesEap).toBe(false);
    expect(last?.negotiated?.outcome).toBe('accepted');
    const agent = formatAddress(peers.responder);
    expect(texts(last?.negotiated)).toEqual([
      ['2001:db8:1::10-2001:db8:1::10'],
      [`${agent}-${agent}`],
    ]);
  });

  it('give addresses to the sides of the IKE SA, whoever began the exchange', () => {
    const exchange = peers.createChild({
      initiatorSpi: 0x3003,
      responderSpi: 0x4004,
      isReversed: true,
      selectors: [selector(44, peers.responder), selector(45, HOME_ADDRESS)],
    });
    const all = packetsOf([...messages, ...exchange.messages]);
    const last = eventsOf(all, [secretOf(peers)]).at(-1);
    expect(texts(last?.negotiated)?.[0]).toEqual(['2001:db8:1::10-2001:db8:1::10']);
  });

  it('tell assigned addresses, movement and refusal', () => {
    const session = new Peers();
    const value = internalIp6Address.encode({ address: HOME_ADDRESS, prefixLength: 64 });
    const reply: Ikev2Payload = {
      kind: 'configuration',
      type: 47,
      configurationType: 2,
      attributes: [{ type: CONFIGURATION_ATTRIBUTE.internalIp6Address, format: false, value }],
    };
    const update = [notify(IKEV2_NOTIFY.updateSaAddresses)];
    const all = [...session.init(), ...session.auth(CHILD, [reply]).messages];
    session.initiator = addressOf('2001:db8:7::10');
    all.push(...session.informational(true, update));
    all.push(...session.informational(true, update, [notify(IKEV2_NOTIFY.unacceptableAddresses)]));
    const events = eventsOf(packetsOf(all), [secretOf(session)]);
    expect(events[3]?.parties.assigned).toEqual([HOME_ADDRESS]);
    expect(events.map(({ moved }) => moved !== undefined)).toEqual([
      ...[false, false, false, false],
      ...[false, true, false, false],
    ]);
    expect(events[5]?.moved?.initiator).toEqual(session.initiator);
  });

  it('tell a refusal with the addresses that were asked for', () => {
    const session = new Peers();
    const [request] = session.auth({ ...CHILD, selectors: selectors(session) }).messages;
    if (request === undefined) throw new Error('no request');
    const refusal = session.sealed(35, 1, false, true, [notify(38)]);
    const all = packetsOf([...session.init(), request, refusal]);
    const last = eventsOf(all, [secretOf(session)]).at(-1);
    expect(last?.negotiated?.outcome).toBe('refused');
    expect(texts(last?.negotiated)?.[0]).toEqual(['2001:db8:1::10-2001:db8:1::10']);
    const failed = session.sealed(35, 1, false, true, [notify(24)]);
    const other = packetsOf([...session.init(), request, failed]);
    expect(eventsOf(other, [secretOf(session)]).at(-1)?.negotiated).toBeUndefined();
  });

  it('tell EAP from a request without authentication', () => {
    const session = new Peers();
    const identity: Ikev2Payload = {
      kind: 'identificationInitiator',
      type: 35,
      idType: 3,
      data: new TextEncoder().encode('@realm.example'),
    };
    const request = session.sealed(35, 1, true, false, [identity]);
    const last = eventsOf(packetsOf([...session.init(), request]), [secretOf(session)]).at(-1);
    expect(last?.parties.usesEap).toBe(true);
  });

  it('keep the identities when the IKE SA is rekeyed', () => {
    const session = new Peers();
    const all = [...session.init(), ...session.auth(CHILD).messages];
    const rekeying = session.rekeyIke();
    const { next } = rekeying;
    all.push(...rekeying.messages, ...next.informational(true, []));
    const secret: IkeSecret = {
      ...secretOf(session),
      sharedSecrets: [{ publicValue: undefined, secret: new KeyMaterial(rekeying.sharedSecret) }],
    };
    const last = eventsOf(packetsOf(all), [secret]).at(-1);
    expect(last?.initiatorSpi).toEqual(next.spiI);
    expect(last?.parties.initiator?.text).toBe('mn@example.org');
  });

  it('say nothing of a message whose checksum is wrong', () => {
    const changed = messages.map(({ bytes, ...ends }, i) => {
      const copy = bytes.slice();
      if (i === 3) copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
      return { ...ends, bytes: copy };
    });
    const last = eventsOf(packetsOf(changed), [secretOf(peers)]).at(-1);
    expect(last?.reading).toBe('closed');
    expect(last?.negotiated).toBeUndefined();
  });

  it('have both views of the addresses', () => {
    const [first] = peers.init();
    if (first === undefined) throw new Error('no message');
    const { source, destination, bytes } = first;
    const packet = build.ipv6Packet({
      source,
      destination,
      headers: [build.destinationOptions([build.homeAddressOption(HOME_ADDRESS)])],
      protocol: UDP,
      payload: build.udpDatagram({
        source: HOME_ADDRESS,
        destination,
        sourcePort: 500,
        destinationPort: 500,
        payload: bytes,
      }),
    });
    const [event] = eventsOf([packet]);
    expect(event?.context.source).toEqual(source);
    expect(event?.context.homeAddressOption).toEqual(HOME_ADDRESS);
  });

  it('over IPv4 have IPv4-mapped addresses', () => {
    const [first] = peers.init();
    const bytes = first?.bytes ?? new Uint8Array(0);
    const packet = new Uint8Array(28 + bytes.length);
    packet.set([0x45, 0, packet.length >>> 8, packet.length & 0xff, 0, 0, 0, 0, 64, UDP], 0);
    packet.set([192, 0, 2, 1, 192, 0, 2, 2], 12);
    packet.set([1, 0xf4, 1, 0xf4, (8 + bytes.length) >>> 8, (8 + bytes.length) & 0xff], 20);
    packet.set(bytes, 28);
    const [event] = eventsOf([packet]);
    expect(formatAddress(event?.context.source ?? HOME_ADDRESS)).toBe('::ffff:192.0.2.1');
    expect(event?.context.hopLimit).toBe(64);
  });
});

describe('events of IKEv1', () => {
  const initiator = addressOf('2001:db8:2::10');
  const responder = addressOf('2001:db8:1::1');
  const attribute = (type: number, low: number) => ({
    type,
    format: true,
    value: Uint8Array.of(0, low),
  });
  const offer: Ikev1Payload = {
    kind: 'securityAssociation',
    type: 1,
    doi: 1,
    situation: 1,
    proposals: [
      {
        kind: 'proposal',
        number: 1,
        protocolId: 1,
        spi: new Uint8Array(0),
        transforms: [1, 3].map((method, i) => ({
          kind: 'transform' as const,
          number: i + 1,
          id: 1,
          attributes: [attribute(1, 7), attribute(3, method)],
        })),
      },
    ],
  };
  const identity: Ikev1Payload = {
    kind: 'identification',
    type: 5,
    idType: ID_TYPE.rfc822Address,
    protocolId: 0,
    port: 0,
    data: new TextEncoder().encode('alice@example.org'),
  };

  function message(
    exchangeType: number,
    isInitiator: boolean,
    payloads: readonly Ikev1Payload[],
    isFirst = isInitiator,
  ): Uint8Array {
    const [source, destination] = isInitiator ? [initiator, responder] : [responder, initiator];
    const bytes = encodeIke({
      version: 1,
      header: {
        initiatorSpi: new Uint8Array(8).fill(1),
        responderSpi: new Uint8Array(8).fill(isFirst ? 0 : 2),
        version: IKEV1_VERSION,
        exchangeType,
        flags: 0,
        messageId: 0,
      },
      payloads,
    });
    return ikePacket({ bytes, source, destination });
  }

  it('tell who sends, and the authentication methods of phase 1', () => {
    const { mainMode } = IKEV1_EXCHANGE;
    const events = eventsOf([message(mainMode, true, [offer]), message(mainMode, false, [offer])]);
    expect(events.map(({ isInitiator }) => isInitiator)).toEqual([true, false]);
    expect(events.map(({ authenticationMethods }) => authenticationMethods)).toEqual([
      [1, 3],
      [1, 3],
    ]);
  });

  it('tell identities of aggressive mode in clear', () => {
    const events = eventsOf([message(IKEV1_EXCHANGE.aggressiveMode, true, [offer, identity])]);
    expect(events[0]?.parties.initiator?.key).toBe('name:alice@example.org');
  });

  it('leave open who sends when the first message is missing', () => {
    const events = eventsOf([message(IKEV1_EXCHANGE.mainMode, true, [offer], false)]);
    expect(events[0]?.isInitiator).toBeUndefined();
  });
});

describe('a recorded session of IKEv1 with its key', () => {
  const folder = path.join(import.meta.dirname, 'ike', 'strongswan');
  const { packets } = collect(new Uint8Array(readFileSync(path.join(folder, 'ikev1.pcap'))));
  const octets = packets.map(({ data }) => octetsOf(data));
  const table = readFileSync(path.join(folder, 'ikev1_decryption_table'), 'latin1');
  const keys = readIkev1Table(table, 'ikev1_decryption_table').ikeKeys.filter(
    (key): key is Ikev1Key => key.version === 1,
  );

  it('tells the identities of main mode and the addresses of quick mode', () => {
    const { events } = audit(octets, keys, [], packets[0]?.linkType);
    const agreed = events.filter(({ negotiated }) => negotiated !== undefined);
    expect(agreed.length).toBeGreaterThan(0);
    for (const { parties, negotiated, reading } of agreed) {
      expect(reading).toBe('unchecked');
      expect(parties.initiator).toBeDefined();
      expect(parties.responder).toBeDefined();
      expect(negotiated?.outcome).toBe('accepted');
      expect(negotiated?.ofInitiator).toHaveLength(1);
    }
  });

  it('tells without the key what is in clear alone', () => {
    const { events } = audit(octets, [], [], packets[0]?.linkType);
    expect(events.some(({ authenticationMethods }) => authenticationMethods.length > 0)).toBe(true);
    expect(events.every(({ negotiated }) => negotiated === undefined)).toBe(true);
    expect(events.every(({ parties }) => parties.responder === undefined)).toBe(true);
  });
});

describe('the stage of IKE', () => {
  it('makes no event of what is not IKE', () => {
    const source = addressOf('2001:db8:2::10');
    const destination = addressOf('2001:db8:1::1');
    const packet = (port: number, payload: Uint8Array): Uint8Array =>
      build.ipv6Packet({
        source,
        destination,
        protocol: UDP,
        payload: build.udpDatagram({
          source,
          destination,
          sourcePort: port,
          destinationPort: port,
          payload,
        }),
      });
    const [init] = new Peers().init();
    const bytes = init?.bytes ?? new Uint8Array(0);
    const strange = bytes.map((octet, i) => (i === 17 ? 0x30 : octet));
    const longer = bytes.map((octet, i) => (i === 26 ? 0xff : octet));
    const packets = [
      packet(53, bytes),
      packet(4500, bytes),
      packet(500, bytes.subarray(0, 27)),
      packet(500, strange),
      packet(500, longer),
      packet(4500, Uint8Array.of(0xff)),
    ];
    expect(eventsOf(packets)).toEqual([]);
    expect(eventsOf([packet(500, bytes)])).toHaveLength(1);
  });

  it('lets rules that need to read IKE say so when nothing could be opened', () => {
    const peers = new Peers();
    const packets = packetsOf([...peers.init(), ...peers.auth(CHILD).messages]);
    const rules: readonly RuleDefinition[] = [mip61820];
    const [closed] = audit(packets, [], rules).notJudged;
    expect(closed?.reason).toMatch(/^no IKE secret: 2 encrypted messages of IKE/);
    expect(audit(packets, [secretOf(peers)], rules).notJudged).toEqual([]);
    expect(audit(packets.slice(0, 2), [], rules).notJudged).toEqual([]);
  });

  it('takes any octets, with and without a secret', () => {
    const peers = new Peers();
    const messages = [...peers.init(), ...peers.auth(CHILD).messages];
    const change = fc.array(fc.tuple(fc.nat(3), fc.nat(400), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(change, (changes) => {
        const packets = messages.map(({ bytes, ...ends }, i) => {
          const copy = bytes.slice();
          for (const [at, offset, value] of changes) {
            if (at === i && offset < copy.length) copy[offset] = value;
          }
          return ikePacket({ ...ends, bytes: copy });
        });
        expect(eventsOf(packets, [secretOf(peers)]).length).toBeLessThanOrEqual(4);
        expect(eventsOf(packets).length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 60 },
    );
  });

  it('tells whom a recorded session of strongSwan is between, over its rekeyings', () => {
    const folder = path.join(import.meta.dirname, 'ike', 'strongswan');
    const { packets } = collect(new Uint8Array(readFileSync(path.join(folder, 'rekeyed.pcap'))));
    const file = path.join(folder, 'rekeyed.yaml');
    const secrets = readIkeSecrets(readFileSync(file, 'utf8'), file).secrets;
    const events = eventsOf(
      packets.map(({ data }) => octetsOf(data)),
      secrets.filter((secret): secret is IkeSecret => 'initiatorSpi' in secret),
      packets[0]?.linkType,
    );
    const told = events.filter(({ negotiated }) => negotiated !== undefined);
    expect(told.length).toBeGreaterThan(1);
    for (const { parties, negotiated } of told) {
      expect(parties.initiator?.text).not.toBe('');
      expect(parties.responder).toBeDefined();
      expect(negotiated?.ofInitiator.length).toBeGreaterThan(0);
    }
    expect(new Set(told.map(({ parties }) => parties.initiator?.key)).size).toBe(1);
  });
});
