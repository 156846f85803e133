/**
 * A table whose rows stand under titles.
 */
import type { ReactNode } from 'react';
import { Box } from 'ink';
import type { ListCursor } from '../hooks/use-list.ts';
import type { ScreenSize } from '../screen.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';
import { List } from './list.tsx';
import { columnWidths, headSegments, rowSegments } from './table.tsx';
import type { Column } from './table.tsx';

/** A row, or the title over some. */
export type GroupedRow<Row> =
  | { readonly kind: 'title'; readonly key: string; readonly segments: readonly Segment[] }
  | { readonly kind: 'row'; readonly key: string; readonly row: Row };

/** Identity of a line. */
export function groupedKey(line: GroupedRow<unknown>): string {
  return `${line.kind} ${line.key}`;
}

/** The table, exactly as high as `size`. Its list has `size.rows - 1` lines. */
export function GroupedTable<Row>(props: {
  readonly columns: readonly Column<Row>[];
  readonly lines: readonly GroupedRow<Row>[];
  readonly list: ListCursor;
  readonly size: ScreenSize;
  readonly isFocused: boolean;
  readonly empty: string;
}): ReactNode {
  const { columns, lines, list, size, isFocused, empty } = props;
  const indent = '  ';
  const widths = columnWidths(columns, size.columns - 1 - indent.length);
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      {size.rows > 0 && (
        <Line segments={[{ text: indent }, ...headSegments(widths)]} width={size.columns} hasMark />
      )}
      <List
        count={lines.length}
        cursor={list.cursor}
        top={list.top}
        size={{ columns: size.columns, rows: Math.max(0, size.rows - 1) }}
        isFocused={isFocused}
        empty={empty}
        line={(index) => {
          const line = lines[index];
          if (line === undefined) return undefined;
          return line.kind === 'title'
            ? line.segments
            : [{ text: indent }, ...rowSegments(widths, line.row)];
        }}
      />
    </Box>
  );
}
