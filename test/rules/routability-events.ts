/**
 * Return routability and correspondent registrations by hand, for tests of the rules about them.
 */
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { Link, MobilityEvent, PacketContext } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  makeBinding,
  makeLink,
  mobilityEvent,
  packetAt,
} from './event-builders.ts';

/** The link of the correspondent, where everything to and from it comes by. */
export const CORRESPONDENT_LINK: Link = makeLink('transit');
/** Hop limit with which its answers come there. */
export const USUAL_HOP_LIMIT = 61;

/** Where and when a message is seen; number and second of a packet are the same. */
export interface Seen {
  readonly second: number;
  readonly homeAddress?: Uint8Array;
  readonly careOfAddress?: Uint8Array;
  readonly peer?: Uint8Array;
  readonly link?: Link;
  readonly hopLimit?: number;
}

/** 8 octets that look random and differ by `name`. */
export function cookie(name: number): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, i) => (name * 37 + i * i * 29 + i * 11 + 5) & 0xff);
}

function context(
  seen: Seen,
  source: Uint8Array,
  destination: Uint8Array,
  more: Partial<PacketContext> = {},
): Partial<PacketContext> {
  return {
    packet: packetAt(Math.round(seen.second * 1000), seen.second),
    link: seen.link ?? CORRESPONDENT_LINK,
    hopLimit: seen.hopLimit ?? USUAL_HOP_LIMIT,
    source,
    destination,
    extensions: 0,
    ...more,
  };
}

/** A binding of the mobile node at the correspondent, as return routability makes one. */
export function correspondentBinding(overrides: Partial<Binding> = {}): Binding {
  return makeBinding({
    role: 'correspondent',
    peer: CORRESPONDENT,
    lifetime: 420,
    expiresAt: packetAt(0, 420).time,
    flags: 0x8000,
    ...overrides,
  });
}

/** What a test carries; what is left out is as it should be. */
interface TestFields {
  readonly cookie?: Uint8Array;
  readonly index?: number;
  readonly token?: Uint8Array;
}

/** Home Test Init and Care-of Test Init with one cookie. */
export function inits(seen: Seen, value = cookie(1)): [MobilityEvent, MobilityEvent] {
  const {
    homeAddress = HOME_ADDRESS,
    careOfAddress = CARE_OF_ADDRESS,
    peer = CORRESPONDENT,
  } = seen;
  const home: MobilityMessage = { kind: 'home-test-init', homeInitCookie: value };
  const careOf: MobilityMessage = { kind: 'care-of-test-init', careOfInitCookie: value };
  return [
    mobilityEvent(home, { context: context(seen, homeAddress, peer) }),
    mobilityEvent(careOf, { context: context(seen, careOfAddress, peer) }),
  ];
}

/** A Home Test. */
export function homeTest(seen: Seen, fields: TestFields = {}): MobilityEvent {
  const { homeAddress = HOME_ADDRESS, peer = CORRESPONDENT } = seen;
  const message: MobilityMessage = {
    kind: 'home-test',
    homeNonceIndex: fields.index ?? 5,
    homeInitCookie: fields.cookie ?? cookie(1),
    homeKeygenToken: fields.token ?? cookie(101 + 2 * (fields.index ?? 5)),
  };
  return mobilityEvent(message, { context: context(seen, peer, homeAddress) });
}

/** A Care-of Test. */
export function careOfTest(seen: Seen, fields: TestFields = {}): MobilityEvent {
  const { careOfAddress = CARE_OF_ADDRESS, peer = CORRESPONDENT } = seen;
  const message: MobilityMessage = {
    kind: 'care-of-test',
    careOfNonceIndex: fields.index ?? 5,
    careOfInitCookie: fields.cookie ?? cookie(1),
    careOfKeygenToken: fields.token ?? cookie(102 + 2 * (fields.index ?? 5)),
  };
  return mobilityEvent(message, { context: context(seen, peer, careOfAddress) });
}

/** Both tests, asked and answered. */
export function bothTests(seen: Seen, fields: Omit<TestFields, 'token'> = {}): MobilityEvent[] {
  const later = { ...seen, second: seen.second + 0.1 };
  return [...inits(seen, fields.cookie), homeTest(later, fields), careOfTest(later, fields)];
}

/** What a Binding Update to the correspondent says. */
export interface UpdateFields {
  readonly sequence?: number;
  /** Units of 4 s. */
  readonly lifetime?: number;
  readonly nonces?: readonly [number, number] | 'none';
  readonly hasAuthenticator?: boolean;
  readonly isAcknowledged?: boolean;
  readonly options?: readonly MobilityOption[];
  readonly authentication?: 'right' | 'wrong' | 'unknown';
}

/** A Binding Update to the correspondent. */
export function correspondentUpdate(seen: Seen, fields: UpdateFields = {}): MobilityEvent {
  const {
    homeAddress = HOME_ADDRESS,
    careOfAddress = CARE_OF_ADDRESS,
    peer = CORRESPONDENT,
  } = seen;
  const { nonces = [5, 5], hasAuthenticator = true, isAcknowledged = true } = fields;
  const options: MobilityOption[] = [
    ...(fields.options ?? []),
    ...(nonces === 'none'
      ? []
      : [
          {
            kind: 'nonce-indices',
            homeNonceIndex: nonces[0],
            careOfNonceIndex: nonces[1],
          } as const,
        ]),
    ...(hasAuthenticator
      ? [{ kind: 'binding-authorization-data', authenticator: new Uint8Array(12) } as const]
      : []),
  ];
  const event = bindingUpdateEvent(
    {
      sequence: fields.sequence ?? 1,
      flags: isAcknowledged ? ['acknowledge'] : [],
      lifetime: fields.lifetime ?? 105,
      options,
    },
    {
      context: context(seen, careOfAddress, peer, {
        homeAddressOption: homeAddress,
        extensions: 1,
      }),
    },
  );
  return fields.authentication === undefined
    ? event
    : { ...event, authentication: fields.authentication };
}

/** The answer of the correspondent. */
export function correspondentAnswer(
  seen: Seen,
  fields: { status?: number; sequence?: number; lifetime?: number } = {},
): MobilityEvent {
  const {
    homeAddress = HOME_ADDRESS,
    careOfAddress = CARE_OF_ADDRESS,
    peer = CORRESPONDENT,
  } = seen;
  return bindingAcknowledgementEvent(
    { lifetime: 105, ...fields },
    {
      context: context(seen, peer, careOfAddress, {
        routingHomeAddress: homeAddress,
        extensions: 1,
      }),
    },
  );
}

/** Tests at `second`, a registration a second later and its answer: the sensor has seen both directions. */
export function registration(second = 0): MobilityEvent[] {
  return [
    ...bothTests({ second }),
    correspondentUpdate({ second: second + 1 }),
    correspondentAnswer({ second: second + 1.1 }, { sequence: 1 }),
  ];
}
