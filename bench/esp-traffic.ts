/**
 * Packets in ESP tunnels between mobile nodes and their home agent, for `esp.ts`.
 */
import { ethernetFrame } from '../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import { BINDING_UPDATE_FLAGS } from '../dissectors/mobility/messages/binding.ts';
import { sealEsp } from '../engine/crypto/esp.ts';
import { findEncryption, findIntegrity } from '../engine/crypto/transforms.ts';
import { SecurityAssociation } from '../engine/state/security-association.ts';
import { ip } from '../fixtures/scenario/network.ts';
import {
  esp,
  homeAddress,
  ipv6,
  mobility,
  type2Routing,
  udp,
} from '../fixtures/scenario/packet.ts';
import type { Ends, Part } from '../fixtures/scenario/packet.ts';
import { Seed, seededOctets } from '../fixtures/scenario/seed.ts';
import type { EspCase, EspParts } from './esp-cases.ts';

/** Mobile nodes; each has one association for each direction. */
const NODES = 6;
/** Octets before the payload of the inner packet: IPv6 and UDP. */
const INNER_HEADERS = 48;
const HOME_AGENT = ip('2001:db8:100::1');
const PEER = ip('2001:db8:900::1');
const AGENT_MAC = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 2);
const ROUTER_MAC = Uint8Array.of(0x02, 0, 0x5e, 0, 0x53, 1);
const LIFETIME = 900;
/** SPI and sequence number. */
const ESP_HEADER = 8;
const NEIGHBOURHOOD = { source: ROUTER_MAC, destination: AGENT_MAC };
const OCTETS = seededOctets('payload of ESP measurements', 4096);

/** One association, with what makes its packets. */
interface Direction {
  readonly spi: number;
  readonly encryptionKey: Uint8Array;
  readonly integrityKey: Uint8Array;
  readonly sealer: SecurityAssociation;
  readonly vectors: Seed;
  sequence: number;
}

/** One packet of a batch, in the octets of the batch. */
export interface EspFrame {
  /** Index of the association. */
  readonly association: number;
  /** Ethernet frame. */
  readonly offset: number;
  readonly end: number;
  /** Offset of the ESP header; the ESP packet ends with the frame. */
  readonly esp: number;
  /** Views of the same octets. */
  readonly parts: EspParts;
}

/** Packets one after another in one buffer, as a file reader hands them over. */
export interface EspBatch {
  readonly bytes: Uint8Array;
  readonly frames: readonly EspFrame[];
}

function ofNode(network: string, node: number): Uint8Array {
  return ip(`${network}${(node + 1).toString(16)}`);
}

/** Traffic of all nodes with one pair of transforms; sequence numbers go on from batch to batch. */
export class EspTraffic {
  readonly #case: EspCase;
  readonly #directions: readonly Direction[];
  readonly #homeAddresses = Array.from({ length: NODES }, (_, i) => ofNode('2001:db8:100::1:', i));
  readonly #careOfAddresses = Array.from({ length: NODES }, (_, i) => ofNode('2001:db8:300::', i));

