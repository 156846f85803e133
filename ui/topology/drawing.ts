/**
 * The network as a drawing: a box for each link with its nodes in it, lines between them, tunnels as double lines.
 */
import type { TopologyLink, TopologyNode, TopologyView } from '../../engine/views/model/index.ts';
import type { Segment } from '../components/line.tsx';
import type { ScreenSize } from '../screen.ts';
import { countText, fit, safeText, textWidth, truncate, truncateMiddle } from '../text.ts';
import type { Tone } from '../theme.ts';

/** A role in short, in words, and how it looks. */
export const ROLE_LOOKS: Readonly<
  Record<
    TopologyNode['roles'][number],
    { readonly short: string; readonly says: string; readonly tone: Tone }
  >
> = {
  attacker: { short: 'ATK!', says: 'attacker', tone: 'critical' },
  'home-agent': { short: 'HA', says: 'home agent', tone: 'good' },
  'mobile-node': { short: 'MN', says: 'mobile node', tone: 'accent' },
  correspondent: { short: 'CN', says: 'correspondent', tone: 'plain' },
  router: { short: 'R', says: 'router', tone: 'plain' },
};

const ROLE_ORDER = Object.keys(ROLE_LOOKS);

/** `ATK!`, `HA+R`; `node` without a role. */
export function rolesText(roles: TopologyNode['roles']): string {
  if (roles.length === 0) return 'node';
  return [...roles]
    .sort((a, b) => ROLE_ORDER.indexOf(a) - ROLE_ORDER.indexOf(b))
    .map((role) => ROLE_LOOKS[role].short)
    .join('+');
}

/** Tone of the role that matters most. */
export function rolesTone(roles: TopologyNode['roles']): Tone {
  const first = ROLE_ORDER.find((role) => roles.some((item) => item === role));
  return first === undefined ? 'plain' : ROLE_LOOKS[first as TopologyNode['roles'][number]].tone;
}

/** Least cells of a box, and most. */
const BOX = { least: 24, most: 60 };
const GAP = 2;
/** Tunnels that are drawn. */
const MAX_TUNNELS = 3;
/** Rows of a box without its nodes, and of the line below. */
const FRAME_ROWS = 3;
/** Nodes of a link that are drawn at most. */
const MAX_NODES = 6;

interface LinkBox {
  readonly title: string;
  readonly lines: readonly Segment[];
  /** Column of its middle. */
  readonly middle: number;
  readonly isPlace: boolean;
}

function nodeLines(node: TopologyNode, width: number): Segment[] {
  const { address, roles, careOfAddress, linkLayerAddress } = node;
  const lead = `${rolesText(roles)} `;
  const indent = ' '.repeat(Math.min(lead.length, 5));
  const lines: Segment[] = [
    {
      text: `${lead}${truncateMiddle(safeText(address), width - lead.length)}`,
      tone: rolesTone(roles),
    },
  ];
  const more = [
    careOfAddress === undefined ? undefined : `at ${safeText(careOfAddress)}`,
    linkLayerAddress === undefined ? undefined : safeText(linkLayerAddress),
  ].filter((text) => text !== undefined);
  const together = more.join(', ');
  const rest = textWidth(together) <= width - indent.length ? [together] : more;
  for (const text of rest) {
    if (text !== '') {
      lines.push({ text: indent + truncateMiddle(text, width - indent.length), tone: 'dim' });
    }
  }
  return lines;
}

/** Attackers first, then as they are known. */
function inOrder(nodes: readonly TopologyNode[]): TopologyNode[] {
  const isAttacker = ({ roles }: TopologyNode): number => Number(roles.includes('attacker'));
  return [...nodes].sort((a, b) => isAttacker(b) - isAttacker(a));
}

function boxLines(nodes: readonly TopologyNode[], width: number, rows: number): Segment[] {
  const sorted = inOrder(nodes);
  const lines: Segment[] = [];
  let drawn = 0;
  for (const node of sorted.slice(0, MAX_NODES)) {
    const next = nodeLines(node, width);
    const isLast = drawn === sorted.length - 1;
    if (lines.length + next.length > rows - (isLast ? 0 : 1)) break;
    lines.push(...next);
    drawn++;
  }
  const left = sorted.length - drawn;
  if (left > 0) lines.push({ text: `and ${countText(left)} more, see below`, tone: 'dim' });
  return lines.length === 0 ? [{ text: 'no node seen', tone: 'dim' }] : lines;
}

/** `home link`, `foreign-1 (foreign)`: no word twice. */
export function linkTitle({ name, role }: Pick<TopologyLink, 'name' | 'role'>): string {
  return safeText(name === role ? `${name} link` : `${name} (${role})`);
}

/** Index of the box that an address is in. */
function boxOf(address: string, view: TopologyView): number {
  const node =
    view.nodes.find(({ careOfAddress }) => careOfAddress === address) ??
    view.nodes.find((item) => item.address === address);
  return view.links.findIndex(({ name }) => name === node?.link);
}

