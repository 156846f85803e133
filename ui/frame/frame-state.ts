/**
 * State of the frame around screens, changed by plain functions.
 */
import type { SayLevel, ScreenId, Subject } from '../screen.ts';
import type { Layer, OpenLayer } from './layers.ts';

/** Most screens that *back* remembers. */
const MAX_TRAIL = 30;

/** What the frame shows. */
export interface FrameState {
  readonly active: ScreenId;
  /** Screens before, newest last. */
  readonly trail: readonly ScreenId[];
  /** Screens that were shown: they stay mounted. */
  readonly visited: readonly ScreenId[];
  readonly subjects: Readonly<Partial<Record<ScreenId, Subject>>>;
  /** The first has the keys. */
  readonly layers: readonly OpenLayer[];
  readonly nextLayer: number;
  readonly message: { readonly text: string; readonly level: SayLevel } | undefined;
  /** Keys that wait for more. */
  readonly pending: string;
  /** Keys handled: rises with each, so that there is a render between two. */
  readonly tick: number;
}

/** At the start. */
export function firstState(active: ScreenId, subject: Subject | undefined): FrameState {
  return {
    active,
    trail: [],
    visited: [active],
    subjects: subject === undefined ? {} : { [active]: subject },
    layers: [],
    nextLayer: 1,
    message: undefined,
    pending: '',
    tick: 0,
  };
}

/** Another screen is shown. */
export function goTo(state: FrameState, screen: ScreenId, subject?: Subject): FrameState {
  const { active, trail, visited, subjects } = state;
  return {
    ...state,
    active: screen,
    trail: screen === active ? trail : [...trail, active].slice(-MAX_TRAIL),
    visited: visited.includes(screen) ? visited : [...visited, screen],
    subjects: subject === undefined ? subjects : { ...subjects, [screen]: subject },
  };
}

/** The screen before is shown; undefined when there is none. */
export function goBack(state: FrameState): FrameState | undefined {
  const before = state.trail.at(-1);
  return before === undefined
    ? undefined
    : { ...state, active: before, trail: state.trail.slice(0, -1) };
}

/** A layer is put up; while another is there, it waits. */
export function open(state: FrameState, layer: Layer): FrameState {
  const { nextLayer: id, layers } = state;
  return { ...state, nextLayer: id + 1, layers: [...layers, { id, layer }] };
}

/** A layer is gone. */
export function close(state: FrameState, id: number): FrameState {
  return { ...state, layers: state.layers.filter((layer) => layer.id !== id) };
}
