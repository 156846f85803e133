/**
 * Fields and octets of a packet, linked: the field of the cursor is marked in the octets, the octet of the cursor
 * chooses its field.
 */
import { useRef, useState } from 'react';
import type { FieldNode } from '../../dissectors/core/node.ts';
import type { PacketDetail } from '../../engine/views/model/index.ts';
import { hexTop, octetsPerLine } from '../components/hex.tsx';
import type { OctetRange } from '../components/hex.tsx';
import { ancestors, pathOfOctet, treeLines } from '../components/tree.tsx';
import type { TreeLine } from '../components/tree.tsx';
import { useActions } from '../hooks/use-actions.ts';
import { useList } from '../hooks/use-list.ts';
import { safeText } from '../text.ts';
import type { Pane, PaneSizes } from './panes.ts';

const NO_OCTETS = new Uint8Array();
const NO_NODES: readonly FieldNode[] = [];

/** Headers that start folded: what carries the signalling, not the signalling. */
const FOLDED: ReadonlySet<string> = new Set(['frame', 'eth', 'sll', 'ip', 'ipv6', 'udp', 'null']);

/** Field, octets and specification of a line, for the title of the pane. */
export function fieldDetail({ name, offset, length, generated, spec }: FieldNode): string {
  return [
    name,
    generated === true || length === 0
      ? undefined
      : `${length} octet${length === 1 ? '' : 's'} at ${offset}`,
    spec === undefined
      ? undefined
      : `RFC ${spec.rfc}${spec.section === '' ? '' : ` ${spec.section}`}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** Fields and octets as they are shown. */
export interface Fields {
  readonly lines: readonly TreeLine[];
  readonly cursor: number;
  readonly top: number;
  readonly field: FieldNode | undefined;
  /** Folds or unfolds the line of the cursor. */
  readonly toggle: () => void;
  readonly octets: {
    readonly title: string;
    readonly detail: string;
    readonly bytes: Uint8Array;
    readonly top: number;
    readonly marked: OctetRange;
    readonly cursor: number;
  };
}

interface Place {
  /** Line of the cursor by its path, so that the next packet shows the same field. */
  readonly path: string;
  /** Octet of the cursor; undefined: the first of the field. */
  readonly octet: number | undefined;
  /** Octets chosen by hand; undefined: those of the field. */
  readonly source: number | undefined;
}

/** Line of a path, or of the nearest line around it; of a packet without it the first header that is not folded. */
function lineOf(lines: readonly TreeLine[], path: string): number {
  const exact = lines.findIndex((line) => line.path === path);
  if (exact >= 0) return exact;
  const around = ancestors(path).toReversed();
  for (const outer of around) {
    const line = lines.findIndex((item) => item.path === outer);
    if (line >= 0) return line;
  }
  const header = lines.findIndex(({ depth, node }) => depth === 0 && !FOLDED.has(node.name ?? ''));
  return Math.max(0, header);
}

/** Fields and octets of a packet; answers to the keys of both panes. */
export function useFields(
  detail: PacketDetail | undefined,
  sizes: PaneSizes,
  focus: Pane,
  isActive: boolean,
): Fields {
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map<string, boolean>());
  const [place, setPlace] = useState<Place>({ path: '/mip6', octet: undefined, source: undefined });
  const hexScroll = useRef(0);
  const nodes = detail?.nodes ?? NO_NODES;
  const lines = treeLines(
    nodes,
    (path, { name }, depth) => folds.get(path) ?? (depth === 0 && !FOLDED.has(name ?? '')),
  );
  const cursor = lineOf(lines, place.path);
  const line = lines[cursor];
  const field = line?.node;

  const choose = (index: number): void => {
    const chosen = lines[index];
    if (chosen !== undefined) setPlace({ path: chosen.path, octet: undefined, source: undefined });
  };
  const isTree = isActive && focus === 'tree';
  const isHex = isActive && focus === 'hex';
  const list = useList({
    count: lines.length,
    height: sizes.tree?.rows ?? 10,
    isActive: isTree,
    kept: { cursor, onMove: choose },
  });

  const fold = (path: string, isOpen: boolean): void => {
    setFolds(new Map(folds).set(path, isOpen));
  };
  const toggle = (): void => {
    if (line?.isOpen !== undefined) fold(line.path, !line.isOpen);
  };
  useActions(
    {
      left: () => {
        if (line === undefined) return;
        if (line.isOpen === true) fold(line.path, false);
        else {
          const outer = ancestors(line.path).at(-1);
          if (outer !== undefined) choose(lineOf(lines, outer));
        }
      },
      right: () => {
        if (line?.isOpen === false) fold(line.path, true);
        else if (line?.isOpen === true) choose(cursor + 1);
      },
    },
    isTree,
  );

  const source = place.source ?? field?.source ?? 0;
  const bytes = detail?.sources[source]?.bytes ?? NO_OCTETS;
  const marked: OctetRange =
    field === undefined || field.source !== source
      ? { offset: 0, length: 0 }
      : { offset: field.offset, length: field.length };
  const octet = Math.max(0, Math.min(place.octet ?? marked.offset, bytes.length - 1));
  const hexSize = sizes.hex ?? { columns: 80, rows: 10 };
  const perLine = octetsPerLine(hexSize.columns);
  const first = focus === 'hex' ? octet : marked.offset;
  const last = focus === 'hex' ? octet : Math.max(marked.offset, marked.offset + marked.length - 1);
  const top = hexTop(
    hexScroll.current,
    Math.floor(first / perLine),
    Math.floor(last / perLine),
    hexSize.rows,
    Math.ceil(bytes.length / perLine),
  );
  hexScroll.current = top;

  const toOctet = (to: number): void => {
    const at = Math.max(0, Math.min(to, bytes.length - 1));
    const path = pathOfOctet(nodes, source, at);
    if (path === undefined) {
      setPlace({ ...place, octet: at, source });
      return;
    }
    const closed = ancestors(path).filter((outer) => folds.get(outer) !== true);
    if (closed.length > 0) {
      setFolds(new Map([...folds, ...closed.map((outer) => [outer, true] as const)]));
    }
    setPlace({ path, octet: at, source });
  };
  const page = perLine * Math.max(1, hexSize.rows - 1);
  const half = perLine * Math.max(1, Math.floor(hexSize.rows / 2));
  useActions(
    {
      left: ({ count = 1 }) => {
        toOctet(octet - count);
      },
      right: ({ count = 1 }) => {
        toOctet(octet + count);
      },
      up: ({ count = 1 }) => {
        if (octet >= perLine)
          toOctet(octet - perLine * Math.min(count, Math.floor(octet / perLine)));
      },
      down: ({ count = 1 }) => {
        toOctet(octet + perLine * count);
      },
      'half-up': ({ count = 1 }) => {
        toOctet(octet - half * count);
      },
      'half-down': ({ count = 1 }) => {
        toOctet(octet + half * count);
      },
      'page-up': ({ count = 1 }) => {
        toOctet(octet - page * count);
      },
      'page-down': ({ count = 1 }) => {
        toOctet(octet + page * count);
      },
      first: () => {
        toOctet(0);
      },
      last: () => {
        toOctet(bytes.length - 1);
      },
    },
    isHex,
  );
  useActions(
    {
      'next-octets': () => {
        const count = detail?.sources.length ?? 0;
        if (count > 0) setPlace({ ...place, octet: undefined, source: (source + 1) % count });
      },
    },
    isActive,
  );

  const sources = detail?.sources ?? [];
  const label = safeText(sources[source]?.label ?? 'Octets');
  return {
    lines,
    cursor: list.cursor,
    top: list.top,
    field,
    toggle,
    octets: {
      title: sources.length > 1 ? `${label} (${source + 1} of ${sources.length}, o next)` : label,
      detail: focus === 'hex' ? `octet ${octet} of ${bytes.length}` : `${bytes.length} octets`,
      bytes,
      top,
      marked,
      cursor: octet,
    },
  };
}
