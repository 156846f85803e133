/**
 * Panes of the packets screen: which there are, and how high.
 */
import type { ScreenSize } from '../screen.ts';

/** Panes in the order of tab. */
export const PANES = ['list', 'tree', 'hex'] as const;

/** A pane. */
export type Pane = (typeof PANES)[number];

/** Cells from which on octets stand beside the fields. */
const SIDE_BY_SIDE = 150;

/** Cells of octets beside the fields, 16 in a line. */
const HEX_COLUMNS = 76;

/** How much of the height panes want, relative to each other. */
export type Weights = Readonly<Record<Pane, number>>;

/** Weights at the start. */
export const FIRST_WEIGHTS: Weights = { list: 4, tree: 4, hex: 3 };

/** Size of each pane without its title line; undefined for one that is not shown. */
export type PaneSizes = Readonly<Record<Pane, ScreenSize | undefined>> & {
  readonly isSideBySide: boolean;
};

/** Rows for weights: each at least one, all together `total`. */
function distribute(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const rows = weights.map((weight) => Math.max(1, Math.floor((total * weight) / sum)));
  let left = total - rows.reduce((all, row) => all + row, 0);
  for (let i = 0; left !== 0 && i < 4 * rows.length; i++) {
    const at = i % rows.length;
    const row = rows[at] ?? 1;
    if (left > 0) {
      rows[at] = row + 1;
      left--;
    } else if (row > 1) {
      rows[at] = row - 1;
      left++;
    }
  }
  return rows;
}

/** Sizes of panes in `size`; each has a title line over it. */
export function paneSizes(
  size: ScreenSize,
  weights: Weights,
  maximised: Pane | undefined,
): PaneSizes {
  const { columns, rows } = size;
  const isSideBySide = columns >= SIDE_BY_SIDE;
  const none = { list: undefined, tree: undefined, hex: undefined, isSideBySide };
  if (maximised !== undefined) return { ...none, [maximised]: { columns, rows: rows - 1 } };
  if (isSideBySide) {
    const lower = Math.max(weights.tree, weights.hex);
    const [list = 1, below = 1] = distribute(rows - 2, [weights.list, lower]);
    const hex = HEX_COLUMNS;
    return {
      isSideBySide,
      list: { columns, rows: list },
      tree: { columns: columns - hex - 1, rows: below },
      hex: { columns: hex, rows: below },
    };
  }
  const [list = 1, tree = 1, hex = 1] = distribute(rows - 3, [
    weights.list,
    weights.tree,
    weights.hex,
  ]);
  return {
    isSideBySide,
    list: { columns, rows: list },
    tree: { columns, rows: tree },
    hex: { columns, rows: hex },
  };
}

/** Weights with one pane larger (`steps` > 0) or smaller. */
export function resized(weights: Weights, pane: Pane, steps: number): Weights {
  const wanted = weights[pane] * 1.25 ** steps;
  return { ...weights, [pane]: Math.max(0.5, Math.min(40, wanted)) };
}
