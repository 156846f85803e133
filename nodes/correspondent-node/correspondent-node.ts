/**
 * A correspondent node over a host. RFC 6275 section 9. Home agents and mobile nodes are correspondents too and install it
 * beside their own role (section 8).
 */
import { isUnicastRoutable } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { nextHeaderPointer } from '../ip/wire.ts';
import type { Host } from '../ip/host.ts';
import type { InboundPacket, OutboundPacket } from '../ip/packet.ts';
import type { Registrar } from '../mobility/binding-update.ts';
import { BindingRoom } from './binding-room.ts';
import { CorrespondentRegistrar } from './correspondent-registrar.ts';
import { MessageSender } from './message-sender.ts';
import type { TunnelQuestion } from './message-sender.ts';
import { NonceTable } from './nonces.ts';
import { RefreshRequests } from './refresh-requests.ts';
import { ReplayMemory } from './replay-memory.ts';
import { RequestLimits } from './request-limits.ts';
import type { RequestLimitOptions } from './request-limits.ts';
import { ReturnRoutability } from './return-routability.ts';
import { UnreachableBindings } from './unreachable-bindings.ts';

/** What a correspondent is made of. */
export interface CorrespondentNodeOptions {
  readonly host: Host;
  /** Default true. RFC 6275 section 8.2: false answers tests and updates with Parameter Problem 1 and keeps no binding. */
  readonly isRouteOptimisationEnabled?: boolean;
  /** What senders without proof may ask for. */
  readonly limits?: RequestLimitOptions;
  /**
   * Home addresses whose last update is remembered against replay, for four minutes; default: twice the bindings. When
   * there are more, the oldest nonces are invalidated.
   */
  readonly replayCapacity?: number;
  /** Default true: bindings in use are asked for near their end. RFC 6275 section 9.5.5. */
  readonly sendsRefreshRequests?: boolean;
  /**
   * Default true: packets take the way of `careOfAddressFor`. A mobile node, whose packets may need a Home Address option
   * too, passes false and asks `careOfAddressFor` for its own path.
   */
  readonly installsPath?: boolean;
  /** Tunnel for messages of a mobile node from its home address, or of a home agent to a home address that it serves. */
  readonly tunnelFor?: TunnelQuestion;
}

const FIRST_NEIGHBOR_DISCOVERY = 133;
const LAST_NEIGHBOR_DISCOVERY = 137;
const REPLAY_SHARE = 2;

/** Neighbor discovery and Mobility Headers never have a type 2 routing header by the cache. RFC 6275 sections 6.1 and 9.3.2. */
function isDirect({ protocol, payload, source }: OutboundPacket): boolean {
  if (protocol === NEXT_HEADER.mobility || !isUnicastRoutable(source)) return true;
  if (protocol !== NEXT_HEADER.icmpv6) return false;
  const type = u8(payload, 0);
  return type >= FIRST_NEIGHBOR_DISCOVERY && type <= LAST_NEIGHBOR_DISCOVERY;
}

/** A correspondent node. Its `registrar` goes into `receiveBindingUpdates`. */
export class CorrespondentNode {
  readonly registrar: Registrar;
  readonly #host: Host;
  readonly #nonces: NonceTable;
  readonly #replays: ReplayMemory;
  readonly #limits: RequestLimits;
  readonly #refreshRequests: RefreshRequests | undefined;
  readonly #unreachable: UnreachableBindings | undefined;
  readonly #tests: ReturnRoutability | undefined;

  constructor(options: CorrespondentNodeOptions) {
    const { host, isRouteOptimisationEnabled = true } = options;
    const { scheduler, random, bindings } = host;
    this.#host = host;
    this.#nonces = new NonceTable({ scheduler, random });
    const capacity = options.replayCapacity ?? bindings.correspondentCapacity * REPLAY_SHARE;
    this.#replays = new ReplayMemory(this.#nonces, capacity);
    this.#limits = new RequestLimits(scheduler, random, options.limits);
    if (!isRouteOptimisationEnabled) {
      this.registrar = this.#withoutRouteOptimisation();
      return;
    }
    const sender = new MessageSender(host, options.tunnelFor);
    const parts = { host, nonces: this.#nonces, limits: this.#limits, sender };
    this.#tests = new ReturnRoutability(parts);
    this.#unreachable = new UnreachableBindings(host);
    const refreshRequests = new RefreshRequests(host, sender);
    this.#refreshRequests = options.sendsRefreshRequests === false ? undefined : refreshRequests;
    const room = new BindingRoom(host);
    const replays = this.#replays;
    this.registrar = new CorrespondentRegistrar({ ...parts, replays, room, refreshRequests });
    if (options.installsPath !== false) {
      host.paths.push((packet) => {
        const careOfDestination = this.careOfAddressFor(packet);
        return careOfDestination === undefined
          ? undefined
          : { kind: 'optimised', careOfDestination };
      });
    }
  }

  /** Sizes of what it keeps, for metrics and for whoever wants to see that strangers leave nothing behind. */
  get state(): {
    readonly nonces: number;
    readonly replays: number;
    readonly refreshRequests: number;
    readonly unreachable: number;
    readonly limitOctets: number;
    readonly suppressedTests: number;
  } {
    return {
      nonces: this.#nonces.valid.length,
      replays: this.#replays.size,
      refreshRequests: this.#refreshRequests?.size ?? 0,
      unreachable: this.#unreachable?.size ?? 0,
      limitOctets: this.#limits.octets,
      suppressedTests: this.#tests?.suppressed ?? 0,
    };
  }

  /**
   * Where the mobile node with this home address is, when the packet is to go there with a type 2 routing header
   * (RFC 6275 section 9.3.2). Counts as use of the binding.
   */
  careOfAddressFor(packet: OutboundPacket): Uint8Array | undefined {
    const { bindings } = this.#host;
    if (bindings.correspondents === 0 || isDirect(packet)) return undefined;
    const entry = bindings.find(packet.destination);
    if (entry?.isHomeRegistration !== false) return undefined;
    bindings.touch(entry);
    this.#refreshRequests?.noteUse(entry);
    return entry.careOfAddress;
  }

  /** Ends timers and wipes keys. */
  close(): void {
    this.#nonces.close();
  }

  /**
   * RFC 6275 section 8.2: switched off, it is to mobile nodes like a node that knows no Mobility Header (RFC 8200
   * section 4), which makes them stop asking (RFC 6275 section 11.3.5).
   */
  #withoutRouteOptimisation(): Registrar {
    const refuse = (packet: InboundPacket): void => {
      const pointer = packet.payloadOffset < 0 ? -1 : nextHeaderPointer(packet);
      this.#host.icmpv6.parameterProblem(packet, { code: 1, pointer });
    };
    this.#host.mobility.handle('home-test-init', ({ packet }) => {
      refuse(packet);
    });
    this.#host.mobility.handle('care-of-test-init', ({ packet }) => {
      refuse(packet);
    });
    return {
      handle: ({ packet }) => {
        refuse(packet);
      },
    };
  }
}
