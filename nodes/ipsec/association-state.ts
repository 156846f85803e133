/**
 * What of an association has to survive a restart, so that no number is sent twice and no packet is taken twice.
 */
import type { AssociationState } from '../../engine/ports.ts';
import type { NodeAssociation } from './association.ts';

export type { AssociationState } from '../../engine/ports.ts';

/**
 * Numbers that are passed over at a restart. A state may be that much older than the last packet: the layer asks for a
 * new one when half of it is sent. Signalling is rare, and a manual association has to live with what is left for years.
 */
export const RESTART_MARGIN = { transport: 1024, tunnel: 1_048_576 } as const;

/** State of an association. */
export function stateOf(association: NodeAssociation): AssociationState {
  const { name, protocol, direction, spi, sequence } = association;
  return { name, protocol, direction, spi, sequence };
}

/** Whether a state is one of this association, and has a number that one can go on from. */
export function isStateOf(state: AssociationState, association: NodeAssociation): boolean {
  return (
    state.name === association.name &&
    state.protocol === association.protocol &&
    state.direction === association.direction &&
    state.spi === association.spi &&
    Number.isSafeInteger(state.sequence) &&
    state.sequence >= 0
  );
}

/** Goes on from a state: outgoing packets a margin behind it, incoming ones up to it are replays. */
export function resume(association: NodeAssociation, { sequence }: AssociationState): void {
  const margin = association.direction === 'out' ? RESTART_MARGIN[association.mode] : 0;
  association.advance(sequence + margin);
}
