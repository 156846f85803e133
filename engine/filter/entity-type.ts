/**
 * Types of what is compared.
 */

/** Type of the values of an operand. `wide`: a number of 8 octets, held as these. */
export type EntityType =
  | 'number'
  | 'wide'
  | 'boolean'
  | 'octets'
  | 'address'
  | 'mac'
  | 'text'
  | 'protocol'
  | 'none';

/** Whether values of a type are octets. */
export function isOctets(type: EntityType): boolean {
  return type !== 'number' && type !== 'boolean' && type !== 'text';
}
