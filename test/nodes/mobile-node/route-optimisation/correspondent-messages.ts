/**
 * Messages between a mobile node and a correspondent made of octets, and acknowledgements that are right or spoiled.
 */
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../../dissectors/mobility/options/index.ts';
import { authenticatorOf } from '../../correspondent-node/bench.ts';
import { ip } from '../../wire-peer.ts';
import type { WirePacket } from '../../wire-peer.ts';
import type { LinkName } from '../bench.ts';

/** Octets of an authenticator. */
export const AUTHENTICATOR_OCTETS = 12;

/** A Mobility Header of the mobile node for a correspondent. */
export interface Message {
  readonly kind: MobilityMessage['kind'];
  readonly at: number;
  readonly link: LinkName;
  /** The packet as the correspondent gets it: out of the tunnel, if it was in one. */
  readonly packet: WirePacket;
  readonly message: MobilityMessage;
  readonly options: readonly MobilityOption[];
  readonly isTunnelled: boolean;
  /** In the tunnel, inside ESP. */
  readonly isProtected: boolean;
  /** Outer source and destination of the tunnel. */
  readonly outer: { readonly source: string; readonly destination: string } | undefined;
}

/** A Binding Update as the correspondent sees it. */
export interface UpdateMessage extends Message {
  readonly sequence: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly flags: number;
  readonly homeIndex: number;
  readonly careOfIndex: number;
  /** The last option is an authenticator, and right for the tokens that the correspondent has given. */
  readonly isAuthentic: boolean;
}

/** How a test is answered differently from how it should be. */
export interface TestFields {
  readonly cookie?: Uint8Array;
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  /** A home test that does not come through the tunnel, or a care-of test that does. */
  readonly isMisrouted?: boolean;
}

/** How an acknowledgement differs from the right one. */
export interface AnswerFields {
  readonly status?: number;
  readonly sequence?: number;
  /** Seconds. */
  readonly lifetime?: number;
  readonly options?: readonly MobilityOption[];
  /** `none`: without; `wrong`: spoiled; `early`: an option behind it; `padded`: octets of padding behind it. */
  readonly authenticator?: 'right' | 'none' | 'wrong' | 'early' | 'padded';
  /** Home address in the routing header; `none`: without. */
  readonly routing?: Uint8Array | 'none';
  readonly source?: Uint8Array;
}

/** Octets of an acknowledgement, signed with a key as its fields say. */
export function acknowledgementOctets(
  update: UpdateMessage,
  fields: AnswerFields,
  key: Uint8Array,
  { source, destination }: { readonly source: Uint8Array; readonly destination: Uint8Array },
): Uint8Array {
  const { packet } = update;
  const { authenticator = 'right' } = fields;
  const options: MobilityOption[] = [...(fields.options ?? [])];
  const placeholder: MobilityOption = {
    kind: 'binding-authorization-data',
    authenticator: new Uint8Array(AUTHENTICATOR_OCTETS),
  };
  const behind: MobilityOption = { kind: 'binding-refresh-advice', refreshInterval: 100 };
  if (authenticator !== 'none') options.push(placeholder);
  if (authenticator === 'early') options.push(behind);
  const message: MobilityMessage = {
    kind: 'binding-acknowledgement',
    status: fields.status ?? 0,
    flags: 0,
    sequence: fields.sequence ?? update.sequence,
    lifetime: (fields.lifetime ?? update.lifetime) / 4,
  };
  let payload = encodeMobilityHeader(message, options, { source, destination });
  if (authenticator === 'padded') {
    // PadN of 8 octets behind the authenticator, where only padding may be.
    const longer = new Uint8Array(payload.length + 8);
    longer.set(payload);
    longer.set([1, 6], payload.length);
    longer[1] = payload.length / 8;
    payload = longer;
  }
  if (authenticator !== 'none') {
    const end = endOfAuthenticator(payload, options, authenticator);
    const signed = authenticatorOf(
      key,
      update.lifetime === 0 ? packet.ends.source : ip(packet.source),
      source,
      payload,
      end,
    );
    if (authenticator === 'wrong') signed[3] = (signed[3] ?? 0) ^ 1;
    payload.set(signed, end - AUTHENTICATOR_OCTETS);
  }
  correctChecksum(payload, source, destination);
  return payload;
}

function endOfAuthenticator(
  payload: Uint8Array,
  options: readonly MobilityOption[],
  how: AnswerFields['authenticator'],
): number {
  if (how === 'padded') return payload.length - 8;
  if (how !== 'early') return payload.length;
  // Found by its type and length, from the first option on.
  for (let at = 12; at + 2 <= payload.length;) {
    const type = payload[at] ?? 0;
    if (type === 0) {
      at++;
      continue;
    }
    const length = payload[at + 1] ?? 0;
    if (type === 5) return at + 2 + length;
    at += 2 + length;
  }
  throw new Error(`no authenticator among ${options.length} options`);
}

function correctChecksum(payload: Uint8Array, source: Uint8Array, destination: Uint8Array): void {
  payload[4] = 0;
  payload[5] = 0;
  const octets = [...source, ...destination, 0, 0, payload.length >> 8, payload.length & 0xff];
  octets.push(0, 0, 0, NEXT_HEADER.mobility, ...payload);
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) {
    sum += (octets[i] ?? 0) * 256 + (octets[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  const checksum = ~sum & 0xffff;
  payload[4] = checksum >> 8;
  payload[5] = checksum & 0xff;
}