/** Line that joins columns: `└────┴────┘`. */
function joined(columns: readonly number[], text: string): string {
  const first = columns[0] ?? 0;
  const last = columns.at(-1) ?? 0;
  let line = ' '.repeat(first);
  for (let column = first; column <= last; column++) {
    const isEnd = column === first || column === last;
    line += column === first ? '└' : column === last ? '┘' : columns.includes(column) ? '┴' : '─';
    if (first === last && isEnd) break;
  }
  return `${line} ${text}`;
}

function tunnelLine(
  view: TopologyView,
  tunnel: TopologyView['tunnels'][number],
  middles: readonly number[],
): Segment[] | undefined {
  const ends = [boxOf(tunnel.from, view), boxOf(tunnel.to, view)].sort((a, b) => a - b);
  const [from = -1, to = -1] = ends;
  const start = middles[from];
  const end = middles[to];
  if (start === undefined || end === undefined || end - start < 12) return undefined;
  const room = end - start - 1;
  const packets = `${countText(tunnel.packets)} packets`;
  const texts = [
    ` tunnel of ${safeText(tunnel.homeAddress)}, ${packets} `,
    ` tunnel, ${packets} `,
    ` ${packets} `,
  ];
  const label = texts.find((text) => textWidth(text) <= room - 2) ?? '';
  const fill = room - textWidth(label);
  const before = Math.floor(fill / 2);
  return [
    {
      text: `${' '.repeat(start)}╚${'═'.repeat(before)}${label}${'═'.repeat(fill - before)}╝`,
      tone: 'accent',
    },
  ];
}

/** Nodes that no box has. */
function lostLine(nodes: readonly TopologyNode[]): Segment[] {
  return [
    { text: ' place not known: ', tone: 'dim' },
    ...inOrder(nodes)
      .slice(0, MAX_NODES)
      .flatMap(({ roles, address }, index): Segment[] => [
        { text: index === 0 ? '' : ', ' },
        { text: `${rolesText(roles)} ${safeText(address)}`, tone: rolesTone(roles) },
      ]),
    { text: nodes.length > MAX_NODES ? ` and ${countText(nodes.length - MAX_NODES)} more` : '' },
  ];
}

/** Lines of the drawing, at most `size.rows`; undefined when it does not fit. */
export function topologyDrawing(
  view: TopologyView,
  size: ScreenSize,
): readonly (readonly Segment[])[] | undefined {
  const lost = view.nodes.filter(({ link }) => !view.links.some(({ name }) => name === link));
  if (view.links.length === 0) return undefined;
  const widthOf = (count: number): number =>
    Math.min(BOX.most, Math.floor((size.columns - 2 - (count - 1) * GAP) / count));
  // Nodes without a place have a box of their own, or a line below where there is no room for one.
  const hasBox = lost.length > 0 && widthOf(view.links.length + 1) >= BOX.least;
  const width = widthOf(view.links.length + (hasBox ? 1 : 0));
  const tunnels = view.tunnels.slice(0, MAX_TUNNELS);
  const rows = size.rows - FRAME_ROWS - tunnels.length - (lost.length > 0 && !hasBox ? 1 : 0);
  if (width < BOX.least || rows < 3) return undefined;
  const middleOf = (index: number): number => 1 + index * (width + GAP) + Math.floor(width / 2);
  const boxes: LinkBox[] = view.links.map((link, index) => ({
    title: linkTitle(link),
    lines: boxLines(
      view.nodes.filter((node) => node.link === link.name),
      width - 4,
      rows,
    ),
    middle: middleOf(index),
    isPlace: true,
  }));
  if (hasBox) {
    boxes.push({
      title: 'place not known',
      lines: boxLines(lost, width - 4, rows),
      middle: middleOf(boxes.length),
      isPlace: false,
    });
  }
  const height = boxes.reduce((most, { lines }) => Math.max(most, lines.length), 0);
  const places = boxes.filter(({ isPlace }) => isPlace).map(({ middle }) => middle);
  const across = (part: (box: LinkBox) => readonly Segment[]): Segment[] => [
    { text: ' ' },
    ...boxes.flatMap((box, index) =>
      index === 0 ? part(box) : [{ text: ' '.repeat(GAP) }, ...part(box)],
    ),
  ];
  const inner = width - 2;
  return [
    across(({ title }) => {
      const head = `─ ${truncate(title, inner - 3)} `;
      return [{ text: `┌${head}${'─'.repeat(inner - textWidth(head))}┐` }];
    }),
    ...Array.from({ length: height }, (_, row) =>
      across(({ lines }) => {
        const line = lines[row];
        return [
          { text: '│ ' },
          { text: fit(line?.text ?? '', inner - 2), tone: line?.tone },
          { text: ' │' },
        ];
      }),
    ),
    across(({ isPlace }) => {
      const half = Math.floor(width / 2);
      const foot = isPlace
        ? `${'─'.repeat(half - 1)}┬${'─'.repeat(inner - half)}`
        : '─'.repeat(inner);
      return [{ text: `└${foot}┘` }];
    }),
    [{ text: joined(places, 'network') }],
    ...tunnels.flatMap((tunnel) => {
      const line = tunnelLine(view, tunnel, places);
      return line === undefined ? [] : [line];
    }),
    ...(lost.length > 0 && !hasBox ? [lostLine(lost)] : []),
  ];
}
