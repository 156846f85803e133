/**
 * The line over a pane: double where the keys go, single elsewhere.
 */
import type { FC } from 'react';
import { safeText, textWidth, truncate } from '../text.ts';
import { Line } from './line.tsx';

/** A title, and at the right what belongs to it. */
export const PaneTitle: FC<{
  readonly title: string;
  readonly detail?: string;
  readonly columns: number;
  readonly isFocused: boolean;
}> = ({ title, detail = '', columns, isFocused }) => {
  const stroke = isFocused ? '═' : '─';
  const head = `${stroke}${stroke} ${safeText(title)} `;
  const shown = truncate(safeText(detail), columns - textWidth(head) - 4);
  const tail = shown === '' ? '' : ` ${shown} ${stroke}`;
  const fill = Math.max(0, columns - textWidth(head) - textWidth(tail));
  return (
    <Line
      width={columns}
      segments={[
        { text: `${head}${stroke.repeat(fill)}${tail}`, tone: isFocused ? 'accent' : 'dim' },
      ]}
    />
  );
};
