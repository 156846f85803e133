/**
 * A node that trusts signed router advertisements only, on a link with a router of this project and whatever a test sends.
 */
import { u16 } from '../../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { generateAddress } from '../../../engine/crypto/cga.ts';
import type { GeneratedAddress } from '../../../engine/crypto/cga.ts';
import type { Certificate } from '../../../engine/crypto/certificate.ts';
import { keyHash, sendSignedOctets } from '../../../engine/crypto/send-signature.ts';
import type { NetworkInterface } from '../../../nodes/interface/network-interface.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { Host } from '../../../nodes/ip/host.ts';
import { inboundPacket } from '../../../nodes/ip/wire.ts';
import type { LogEntry } from '../../../nodes/node-log.ts';
import { encodeTimestamp } from '../../../nodes/send/freshness.ts';
import { PathResponder } from '../../../nodes/send/path-responder.ts';
import { SendVerifier } from '../../../nodes/send/send-verifier.ts';
import type { AdvertisementVerdict } from '../../../nodes/send/send-verifier.ts';
import { SendSigner, cgaOption } from '../../../nodes/send/signer.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip, readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import type { TestAuthorities, TestKey } from './certificates.ts';

export const ALL_NODES = ip('ff02::1');
export const PREFIX = '2001:db8:a::';
const STRANGER = ip('fe80::bad');

/** How an advertisement differs from the right one. */
export interface AdvertisementFields {
  readonly prefixes?: readonly { readonly prefix: string; readonly length?: number }[];
  readonly destination?: Uint8Array;
  readonly source?: Uint8Array;
  readonly key?: TestKey;
  /** Key that the address is generated from; default `key`. */
  readonly addressKey?: TestKey;
  readonly parameters?: Uint8Array;
  /** Seconds since 1970; default: now. */
  readonly timestamp?: number | 'none';
  readonly nonce?: Uint8Array;
  /** Options behind the signature. */
  readonly after?: readonly NdOption[];
  readonly isSigned?: boolean;
  readonly hasParameters?: boolean;
  readonly routerLifetime?: number;
}

/** A packet that the node has put on the link. */
export type Seen = WirePacket & { readonly at: number };

/** What a bench may differ in. */
export interface SendBenchOptions {
  readonly anchors?: readonly Certificate[];
  /** What the router says of itself; default the path of the authorities. `none`: there is no router. */
  readonly path?: readonly Certificate[] | 'none';
  readonly requiresRouterPurpose?: boolean;
}

/** Address and parameters of a key in fe80::/64. */
export function addressOfKey({ signing }: TestKey): GeneratedAddress {
  return generateAddress({
    prefix: ip('fe80::'),
    publicKey: signing.publicKey,
    modifier: new Uint8Array(16).fill(5),
  });
}

/** Octets of an advertisement, right where the fields do not say otherwise. @param now seconds since 1970 */
export function advertisementPacket(
  fields: AdvertisementFields,
  routerKey: TestKey,
  now: number,
): Uint8Array {
  const { key = routerKey, destination = ALL_NODES } = fields;
  const own = addressOfKey(fields.addressKey ?? key);
  const { source = own.address, parameters = own.parameters } = fields;
  const { prefixes = [{ prefix: PREFIX }], timestamp = now } = fields;
  const options: NdOption[] = prefixes.map(({ prefix, length = 64 }) => ({
    kind: 'prefix-information',
    prefixLength: length,
    flags: 0xc0,
    validLifetime: 86400,
    preferredLifetime: 14400,
    prefix: ip(prefix),
  }));
  const message = (all: readonly NdOption[]): Icmpv6Message => ({
    kind: 'router-advertisement',
    code: 0,
    currentHopLimit: 64,
    flags: 0,
    routerLifetime: fields.routerLifetime ?? 1800,
    reachableTime: 0,
    retransTimer: 0,
    options: all,
  });
  if (fields.hasParameters !== false) options.push(cgaOption(parameters));
  if (timestamp !== 'none') {
    options.push({ kind: 'timestamp', timestamp: encodeTimestamp(timestamp) });
  }
  if (fields.nonce !== undefined) options.push({ kind: 'nonce', nonce: fields.nonce });
  if (fields.isSigned !== false) {
    const unsigned = encodeIcmpv6(message(options), { source, destination });
    const data = sendSignedOctets(source, destination, unsigned, 0, unsigned.length);
    options.push({
      kind: 'rsa-signature',
      keyHash: keyHash(key.signing.publicKey),
      signature: key.signing.sign(data),
    });
  }
  options.push(...(fields.after ?? []));
  const payload = encodeIcmpv6(message(options), { source, destination });
  return ipv6Packet({
    source,
    destination,
    hopLimit: 255,
    protocol: NEXT_HEADER.icmpv6,
    payload,
  });
}

