/**
 * A list with columns.
 */
import type { ReactNode } from 'react';
import { Box } from 'ink';
import type { ListCursor } from '../hooks/use-list.ts';
import type { ScreenSize } from '../screen.ts';
import { fit, fitRight, safeText } from '../text.ts';
import { Line } from './line.tsx';
import type { Segment } from './line.tsx';
import { List } from './list.tsx';

/** A column. */
export interface Column<Row> {
  readonly title: string;
  /** Cells. A column with `share` gets more when there are some left, in proportion. */
  readonly width: number;
  readonly share?: number;
  readonly isRight?: boolean;
  /** Left out in a table of fewer cells than that. */
  readonly from?: number;
  /** Text for a cell of that width, made safe by the table; with a tone when it has one. */
  readonly cell: (row: Row, width: number) => string | Segment;
}

/** What `Table` shows. */
export interface TableProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** From `useList` with `count: rows.length` and `height: size.rows - 1`: the first line is the head. */
  readonly list: ListCursor;
  readonly size: ScreenSize;
  readonly isFocused: boolean;
  readonly empty?: string;
}

/** Columns that have a place in `total` cells, with their widths; a blank stands between two. */
export function columnWidths<Row>(
  columns: readonly Column<Row>[],
  total: number,
): readonly { readonly column: Column<Row>; readonly width: number }[] {
  const shown = columns.filter(({ from = 0 }) => total >= from);
  const used = shown.reduce((sum, { width }) => sum + width + 1, -1);
  const shares = shown.reduce((sum, { share = 0 }) => sum + share, 0);
  let left = Math.max(0, total - used);
  let open = shares;
  return shown.map((column) => {
    const share = column.share ?? 0;
    const more = share === 0 ? 0 : Math.floor((left * share) / open);
    left -= more;
    open -= share;
    return { column, width: column.width + more };
  });
}

/** Segments of one row. */
export function rowSegments<Row>(
  widths: readonly { readonly column: Column<Row>; readonly width: number }[],
  row: Row,
): Segment[] {
  return widths.flatMap(({ column, width }, index) => {
    const cell = column.cell(row, width);
    const { text, tone } = typeof cell === 'string' ? { text: cell, tone: undefined } : cell;
    const safe = safeText(text);
    const shown = {
      text: column.isRight === true ? fitRight(safe, width) : fit(safe, width),
      tone,
    };
    return index === 0 ? [shown] : [{ text: ' ' }, shown];
  });
}

/** The heads of columns. */
export function headSegments<Row>(
  widths: readonly { readonly column: Column<Row>; readonly width: number }[],
): Segment[] {
  const text = widths
    .map(({ column: { title, isRight }, width }) =>
      isRight === true ? fitRight(title, width) : fit(title, width),
    )
    .join(' ');
  return [{ text, tone: 'dim' }];
}

/** A table, exactly as high as `size`. */
export function Table<Row>(props: TableProps<Row>): ReactNode {
  const { columns, rows, list, size, isFocused, empty } = props;
  // The first cell of each line is for the mark of the cursor.
  const widths = columnWidths(columns, size.columns - 1);
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      <Line segments={headSegments(widths)} width={size.columns} hasMark />
      <List
        count={rows.length}
        cursor={list.cursor}
        top={list.top}
        size={{ columns: size.columns, rows: Math.max(0, size.rows - 1) }}
        isFocused={isFocused}
        line={(index) => {
          const row = rows[index];
          return row === undefined ? undefined : rowSegments(widths, row);
        }}
        {...(empty === undefined ? {} : { empty })}
      />
    </Box>
  );
}
