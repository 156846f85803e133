/**
 * Packets: a list, the fields of one, its octets; what is chosen in one pane is shown in the others.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import { Hex } from '../components/hex.tsx';
import { Line } from '../components/line.tsx';
import type { Segment } from '../components/line.tsx';
import { List } from '../components/list.tsx';
import { PaneTitle } from '../components/pane-title.tsx';
import { Tree } from '../components/tree.tsx';
import { bindingFilter } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { useList } from '../hooks/use-list.ts';
import { PACKETS_KEYS } from '../packets/keys.ts';
import { headText, rowSegments, rowWidths } from '../packets/row-text.ts';
import { useDetail } from '../packets/use-detail.ts';
import { fieldDetail, useFields } from '../packets/use-fields.ts';
import { usePacketActions } from '../packets/use-packet-actions.ts';
import { usePacketRows } from '../packets/use-packet-rows.ts';
import { usePanes } from '../packets/use-panes.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, safeText, truncate } from '../text.ts';

/** What the line of the filter says. */
function filterSegments(filter: string, isFiltering: boolean): readonly Segment[] {
  if (filter === '') {
    return [
      { text: ' filter: ', tone: 'dim' },
      { text: 'none; / for one, for example mip6 or ipv6.addr == 2001:db8::/32', tone: 'dim' },
    ];
  }
  return [
    { text: ' filter: ', tone: 'strong' },
    { text: safeText(filter), tone: 'good' },
    { text: isFiltering ? '  …' : '  (esc clears)', tone: 'dim' },
  ];
}

/** The same where more has to be said in the line. */
function briefFilter(filter: string): readonly Segment[] {
  const text = filter === '' ? 'none' : truncate(safeText(filter), 40);
  return [
    { text: ' filter: ', tone: filter === '' ? 'dim' : 'strong' },
    { text, tone: filter === '' ? 'dim' : 'good' },
  ];
}

