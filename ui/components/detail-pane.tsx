/**
 * A list, and below it a pane with a title and the text about its line.
 */
import type { FC, ReactNode } from 'react';
import { Box } from 'ink';
import type { ListCursor } from '../hooks/use-list.ts';
import type { Split } from '../hooks/use-split.ts';
import { Document, placeText } from './document.tsx';
import type { DocumentLine, Reading } from './document.tsx';
import type { ScreenSize } from '../screen.ts';
import { PaneTitle } from './pane-title.tsx';

/** What the lower pane shows. */
interface DetailProps {
  readonly title: string;
  readonly lines: readonly DocumentLine<unknown>[];
  readonly reading: Reading;
  readonly split: Split;
  /** Text that the list is narrowed to; it is said here. */
  readonly needle?: string;
  /** Cursor of the list, and its lines: where it is, is said when not all are seen. */
  readonly list: ListCursor;
  readonly count: number;
}

/** Title and text; nothing when the list is alone. */
const DetailPane: FC<DetailProps> = ({
  title,
  lines,
  reading,
  split,
  list,
  count,
  needle = '',
}) => {
  const { detail, hasDetail, focus } = split;
  if (!hasDetail) return null;
  const above = placeText(list, count, split.list.rows - 1);
  const below = placeText(reading, lines.length, detail.rows);
  const narrowed = needle === '' ? '' : `only lines with "${needle}"`;
  return (
    <>
      <PaneTitle
        title={title}
        detail={[narrowed, above === '' ? '' : `row ${above}`, below === '' ? '' : `text ${below}`]
          .filter((text) => text !== '')
          .join('  ')}
        columns={detail.columns}
        isFocused={focus === 'detail'}
      />
      <Document lines={lines} list={reading} size={detail} isFocused={focus === 'detail'} />
    </>
  );
};

/** The list, as `children`, where it has room, and the pane below. */
export const ListAndDetail: FC<
  DetailProps & { readonly size: ScreenSize; readonly children: ReactNode }
> = ({ size, children, ...detail }) => (
  <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
    {detail.split.list.rows > 0 && children}
    <DetailPane {...detail} />
  </Box>
);

/** What an empty list says. */
export function emptyText(isAsking: boolean, needle: string, nothing: string): string {
  if (isAsking) return 'asking ...';
  return needle === '' ? nothing : `no line with "${needle}"; esc shows all`;
}
