/**
 * All screens, in the order of their keys: one line each.
 */
import type { ScreenDefinition } from '../screen.ts';
import { ASSOCIATIONS_SCREEN } from './associations.tsx';
import { BINDINGS_SCREEN } from './bindings.tsx';
import { INCIDENTS_SCREEN } from './incidents.tsx';
import { LADDER_SCREEN } from './ladder.tsx';
import { LOG_SCREEN } from './log.tsx';
import { PACKETS_SCREEN } from './packets.tsx';
import { ROUTABILITY_SCREEN } from './routability.tsx';
import { STATISTICS_SCREEN } from './statistics.tsx';
import { TOPOLOGY_SCREEN } from './topology.tsx';

/** The screens there are. */
export const SCREENS: readonly ScreenDefinition[] = [
  PACKETS_SCREEN,
  BINDINGS_SCREEN,
  ASSOCIATIONS_SCREEN,
  ROUTABILITY_SCREEN,
  INCIDENTS_SCREEN,
  LADDER_SCREEN,
  TOPOLOGY_SCREEN,
  STATISTICS_SCREEN,
  LOG_SCREEN,
];
