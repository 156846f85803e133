/**
 * Identity of a packet and of the link it was captured on.
 */
import type { LinkRole } from './site.ts';

/** One packet of the inputs. */
export interface PacketReference {
  /** Index of the input. */
  readonly input: number;
  /** 1-based number in that input. */
  readonly number: number;
  /** Capture time, microseconds since 1970. */
  readonly time: number;
  /** Nanoseconds 0..999 below the microsecond. */
  readonly nanoseconds: number;
}

/** A link: a capture interface or VLAN, with what the site file or observation says of it. */
export interface Link {
  readonly id: number;
  /** Name of the site file, else of the capture interface or file. */
  readonly name: string;
  readonly role: LinkRole;
  /** `site` = the operator said so; `relay` = a relayed packet proved it is not the home link. */
  roleKnownBy: 'site' | 'relay' | 'none';
  /** Role after observation; starts as `role`. */
  effectiveRole: LinkRole;
}
