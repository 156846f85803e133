/**
 * A list of any length: only the lines of the window are made.
 */
import type { FC } from 'react';
import { Box } from 'ink';
import type { ScreenSize } from '../screen.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';

/** What `List` shows. */
export interface ListProps {
  readonly count: number;
  readonly cursor: number;
  readonly top: number;
  readonly size: ScreenSize;
  readonly isFocused: boolean;
  /** Safe text of a line; undefined while it is not known. */
  readonly line: (index: number) => readonly Segment[] | undefined;
  /** Shown instead of an empty list. */
  readonly empty?: string;
  /** Lines without cursor: text to be read. */
  readonly hasCursor?: boolean;
}

const WAITING: readonly Segment[] = [{ text: '…', tone: 'dim' }];

/** The window of a list, exactly as high as `size`. */
export const List: FC<ListProps> = (props) => {
  const { count, cursor, top, size, isFocused, line, empty, hasCursor = true } = props;
  const shown = Math.max(0, Math.min(size.rows, count - top));
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      {count === 0 && empty !== undefined && size.rows > 0 && (
        <Line segments={[{ text: empty, tone: 'dim' }]} width={size.columns} hasMark />
      )}
      {Array.from({ length: shown }, (_, row) => (
        <Line
          key={row}
          segments={line(top + row) ?? WAITING}
          width={size.columns}
          isCursor={hasCursor && top + row === cursor}
          hasMark={hasCursor}
          isFocused={isFocused}
        />
      ))}
    </Box>
  );
};
