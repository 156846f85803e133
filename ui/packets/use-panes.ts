/**
 * Which pane has the keys, which is alone, and how large they are.
 */
import { useState } from 'react';
import { useActions } from '../hooks/use-actions.ts';
import type { ScreenSize } from '../screen.ts';
import { FIRST_WEIGHTS, PANES, paneSizes, resized } from './panes.ts';
import type { Pane, PaneSizes } from './panes.ts';

/** Panes of the screen. */
export interface PaneState {
  readonly focus: Pane;
  readonly sizes: PaneSizes;
  readonly setFocus: (pane: Pane) => void;
}

/** Answers to the keys of panes, and to *back* while a pane is alone or the list has not the keys. */
export function usePanes(size: ScreenSize, isActive: boolean): PaneState {
  const [focus, setFocus] = useState<Pane>('list');
  const [isAlone, setAlone] = useState(false);
  const [weights, setWeights] = useState(FIRST_WEIGHTS);
  const neighbour = (step: number): void => {
    const at = PANES.indexOf(focus);
    setFocus(PANES[(at + step + PANES.length) % PANES.length] ?? 'list');
  };
  useActions(
    {
      'next-pane': () => {
        neighbour(1);
      },
      'previous-pane': () => {
        neighbour(-1);
      },
      maximise: () => {
        setAlone(!isAlone);
      },
      grow: ({ count = 1 }) => {
        setWeights(resized(weights, focus, count));
      },
      shrink: ({ count = 1 }) => {
        setWeights(resized(weights, focus, -count));
      },
      back: () => {
        if (isAlone) setAlone(false);
        else if (focus !== 'list') setFocus('list');
        else return false;
        return true;
      },
    },
    isActive,
  );
  return { focus, sizes: paneSizes(size, weights, isAlone ? focus : undefined), setFocus };
}
