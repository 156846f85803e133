/**
 * How much the page shows: it stays small whatever the captures hold. The page states these numbers.
 */
export const LIMITS = {
  incidents: 40,
  /** Findings outside incidents. */
  findings: 100,
  /** Packets with octets, in the whole page. */
  packets: 240,
  /** Packets with octets of one incident. */
  packetsOfIncident: 32,
  /** Pieces of evidence of one finding or incident. */
  evidence: 64,
  /** Arrows of one ladder, evidence and what is around it. */
  ladder: 48,
  /** Octets of a packet, and of each piece decrypted or put together from it. */
  octets: 512,
  /** Fields named beside the octets. */
  fields: 24,
  homeAddresses: 30,
  /** Bindings of one home address. */
  bindings: 6,
  /** Changes of one binding. */
  changes: 20,
  /** Findings of one step of an incident. */
  steps: 16,
  /** Rows of any other table. */
  rows: 100,
} as const;
