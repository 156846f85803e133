/**
 * Words for the ends of tunnels, which events use.
 */

/** Where an outer address stands. */
export type EndpointRelation =
  /** It is the registered care-of address. */
  | 'registered'
  /** A protected Binding Update asks for it. */
  | 'announced'
  /** It was the care-of address. */
  | 'earlier'
  /** The node is at home or its binding ran out: there is no tunnel. */
  | 'inactive'
  /** No protected Binding Update ever named it. */
  | 'unknown';
