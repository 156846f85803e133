/**
 * Topology: links, the nodes on them and their roles, tunnels; drawn where that fits.
 */
import { useLayoutEffect, useMemo, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type { TopologyNode, TopologyView } from '../../engine/views/model/index.ts';
import { emptyText } from '../components/detail-pane.tsx';
import { groupedKey, GroupedTable } from '../components/grouped-table.tsx';
import type { GroupedRow } from '../components/grouped-table.tsx';
import { Line } from '../components/line.tsx';
import { PaneTitle } from '../components/pane-title.tsx';
import type { Column } from '../components/table.tsx';
import { bindingFilter } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useRowList, useSubject } from '../hooks/use-row-list.ts';
import { useView } from '../hooks/use-view.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, safeText, truncateMiddle } from '../text.ts';
import {
  linkTitle,
  ROLE_LOOKS,
  rolesText,
  rolesTone,
  topologyDrawing,
} from '../topology/drawing.ts';

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'packets from and to this address: applies a filter',
    footer: 'packets',
  },
  {
    action: 'show-ladder',
    keys: ['L'],
    description: 'ladder of this mobile node',
    footer: 'ladder',
  },
  { action: 'drawing', keys: ['d'], description: 'drawing on and off', footer: 'drawing' },
  {
    action: 'follow',
    keys: ['f'],
    description: 'filter for all packets of this mobile node',
    footer: 'follow',
  },
  { action: 'copy', keys: ['y'], description: 'copy the address' },
  NARROW_KEY,
];

/** Rows that the list keeps when there is a drawing: title, head and some lines. */
const LEAST_LIST = 7;

type Tunnel = TopologyView['tunnels'][number];
type Row =
  | { readonly kind: 'node'; readonly node: TopologyNode }
  | { readonly kind: 'tunnel'; readonly tunnel: Tunnel };

const COLUMNS: readonly Column<Row>[] = [
  {
    title: 'Role',
    width: 8,
    cell: (row) =>
      row.kind === 'node'
        ? { text: rolesText(row.node.roles), tone: rolesTone(row.node.roles) }
        : { text: 'tunnel', tone: 'accent' },
  },
  {
    title: 'Address',
    width: 16,
    share: 2,
    cell: (row, width) =>
      truncateMiddle(
        safeText(row.kind === 'node' ? row.node.address : row.tunnel.homeAddress),
        width,
      ),
  },
  {
    title: 'Is at (care-of address)',
    width: 16,
    share: 2,
    cell: (row, width) =>
      row.kind === 'node'
        ? truncateMiddle(safeText(row.node.careOfAddress ?? '-'), width)
        : `${safeText(row.tunnel.from)} == ${safeText(row.tunnel.to)}`,
  },
  {
    title: 'Link-layer',
    width: 17,
    cell: (row) =>
      row.kind === 'node'
        ? (row.node.linkLayerAddress ?? '-')
        : `${countText(row.tunnel.packets)} packets`,
  },
  {
    title: 'Known by',
    width: 8,
    share: 1,
    from: 90,
    cell: (row) => (row.kind === 'node' ? row.node.knownBy : 'seen'),
  },
];

function title(key: string, name: string, more: string): GroupedRow<Row> {
  return {
    kind: 'title',
    key,
    segments: [
      { text: safeText(name), tone: 'strong' },
      { text: `  ${safeText(more)}`, tone: 'dim' },
    ],
  };
}

/** Nodes under their links, then tunnels. */
function grouped(view: TopologyView, needle: string): GroupedRow<Row>[] {
  const isWanted = ({
    address,
    roles,
    careOfAddress,
    linkLayerAddress,
    link,
  }: TopologyNode): boolean =>
    hasNeedle(needle, [
      address,
      careOfAddress,
      linkLayerAddress,
      link,
      ...roles.map((role) => ROLE_LOOKS[role].says),
    ]);
  const nodes = view.nodes.filter(isWanted);
  const byLink = new Map<string | undefined, TopologyNode[]>();
  const names = new Set(view.links.map(({ name }) => name));
  for (const node of nodes) {
    const link = node.link !== undefined && names.has(node.link) ? node.link : undefined;
    const known = byLink.get(link);
    if (known === undefined) byLink.set(link, [node]);
    else known.push(node);
  }
  const rowsOf = (link: string | undefined): GroupedRow<Row>[] =>
    (byLink.get(link) ?? []).map((node) => ({
      kind: 'row',
      key: node.address,
      row: { kind: 'node', node },
    }));
  const tunnels = view.tunnels.filter(({ from, to, homeAddress }) =>
    hasNeedle(needle, [from, to, homeAddress, 'tunnel']),
  );
  const lost = rowsOf(undefined);
  return [
    ...view.links.flatMap((link): GroupedRow<Row>[] => {
      const rows = rowsOf(link.name);
      if (rows.length === 0 && needle !== '') return [];
      const prefixes = link.prefixes.length === 0 ? 'no prefix known' : link.prefixes.join(', ');
      const by = link.roleKnownBy === '' ? '' : ` (role: ${link.roleKnownBy})`;
      return [title(`link ${link.name}`, linkTitle(link), `${prefixes}${by}`), ...rows];
    }),
    ...(lost.length === 0
      ? []
      : [
          title('lost', 'Place not known', 'seen, but not by which link they are reached'),
          ...lost,
        ]),
    ...(tunnels.length === 0
      ? []
      : [
          title('tunnels', 'Tunnels', 'home address, its two ends, packets seen'),
          ...tunnels.map((tunnel) => ({
            kind: 'row' as const,
            key: `tunnel ${tunnel.homeAddress} ${tunnel.from} ${tunnel.to}`,
            row: { kind: 'tunnel' as const, tunnel },
          })),
        ]),
    ...(view.dropped === 0 || needle !== ''
      ? []
      : [
          title(
            'dropped',
            `and ${countText(view.dropped)} nodes more`,
            'left out, there are too many',
          ),
        ]),
  ];
}

