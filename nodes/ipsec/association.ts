/**
 * A security association at work: sequence numbers, ciphers and counters of one direction.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { copyOctets, u32, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import {
  createEspResult,
  EspStatus,
  isOpen,
  KeptPlaintext,
  NO_SEQUENCE_HIGH,
} from '../../engine/crypto/esp.ts';
import type { EspContext } from '../../engine/crypto/esp.ts';
import { ReplayWindow } from '../../engine/state/replay-window.ts';
import type {
  OpenedProtection,
  OutboundDecision,
  RefusedProtection,
  SealedProtection,
  WireHeaders,
} from '../ip/ipsec-layer.ts';
import type { InboundPacket, Protection } from '../ip/packet.ts';
import { nameOf } from './association-parameters.ts';
import type { AssociationSelector, NodeAssociationParameters } from './association-parameters.ts';
import { AuthenticationHeaders } from './authentication-header.ts';
import type { OpenedHeader } from './authentication-header.ts';
import type { CipherOwner, CipherPool } from './cipher-pool.ts';
import { IvCounter } from './initialization-vectors.ts';
import type { RandomOctets } from './initialization-vectors.ts';
import type { NodePolicy, ProtectionPurpose, TunnelSide } from './policy.ts';
import { packetRoom } from '../packet-room.ts';
import type { ProtectionKeys } from './protection-keys.ts';

const TWO_32 = 0x1_0000_0000;
/** Last number without extended ones, which never wrap (RFC 4303 section 3.3.3); with them, the last exact one. */
const LAST_SEQUENCE = TWO_32 - 1;
const LAST_EXTENDED_SEQUENCE = Number.MAX_SAFE_INTEGER;
const DEFAULT_WINDOW = 64;
const IPV6_OCTETS = 40;

/** Why packets were thrown away; one object each, because an attacker sends many. */
const REFUSED: Readonly<Record<RefusedProtection, OpenedProtection>> = {
  'no-association': { kind: 'refused', reason: 'no-association' },
  integrity: { kind: 'refused', reason: 'integrity' },
  replay: { kind: 'refused', reason: 'replay' },
  malformed: { kind: 'refused', reason: 'malformed' },
  'other-address': { kind: 'refused', reason: 'other-address' },
  'not-allowed': { kind: 'refused', reason: 'not-allowed' },
};

/** The answer to a packet that is thrown away. */
export function refused(reason: RefusedProtection): OpenedProtection {
  return REFUSED[reason];
}

// One packet is opened or sealed at a time, and nobody keeps these.
const scratch = new KeptPlaintext();
const result = createEspResult();
const header: OpenedHeader = { status: 'malformed', protocol: 0, octets: 0 };
/** By length: 0, 8 or 16 octets. */
const vectors = [0, 8, 16].map((length) => new Uint8Array(length));

/** What went through an association. */
export interface AssociationCounters {
  packets: number;
  /** Octets that were protected. */
  octets: number;
  /** Wrong ICV, or what only a wrong key explains. */
  integrityFailures: number;
  replays: number;
  /** Wrong addresses or upper layers. */
  mismatches: number;
}

/** What associations share. */
export interface AssociationSurroundings {
  readonly random: RandomOctets;
  readonly ciphers: Readonly<Record<'transport' | 'tunnel', CipherPool>>;
  /** Called when sequence numbers come to a mark. */
  readonly onSequence: (association: NodeAssociation) => void;
}