const Packets: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const { shown, filter, isFiltering, packets, phase } = status;
  const panes = usePanes({ columns: size.columns, rows: size.rows - 1 }, isActive);
  const { focus, sizes } = panes;
  const isLive = phase === 'following' || phase === 'stopped';
  const listSize = sizes.list ?? { columns: size.columns, rows: 10 };
  // Which packets the list has, from its first line on: the filter, and what is not kept any more.
  const whichList = `${status.forgotten} ${filter}`;
  const settledList = useRef(whichList);
  const list = useList({
    count: shown,
    height: listSize.rows,
    isActive: isActive && focus === 'list',
    canFollow: isLive,
    isFollowing: phase === 'following',
    onKeys: () => {
      settledList.current = whichList;
    },
  });
  const rowAt = usePacketRows(model, status, list.top, listSize.rows, isActive);
  const row = shown === 0 ? undefined : rowAt(list.cursor);
  const detail = useDetail(model, row?.packet, status.versions.incidents, isActive);
  const fields = useFields(detail, sizes, focus, isActive);
  const { lines, field } = fields;

  const reveal = async (packet: number): Promise<void> => {
    const line = await model.lineOf(packet);
    settledList.current = whichList;
    list.select(line);
    const [there] = await model.rows(line, 1);
    if (there !== undefined && there.packet !== packet) {
      actions.say('the filter hides that packet; esc shows all packets again', 'warning');
    }
  };

  // The cursor stays on its packet when the list becomes another, unless it is moved before the list is settled.
  const seen = useRef<number | undefined>(undefined);
  if (row !== undefined && settledList.current === whichList) seen.current = row.packet;
  useEffect(() => {
    if (settledList.current === whichList || isFiltering) return;
    settledList.current = whichList;
    const packet = seen.current;
    if (packet === undefined || list.isFollowing) return;
    model.lineOf(packet).then(list.select, () => undefined);
  }, [whichList, isFiltering]);

  useEffect(() => {
    if (subject?.kind === 'packet') void reveal(subject.packet);
    if (subject?.kind === 'home-address') actions.applyFilter(bindingFilter(subject.homeAddress));
  }, [subject]);

  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set<number>());
  useActions(
    {
      goto: ({ count, argument }) => {
        const number = count ?? Number(argument);
        model.packetOf(number).then(
          (packet) => {
            if (packet === undefined) actions.say(`there is no packet ${number}`, 'warning');
            else void reveal(packet);
          },
          () => undefined,
        );
      },
      open: () => {
        if (focus === 'tree') fields.toggle();
        else panes.setFocus('tree');
      },
      toggle: () => {
        if (focus !== 'list') fields.toggle();
        else if (row !== undefined) {
          const next = new Set(selected);
          if (!next.delete(row.packet)) next.add(row.packet);
          setSelected(next);
          list.select(list.cursor + 1);
        }
      },
      unselect: () => {
        setSelected(new Set());
      },
    },
    isActive,
  );
  usePacketActions({
    model,
    status,
    actions,
    isActive,
    row,
    detail,
    lines,
    field,
    selected,
    reveal,
  });

  const widths = useMemo(() => rowWidths(listSize.columns, packets), [listSize.columns, packets]);
  const empty =
    packets > 0
      ? 'no packet matches the filter; esc clears it'
      : phase === 'loading'
        ? 'loading…'
        : phase === 'following'
          ? 'waiting for packets…'
          : 'there are no packets';
  const isList = focus === 'list';
  const chosen = selected.size === 0 ? '' : `  ${countText(selected.size)} selected, w writes`;
  const extra = `${chosen}${list.isFollowing ? '  following, k stops' : ''}`;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      <Line
        width={size.columns}
        segments={[
          ...(extra === '' ? filterSegments(filter, isFiltering) : briefFilter(filter)),
          { text: extra, tone: 'accent' },
        ]}
      />
      {sizes.list !== undefined && (
        <>
          <Line
            width={listSize.columns}
            hasMark
            segments={[{ text: headText(widths), tone: isList ? 'accent' : 'dim' }]}
          />
          <List
            count={shown}
            cursor={list.cursor}
            top={list.top}
            size={listSize}
            isFocused={isList}
            empty={empty}
            line={(index) => {
              const item = rowAt(index);
              return item === undefined
                ? undefined
                : rowSegments(item, widths, selected.has(item.packet) ? '*' : ' ');
            }}
          />
        </>
      )}
      <Box flexDirection={sizes.isSideBySide ? 'row' : 'column'} flexShrink={0}>
        {sizes.tree !== undefined && (
          <Box flexDirection="column" width={sizes.tree.columns} flexShrink={0}>
            <PaneTitle
              title={detail === undefined ? 'Fields' : `Fields of packet ${detail.row.number}`}
              detail={field === undefined ? '' : fieldDetail(field)}
              columns={sizes.tree.columns}
              isFocused={focus === 'tree'}
            />
            <Tree
              lines={lines}
              cursor={fields.cursor}
              top={fields.top}
              size={sizes.tree}
              isFocused={focus === 'tree'}
              empty=""
            />
          </Box>
        )}
        {sizes.isSideBySide && sizes.hex !== undefined && sizes.tree !== undefined && (
          <Box width={1} flexShrink={0} />
        )}
        {sizes.hex !== undefined && (
          <Box flexDirection="column" width={sizes.hex.columns} flexShrink={0}>
            <PaneTitle
              title={fields.octets.title}
              detail={fields.octets.detail}
              columns={sizes.hex.columns}
              isFocused={focus === 'hex'}
            />
            <Hex
              bytes={fields.octets.bytes}
              top={fields.octets.top}
              marked={fields.octets.marked}
              cursor={focus === 'hex' ? fields.octets.cursor : undefined}
              size={sizes.hex}
            />
          </Box>
        )}
      </Box>
    </Box>
  );
};

/** The screen. */
export const PACKETS_SCREEN: ScreenDefinition = {
  id: 'packets',
  title: 'Packets',
  short: 'Packets',
  key: '1',
  component: Packets,
  keys: PACKETS_KEYS,
};