  constructor(espCase: EspCase) {
    this.#case = espCase;
    const { name, encryptionKeyLength, integrityKeyLength } = espCase;
    this.#directions = Array.from({ length: 2 * NODES }, (_, i) => {
      const spi = 0x1000 + i;
      const encryptionKey = seededOctets(`${name} ${i} encryption`, encryptionKeyLength);
      const integrityKey = seededOctets(`${name} ${i} integrity`, integrityKeyLength);
      return {
        spi,
        encryptionKey,
        integrityKey,
        sealer: this.#association(i, spi, encryptionKey, integrityKey),
        vectors: new Seed(`${name} ${i} vectors`),
        sequence: 0,
      };
    });
  }

  /** New associations with the keys of this traffic. */
  associations(): SecurityAssociation[] {
    return this.#directions.map(({ spi, encryptionKey, integrityKey }, i) =>
      this.#association(i, spi, encryptionKey, integrityKey),
    );
  }

  /** For each association what opens its packets with node:crypto alone. */
  rawOpeners(): ReturnType<EspCase['raw']>[] {
    return this.#directions.map(({ encryptionKey, integrityKey }) =>
      this.#case.raw(encryptionKey, integrityKey),
    );
  }

  /** Binding Update and Acknowledgement of every node: tunnels in use have a registration. */
  registrations(): EspBatch {
    const frames = this.#homeAddresses.flatMap((home, node) => {
      const careOfAddress = this.#careOfAddresses[node] ?? home;
      const up = { source: home, destination: HOME_AGENT };
      const down = { source: HOME_AGENT, destination: home };
      const { acknowledge, homeRegistration } = BINDING_UPDATE_FLAGS;
      const flags = acknowledge.mask | homeRegistration.mask;
      const update = mobility(
        up,
        { kind: 'binding-update', sequence: 1, flags, lifetime: LIFETIME },
        [{ kind: 'alternate-care-of-address', careOfAddress }],
      );
      const answer = mobility(down, {
        kind: 'binding-acknowledgement',
        status: 0,
        flags: 0,
        sequence: 1,
        lifetime: LIFETIME,
      });
      return [
        this.#frame(2 * node, { ...up, source: careOfAddress }, update, [homeAddress(home)]),
        this.#frame(2 * node + 1, { ...down, destination: careOfAddress }, answer, [
          type2Routing(home),
        ]),
      ];
    });
    return this.#batch(frames);
  }

  /**
   * Packets in tunnels, nodes and directions in turn.
   * @param size octets of the packet in the tunnel, IPv6 header included
   */
  batch(count: number, size: number): EspBatch {
    const frames = Array.from({ length: count }, (_, i) => {
      const node = (i >> 1) % NODES;
      const isOut = i % 2 === 0;
      const home = this.#homeAddresses[node] ?? PEER;
      const careOfAddress = this.#careOfAddresses[node] ?? PEER;
      const inner = isOut
        ? { source: home, destination: PEER }
        : { source: PEER, destination: home };
      const outer = isOut
        ? { source: careOfAddress, destination: HOME_AGENT }
        : { source: HOME_AGENT, destination: careOfAddress };
      const data = OCTETS.subarray(i % 64, (i % 64) + size - INNER_HEADERS);
      const packet = ipv6(inner, udp(inner, { from: 5004, to: 5004 }, data));
      const part = { protocol: NEXT_HEADER.ipv6, bytes: packet };
      return this.#frame(2 * node + (isOut ? 0 : 1), outer, part, []);
    });
    return this.#batch(frames);
  }

  #association(
    index: number,
    spi: number,
    encryptionKey: Uint8Array,
    integrityKey: Uint8Array,
  ): SecurityAssociation {
    const encryption = findEncryption(this.#case.encryption);
    const integrity = findIntegrity(this.#case.integrity);
    if (encryption === undefined || integrity === undefined) {
      throw new Error(`no transforms for ${this.#case.name}`);
    }
    const any = { bytes: new Uint8Array(16), length: 0 };
    const agent = { bytes: HOME_AGENT, length: 128 };
    return new SecurityAssociation({
      spi,
      source: index % 2 === 0 ? any : agent,
      destination: index % 2 === 0 ? agent : any,
      encryption,
      encryptionKey,
      integrity,
      integrityKey,
      origin: { file: this.#case.name, line: index + 1 },
    });
  }

  #frame(association: number, outer: Ends, part: Part, headers: readonly Part[]) {
    const direction = this.#directions[association];
    if (direction === undefined) throw new RangeError(`no association ${association}`);
    const sealed = sealEsp(direction.sealer, {
      sequence: ++direction.sequence,
      iv: direction.vectors.octets(direction.sealer.esp.encryption.ivLength),
      nextHeader: part.protocol,
      payload: part.bytes,
    });
    const payload = ipv6(outer, ...headers, esp(sealed));
    const bytes = ethernetFrame({ ...NEIGHBOURHOOD, payload });
    return { association, bytes, espLength: sealed.length };
  }

  #batch(made: readonly { association: number; bytes: Uint8Array; espLength: number }[]): EspBatch {
    const bytes = new Uint8Array(made.reduce((sum, frame) => sum + frame.bytes.length, 0));
    const transforms = this.#directions[0]?.sealer.esp;
    const ivLength = transforms?.encryption.ivLength ?? 0;
    const icvLength =
      (transforms?.encryption.icvLength ?? 0) + (transforms?.integrity.icvLength ?? 0);
    let offset = 0;
    const frames = made.map((frame) => {
      bytes.set(frame.bytes, offset);
      const end = offset + frame.bytes.length;
      const start = end - frame.espLength;
      const iv = start + ESP_HEADER;
      const parts = {
        header: bytes.subarray(start, iv),
        iv: bytes.subarray(iv, iv + ivLength),
        text: bytes.subarray(iv + ivLength, end - icvLength),
        covered: bytes.subarray(start, end - icvLength),
        icv: bytes.subarray(end - icvLength, end),
      };
      const { association } = frame;
      const placed = { association, offset, end, esp: start, parts };
      offset = end;
      return placed;
    });
    return { bytes, frames };
  }
}