/** One association. Its keys are nowhere to be read. */
export class NodeAssociation implements CipherOwner {
  readonly name: string;
  readonly side: TunnelSide;
  readonly direction: 'in' | 'out';
  readonly protocol: 'esp' | 'ah';
  readonly mode: 'transport' | 'tunnel';
  readonly spi: number;
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly purposes: readonly ProtectionPurpose[];
  readonly selector: AssociationSelector | undefined;
  readonly keying: 'manual' | 'negotiated';
  readonly extendedSequence: boolean;
  /** Transforms; the keys are inside and stay there. */
  readonly keys: ProtectionKeys;
  /** 0 = replays are not looked for. */
  readonly replayWindow: number;
  readonly counters: AssociationCounters = {
    packets: 0,
    octets: 0,
    integrityFailures: 0,
    replays: 0,
    mismatches: 0,
  };
  wasUsed = false;
  /** Number sent last; 0 before any. */
  #sequence = 0;
  /** Number at which `onSequence` is called next. */
  #mark = Infinity;
  readonly #lastSequence: number;
  #window: ReplayWindow | undefined;
  #counter: IvCounter | undefined;
  #esp: EspContext | undefined;
  #ah: AuthenticationHeaders | undefined;
  #protection: Protection | undefined;
  #decision: OutboundDecision | undefined;
  readonly #surroundings: AssociationSurroundings;

  /** @param parameters their arrays are used as they are: nobody may change them */
  constructor(parameters: NodeAssociationParameters, surroundings: AssociationSurroundings) {
    const { keying, replayWindow } = parameters;
    this.name = nameOf(parameters);
    this.side = parameters.side;
    this.direction = parameters.direction;
    this.protocol = parameters.protocol;
    this.mode = parameters.mode;
    this.spi = parameters.spi;
    // A hundred thousand of them share what they can.
    this.homeAddress = parameters.homeAddress;
    this.homeAgent = parameters.homeAgent;
    this.purposes = parameters.purposes;
    this.selector = parameters.selector;
    this.keying = keying;
    this.keys = parameters.keys;
    this.extendedSequence = parameters.extendedSequence ?? false;
    this.#lastSequence = this.extendedSequence ? LAST_EXTENDED_SEQUENCE : LAST_SEQUENCE;
    this.replayWindow = replayWindow ?? (keying === 'manual' ? 0 : DEFAULT_WINDOW);
    // Without a window nobody knows the upper half of an extended number (RFC 4303 appendix A2.2).
    if (this.direction === 'in' && (this.replayWindow > 0 || this.extendedSequence)) {
      this.#window = this.#newWindow();
    }
    this.#surroundings = surroundings;
  }

