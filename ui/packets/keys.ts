/**
 * Keys of the packets screen.
 */
import { PANE_KEYS } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';

/** The rows. */
export const PACKETS_KEYS: readonly KeyBinding[] = [
  {
    action: 'filter',
    keys: ['/'],
    description: 'display filter; tab completes fields and values, up and down earlier ones',
    footer: 'filter',
    argument: { name: 'filter', kind: 'filter', isOptional: true },
  },
  ...PANE_KEYS,
  { action: 'open', keys: ['enter'], description: 'list: to the fields; fields: fold and unfold' },
  {
    action: 'toggle',
    keys: ['space'],
    description: 'list: select for writing; fields: fold and unfold',
  },
  { action: 'apply', keys: ['a'], description: 'show packets with the same value of the field' },
  {
    action: 'prepare',
    keys: ['p'],
    description: 'the same as a filter to finish, after the one there is',
  },
  { action: 'exclude', keys: ['x'], description: 'leave out packets with the same value' },
  { action: 'apply-and', keys: ['&'], description: 'of those shown, only with the same value' },
  { action: 'apply-or', keys: ['|'], description: 'besides those shown, also with the same value' },
  {
    action: 'follow',
    keys: ['f'],
    description: 'only packets of this binding, in tunnels and ESP as well',
    footer: 'binding',
  },
  {
    action: 'show-ladder',
    keys: ['L'],
    description: 'ladder of this binding',
    footer: 'ladder',
  },
  { action: 'alerts', keys: ['A'], description: 'alerts that have this packet as evidence' },
  {
    action: 'search',
    keys: ['ctrl-f'],
    description: 'search: text, /regular expression/, or x: and hexadecimal octets',
    argument: { name: 'text', kind: 'text' },
  },
  { action: 'search-next', keys: ['n'], description: 'next that was searched for' },
  { action: 'search-previous', keys: ['N'], description: 'one before that was searched for' },
  {
    action: 'mark',
    keys: ['m'],
    description: 'mark this packet with a letter',
    argument: { name: 'letter', kind: 'letter' },
  },
  {
    action: 'to-mark',
    keys: ["'"],
    description: 'to the packet with that letter',
    argument: { name: 'letter', kind: 'letter' },
  },
  { action: 'next-octets', keys: ['o'], description: 'octets: frame, decrypted, put together' },
  {
    action: 'write',
    keys: ['w'],
    description: 'write packets to a pcapng file: the selected ones, or those shown',
    argument: { name: 'file', kind: 'text' },
  },
  {
    action: 'write-all',
    keys: [],
    description: 'write all packets',
    argument: { name: 'file', kind: 'text' },
  },
  { action: 'copy', keys: ['y'], description: 'copy: value, filter, octets, line' },
  { action: 'unselect', keys: [], description: 'select no packet any more' },
];
