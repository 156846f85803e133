/**
 * Rows that have a text in them: the filter of screens that are no packet list.
 */
import { useState } from 'react';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenActions } from '../screen.ts';
import { useActions } from './use-actions.ts';

/** The row of the key table. */
export const NARROW_KEY: KeyBinding = {
  action: 'narrow',
  keys: ['/'],
  description: 'only lines with this text in them; nothing or esc: all lines',
  argument: { name: 'text', kind: 'text', isOptional: true },
};

/** What rows must have in them, lower case; '' for anything. Answers to `NARROW_KEY` and *back*. */
export function useNarrow(actions: ScreenActions, isActive: boolean): string {
  const [needle, setNeedle] = useState('');
  const change = (text: string): void => {
    setNeedle(text.trim().toLowerCase());
  };
  useActions(
    {
      narrow: ({ argument }) => {
        if (argument !== undefined) change(argument);
        else
          actions.prompt({
            label: 'lines with',
            initial: needle,
            history: 'narrow',
            submit: change,
          });
      },
      back: () => {
        if (needle === '') return false;
        setNeedle('');
        return true;
      },
    },
    isActive,
  );
  return needle;
}

/** Whether one of the texts has it. */
export function hasNeedle(needle: string, texts: readonly (string | undefined)[]): boolean {
  return needle === '' || texts.some((text) => text?.toLowerCase().includes(needle) === true);
}