  /** Marks packets that it has opened. */
  get protection(): Protection {
    return (this.#protection ??= {
      association: this.name,
      mode: this.mode,
      isEncrypted: this.protocol === 'esp' && this.keys.isEncrypted,
      coversAddresses: this.protocol === 'ah',
    });
  }

  /** Answer to packets that it protects. */
  get decision(): OutboundDecision {
    return (this.#decision ??= {
      kind: this.mode,
      protect: (protocol, payload, wire) => this.#seal(protocol, payload, wire),
    });
  }

  #newWindow(high = 0): ReplayWindow {
    return new ReplayWindow(this.replayWindow > 0 ? this.replayWindow : DEFAULT_WINDOW, high);
  }

  /** Number sent last, or the highest that was taken. */
  get sequence(): number {
    const window = this.#window;
    if (this.direction === 'out') return this.#sequence;
    return window === undefined ? 0 : window.highestHigh * TWO_32 + window.highest;
  }

  /** Numbers that are left. */
  get remaining(): number {
    return this.#lastSequence - this.#sequence;
  }

  /** Nothing more can be sent: numbers never come again. RFC 4303 section 3.3.3. */
  get isUsedUp(): boolean {
    return this.#sequence >= this.#lastSequence;
  }

  /** Calls `onSequence` when so many more packets have been sent. */
  markAfter(packets: number): void {
    this.#mark = this.#sequence + packets;
  }

  /**
   * Goes on behind a number of before: outgoing packets start after it, incoming ones up to it count as seen.
   * Never goes back.
   */
  advance(sequence: number): void {
    if (this.direction === 'out') {
      this.#sequence = Math.min(this.#lastSequence, Math.max(this.#sequence, sequence));
      return;
    }
    if (this.#window === undefined || sequence <= this.sequence) return;
    const last = Math.min(sequence, this.#lastSequence);
    const window = this.#newWindow(Math.floor(last / TWO_32));
    for (let seen = Math.max(0, last - window.size + 1); seen <= last; seen++) {
      window.update(seen % TWO_32, Math.floor(seen / TWO_32));
    }
    this.#window = window;
  }

  /** Whether it does what a policy asks for, for messages of a protocol and type. */
  serves(policy: NodePolicy, protocol: number, type: number | undefined): boolean {
    const { selector } = this;
    return (
      policy.mode === this.mode &&
      policy.protocol === this.protocol &&
      this.purposes.includes(policy.purpose) &&
      (selector === undefined ||
        ((selector.protocol === undefined || selector.protocol === protocol) &&
          (selector.type === undefined || type === undefined || selector.type === type)))
    );
  }

  dropCiphers(): void {
    this.#esp = undefined;
    this.#ah = undefined;
  }

  #espContext(): EspContext {
    let context = this.#esp;
    if (context === undefined) {
      context = this.#esp = this.keys.createEsp();
      this.#surroundings.ciphers[this.mode].admit(this);
    }
    this.wasUsed = true;
    return context;
  }

  #authentication(): AuthenticationHeaders {
    let made = this.#ah;
    if (made === undefined) {
      const integrity = this.keys.createIntegrity();
      if (integrity === undefined) throw new Error(`${this.name}: no integrity algorithm`);
      made = this.#ah = new AuthenticationHeaders(integrity, this.keys.integrity.icvLength);
      this.#surroundings.ciphers[this.mode].admit(this);
    }
    this.wasUsed = true;
    return made;
  }

  #vector(length: number): Uint8Array {
    const vector = vectors[length >> 3] ?? new Uint8Array(length);
    if (length === 0) return vector;
    const { random } = this.#surroundings;
    if (this.keys.isCounterMode) (this.#counter ??= new IvCounter(random)).next(vector);
    else random.fill(vector);
    return vector;
  }

  /** @throws Error when numbers are used up, which whoever asks for the decision before each packet never meets */
  #seal(protocol: number, payload: Uint8Array, wire: WireHeaders): SealedProtection {
    if (this.isUsedUp) throw new Error(`${this.name}: sequence numbers are used up`);
    const next = ++this.#sequence;
    const sequence = next % TWO_32;
    const sequenceHigh = this.extendedSequence ? Math.floor(next / TWO_32) : NO_SEQUENCE_HIGH;
    const { spi, counters } = this;
    counters.packets++;
    counters.octets += payload.length;
    if (next >= this.#mark) {
      this.#mark = Infinity;
      this.#surroundings.onSequence(this);
    }
    if (this.protocol === 'ah') {
      const ah = this.#authentication();
      return {
        protocol: NEXT_HEADER.ah,
        payload: ah.seal(spi, sequence, sequenceHigh, protocol, payload, wire),
      };
    }
    const context = this.#espContext();
    const packet = packetRoom(context.sealedLength(payload.length));
    const iv = this.#vector(this.keys.encryption.ivLength);
    const nextHeader = protocol;
    context.sealInto(packet, { spi, sequence, sequenceHigh, iv, nextHeader, payload });
    return { protocol: NEXT_HEADER.esp, payload: packet };
  }

  /**
   * Opens a packet that has its SPI at `offset`, or 4 octets behind for AH. The addresses are looked at first, then the
   * sequence number, then the ICV, then what was inside (RFC 4303 section 3.4).
   * @param end of the packet
   */
  open(packet: InboundPacket, offset: number, end: number): OpenedProtection {
    if (!this.#hasAddresses(packet)) return this.#mismatch('other-address');
    const isAh = this.protocol === 'ah';
    const sequence = u32(packet.bytes, offset + (isAh ? 8 : 4));
    const window = this.#window;
    const high =
      this.extendedSequence && window !== undefined ? window.inferHigh(sequence) : NO_SEQUENCE_HIGH;
    const isReplay = this.replayWindow > 0 && window?.check(sequence, Math.max(0, high)) !== 'new';
    if (isReplay) {
      this.counters.replays++;
      return refused('replay');
    }
    const opened = isAh
      ? this.#openAh(packet, offset, end, high)
      : this.#openEsp(packet, offset, end, high);
    // Only what was authenticated moves the window (RFC 4303 section 3.4.3).
    if (opened.kind === 'opened') window?.update(sequence, Math.max(0, high));
    return opened.kind === 'opened' ? this.#checkInside(opened) : opened;
  }

  /**
   * Transport mode: both ends, home addresses standing for care-of addresses (RFC 3776 section 4.2). Tunnel mode: the
   * home agent's own address alone; the outer source is not looked at (RFC 4877 section 5), the sender has the key.
   */
  #hasAddresses({ source, destination }: InboundPacket): boolean {
    const isHomeAgent = this.side === 'home-agent';
    if (isHomeAgent && !isSameAddress(destination, this.homeAgent)) return false;
    if (this.mode === 'tunnel') return true;
    return isHomeAgent
      ? isSameAddress(source, this.homeAddress)
      : isSameAddress(source, this.homeAgent) && isSameAddress(destination, this.homeAddress);
  }

  #mismatch(reason: 'other-address' | 'not-allowed'): OpenedProtection {
    this.counters.mismatches++;
    return refused(reason);
  }

  #openEsp(packet: InboundPacket, offset: number, end: number, high: number): OpenedProtection {
    const { bytes } = packet;
    this.#espContext().open(bytes, offset, end, high, scratch, result);
    const { status, payloadOffset, payloadEnd } = result;
    if (!result.integrityVerified) {
      if (status === EspStatus.TOO_SHORT || status === EspStatus.NOT_BLOCK_ALIGNED) {
        return refused('malformed');
      }
      this.counters.integrityFailures++;
      return refused('integrity');
    }
    if (!isOpen(result)) return refused('malformed');
    const { bytes: plain } = result;
    // NULL encryption leaves the plaintext in the packet, which is not this layer's to give away. Else it is in octets
    // of its own, and no view of a Buffer, whose `slice` would not copy.
    const payload =
      plain === bytes
        ? copyOctets(bytes, payloadOffset, payloadEnd)
        : new Uint8Array(
            plain.buffer,
            plain.byteOffset + payloadOffset,
            payloadEnd - payloadOffset,
          );
    return this.#opened(result.nextHeader, payload);
  }

  #openAh(packet: InboundPacket, offset: number, end: number, high: number): OpenedProtection {
    this.#authentication().open(packet, offset, end, high, header);
    switch (header.status) {
      case 'ok':
        return this.#opened(header.protocol, copyOctets(packet.bytes, offset + header.octets, end));
      case 'integrity':
        this.counters.integrityFailures++;
        return refused('integrity');
      case 'other-address':
        return this.#mismatch('other-address');
      case 'malformed':
        return refused('malformed');
    }
  }

  #opened(protocol: number, payload: Uint8Array): OpenedProtection {
    this.counters.packets++;
    this.counters.octets += payload.length;
    return { kind: 'opened', protection: this.protection, protocol, payload };
  }

  /** RFC 4301 section 5.2: what was inside has to be what the association is for; types are for the policies. */
  #checkInside(opened: Extract<OpenedProtection, { kind: 'opened' }>): OpenedProtection {
    const { protocol, payload } = opened;
    // A dummy to be thrown away, RFC 4303 section 2.6: nothing stands behind it.
    if (protocol === NEXT_HEADER.none) return opened;
    if (this.mode === 'tunnel') {
      const isPacket =
        protocol === NEXT_HEADER.ipv6 && payload.length >= IPV6_OCTETS && u8(payload, 0) >> 4 === 6;
      return isPacket ? opened : this.#mismatch('not-allowed');
    }
    const isWanted =
      (protocol === NEXT_HEADER.mobility && this.purposes.includes('binding')) ||
      (protocol === NEXT_HEADER.icmpv6 && this.purposes.includes('prefix-discovery'));
    return isWanted ? opened : this.#mismatch('not-allowed');
  }
}
