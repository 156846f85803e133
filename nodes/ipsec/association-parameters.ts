/**
 * What an association of a node is made of, and whether it fits the policies that it is for.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { MAX_REPLAY_WINDOW, MIN_REPLAY_WINDOW } from '../../engine/state/replay-window.ts';
import type { HomeAddressPolicies, ProtectionPurpose, TunnelSide } from './policy.ts';
import type { ProtectionKeys } from './protection-keys.ts';

/** SPI values 1 to 255 are reserved, 0 is never sent. RFC 4303 section 2.1. */
const LEAST_SPI = 256;

/** One direction between a mobile node and its home agent. */
export interface NodeAssociationParameters {
  /** Unique at the node; default: purposes, home address, direction and SPI. */
  readonly name?: string | undefined;
  /** Which end this node is. */
  readonly side: TunnelSide;
  /** As this node sees it. */
  readonly direction: 'in' | 'out';
  readonly protocol: 'esp' | 'ah';
  readonly mode: 'transport' | 'tunnel';
  /** 256..2**32-1. */
  readonly spi: number;
  /** The one home address that it stands for: RFC 3776 section 4.2. */
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** One, or several that a tunnel serves (RFC 4877 section 5 case 3). */
  readonly purposes: readonly ProtectionPurpose[];
  /** Narrower than its purposes, as a peer has agreed to it. */
  readonly selector?: AssociationSelector | undefined;
  /** `negotiated`: by IKE; a new one may stand beside an old one. */
  readonly keying: 'manual' | 'negotiated';
  readonly keys: ProtectionKeys;
  /** Sequence numbers of 64 bits. RFC 4303 section 2.2.1. */
  readonly extendedSequence?: boolean | undefined;
  /**
   * Sequence numbers, 32..4096; 0 = replays are not looked for. Default 0 for manual keys (RFC 3776 section 4.4: only
   * dynamic keying can), 64 for negotiated ones.
   */
  readonly replayWindow?: number | undefined;
}

/** Upper-layer messages that an association is for; undefined is any. */
export interface AssociationSelector {
  readonly protocol: number | undefined;
  readonly type: number | undefined;
}

/** `0x00001000`. */
export function formatSpi(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** Name of an association, with nothing in it that is secret. */
export function nameOf(parameters: NodeAssociationParameters): string {
  const { name, purposes, homeAddress, direction, spi } = parameters;
  if (name !== undefined) return name;
  // Joined, not added: sums of strings keep their parts, ten times as many octets.
  return [purposes.join('+'), 'of', formatAddress(homeAddress), direction, formatSpi(spi)].join(
    ' ',
  );
}

/**
 * Why an association cannot be used with these policies; undefined when it can. RFC 3776 section 4.3.
 */
export function associationFault(
  parameters: NodeAssociationParameters,
  owner: HomeAddressPolicies,
): string | undefined {
  const { spi, purposes, mode, protocol, keys, replayWindow } = parameters;
  if (!Number.isInteger(spi) || spi < LEAST_SPI || spi > 0xffffffff) {
    return `SPI ${spi}: expected 256 to 4294967295 (RFC 4303 section 2.1)`;
  }
  if (parameters.side !== owner.side)
    return `made for a ${parameters.side}, this is a ${owner.side}`;
  if (purposes.length === 0) return 'is for nothing';
  for (const purpose of purposes) {
    const isWanted = owner.policies.some(
      (policy) =>
        policy.purpose === purpose && policy.mode === mode && policy.protocol === protocol,
    );
    if (!isWanted) {
      return `no policy of ${formatAddress(owner.homeAddress)} wants ${protocol.toUpperCase()} ${mode} mode for ${purpose}`;
    }
  }
  if (
    replayWindow !== undefined &&
    replayWindow !== 0 &&
    !(replayWindow >= MIN_REPLAY_WINDOW && replayWindow <= MAX_REPLAY_WINDOW)
  ) {
    return `replay window of ${replayWindow}: expected 0 or ${MIN_REPLAY_WINDOW} to ${MAX_REPLAY_WINDOW}`;
  }
  return keysFault(keys, protocol, purposes);
}

/** Whether the crypto backend has a pair of transforms, by their names: asked once each. */
const supported = new Map<string, boolean>();

function isSupported(keys: ProtectionKeys, protocol: 'esp' | 'ah'): boolean {
  const name = `${protocol} ${keys.encryption.name} ${keys.integrity.name}`;
  let answer = supported.get(name);
  if (answer === undefined) {
    answer =
      protocol === 'ah' ? keys.createIntegrity() !== undefined : keys.createEsp().isSupported;
    supported.set(name, answer);
  }
  return answer;
}

function keysFault(
  keys: ProtectionKeys,
  protocol: 'esp' | 'ah',
  purposes: readonly ProtectionPurpose[],
): string | undefined {
  const { encryption, integrity } = keys;
  if (!keys.isAuthenticated) {
    return 'integrity algorithm is NULL or not checked; RFC 3776 section 4.3 demands a non-NULL one';
  }
  if (protocol === 'ah' && (encryption.ivLength > 0 || integrity.create === undefined)) {
    return `AH takes an integrity algorithm alone, not ${encryption.name} with ${integrity.name}`;
  }
  // RFC 3776 section 4.3: whoever reads the tokens can register in the name of the mobile node.
  if (purposes.includes('home-tests') && !keys.isEncrypted) {
    return 'encryption is NULL; RFC 3776 section 4.3 demands a non-NULL one for Home Test messages';
  }
  if (!isSupported(keys, protocol)) {
    return `${encryption.name} with ${integrity.name}: the crypto backend lacks it`;
  }
  return undefined;
}