/** The link and who is on it. */
export class SendBench {
  readonly scheduler = new VirtualScheduler();
  readonly log: LogEntry[] = [];
  readonly host: Host;
  readonly link: NetworkInterface;
  readonly verifier: SendVerifier;
  readonly advertiser: RouterAdvertiser | undefined;
  readonly signer: SendSigner | undefined;
  readonly seen: Seen[] = [];
  readonly #authorities: TestAuthorities;
  readonly #stranger: MemoryPort;

  constructor(authorities: TestAuthorities, options: SendBenchOptions = {}) {
    const { scheduler } = this;
    const { anchors = [authorities.anchor], path = authorities.path } = options;
    this.#authorities = authorities;
    const memory = new MemoryLink({ scheduler, random: new SeededRandom(3), name: 'home' });
    this.host = new Host({
      scheduler,
      random: new SeededRandom(1),
      log: (entry) => this.log.push(entry),
    });
    const port = memory.attach('node');
    this.link = this.host.addInterface(port);
    this.verifier = new SendVerifier({
      host: this.host,
      trustAnchors: anchors,
      ...(options.requiresRouterPurpose === undefined
        ? {}
        : { requiresRouterPurpose: options.requiresRouterPurpose }),
    });
    this.link.acceptsAdvertisement = (packet) => this.verifier.accepts(packet, this.link) === true;
    this.#stranger = memory.attach('stranger');
    const own = port.linkLayerAddress.join();
    memory.tap((frame, at) => {
      if (frame.slice(6, 12).join() !== own || u16(frame, 12) !== 0x86dd) return;
      this.seen.push({ ...readPacket(frame.slice(14, 54 + u16(frame, 18))), at });
    });
    if (path !== 'none') {
      const router = new Host({
        scheduler,
        random: new SeededRandom(2),
        log: () => undefined,
        isRouter: true,
      });
      this.signer = new SendSigner({ key: authorities.routerKey.signing, scheduler });
      const on = router.addInterface(memory.attach('router'), { linkLocal: this.signer.linkLocal });
      this.advertiser = new RouterAdvertiser({
        interface: on,
        scheduler,
        random: router.random,
        log: router.log,
        signer: this.signer,
        configuration: {
          maxInterval: 600,
          isUnsolicited: false,
          prefixes: [
            {
              address: ip(PREFIX),
              prefixLength: 64,
              isOnLink: true,
              isAutonomous: true,
              isRouterAddress: false,
              preferredLifetime: 14400,
              validLifetime: 86400,
            },
          ],
        },
      });
      const responder = new PathResponder({ host: router, links: [on], certificates: path });
      router.tell('debug', 'responds', { isThere: responder instanceof PathResponder });
    }
    // Link-local addresses are there by then.
    scheduler.advance(3000);
    this.seen.length = 0;
  }

  /** The path of the router is known already. */
  know(...certificates: readonly Certificate[]): this {
    for (const each of certificates) this.verifier.paths.add(each);
    return this;
  }

  /** Octets of an advertisement of the router, right where the fields do not say otherwise. */
  packet(fields: AdvertisementFields = {}): Uint8Array {
    return advertisementPacket(fields, this.#authorities.routerKey, this.scheduler.wallClock);
  }

  /** What the verifier says to a packet. */
  judge(packet: Uint8Array): AdvertisementVerdict {
    const linkSource = this.#stranger.linkLayerAddress;
    return this.verifier.accepts(inboundPacket(packet, this.link, linkSource, []), this.link);
  }

  /** Puts a message of somebody else on the link. */
  send(message: Icmpv6Message, destination = ALL_NODES, source = STRANGER): void {
    const payload = encodeIcmpv6(message, { source, destination });
    this.sendPacket(
      ipv6Packet({ source, destination, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload }),
    );
  }

  sendPacket(packet: Uint8Array): void {
    this.#stranger.send(
      ethernetFrame({
        destination: Uint8Array.of(0x33, 0x33, ...packet.slice(36, 40)),
        source: this.#stranger.linkLayerAddress,
        payload: packet,
      }),
    );
  }

  /** Reasons of alarms of a kind. */
  reasons(event: string): string[] {
    return this.log
      .filter((entry) => entry.event === event && entry.level === 'alarm')
      .map(({ details }) => String(details['reason']));
  }

  /** Messages of the node of a kind. */
  sent(kind: Icmpv6Message['kind']): (Seen & { readonly message: Icmpv6Message })[] {
    return this.seen.flatMap((each) =>
      each.icmpv6?.kind === kind ? [{ ...each, message: each.icmpv6 }] : [],
    );
  }
}