/** The address of a line. */
function addressOf(row: Row): string {
  return row.kind === 'node' ? row.node.address : row.tunnel.homeAddress;
}

const Topology: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const view = useView(model, status, 'topology', isActive);
  const [isDrawn, setDrawn] = useState(true);
  const needle = useNarrow(actions, isActive);
  const lines = useMemo(() => (view === undefined ? [] : grouped(view, needle)), [view, needle]);
  const drawing = useMemo(
    () =>
      view === undefined || !isDrawn
        ? undefined
        : topologyDrawing(view, { columns: size.columns, rows: size.rows - LEAST_LIST }),
    [view, isDrawn, size.columns, size.rows],
  );
  const rows = size.rows - 1 - (drawing?.length ?? 0);
  const list = useRowList({ rows: lines, keyOf: groupedKey, height: rows - 1, isActive });
  const row = list.selected?.kind === 'row' ? list.selected.row : undefined;

  const hasLines = lines.length > 0;
  useLayoutEffect(() => {
    if (hasLines) list.select(1);
  }, [hasLines]);
  useSubject(subject, view !== undefined, (wanted) => {
    if (wanted.kind !== 'home-address') return;
    const found = lines.findIndex(
      (line) => line.kind === 'row' && addressOf(line.row) === wanted.homeAddress,
    );
    if (found >= 0) list.select(found);
  });

  const withAddress = (then: (address: string) => void): void => {
    if (row === undefined) actions.say('go to a node first', 'warning');
    else then(addressOf(row));
  };
  const withMobileNode = (then: (homeAddress: string) => void): void => {
    const isMobile =
      row?.kind === 'tunnel' || row?.node.roles.some((role) => role === 'mobile-node') === true;
    if (row === undefined || !isMobile) actions.say('that is no mobile node', 'warning');
    else then(addressOf(row));
  };
  useActions(
    {
      open: () => {
        withAddress((address) => {
          const isLinkLayer = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(address);
          actions.applyFilter(`${isLinkLayer ? 'eth.addr' : 'ipv6.addr'} == ${address}`);
        });
      },
      'show-ladder': () => {
        withMobileNode((homeAddress) => {
          actions.go('ladder', { kind: 'home-address', homeAddress });
        });
      },
      follow: () => {
        withMobileNode((homeAddress) => {
          actions.applyFilter(bindingFilter(homeAddress));
        });
      },
      drawing: () => {
        if (!isDrawn || drawing !== undefined) setDrawn(!isDrawn);
        else actions.say('the drawing does not fit; it needs a larger terminal', 'warning');
      },
      copy: () => {
        withAddress((address) => {
          actions.copy(address, 'address');
        });
      },
    },
    isActive,
  );

  const narrowed = needle === '' ? '' : ` with "${needle}"`;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflowY="hidden">
      {drawing?.map((segments, index) => (
        <Line key={index} segments={segments} width={size.columns} />
      ))}
      <PaneTitle
        title={`Nodes by link${narrowed}`}
        detail="ATK! attacker, HA home agent, MN mobile node, CN correspondent, R router"
        columns={size.columns}
        isFocused
      />
      <GroupedTable
        columns={COLUMNS}
        lines={lines}
        list={list}
        size={{ columns: size.columns, rows }}
        isFocused
        empty={safeText(emptyText(view === undefined, needle, 'no node is known yet'))}
      />
    </Box>
  );
};

/** The screen. */
export const TOPOLOGY_SCREEN: ScreenDefinition = {
  id: 'topology',
  title: 'Topology',
  short: 'Topo',
  key: '7',
  component: Topology,
  keys: KEYS,
};
