/**
 * Values as characters: sparklines and bars.
 */

const LEVELS = '▁▂▃▄▅▆▇█';
const PARTS = ' ▏▎▍▌▋▊▉█';

/** Joins neighbouring values so that at most `width` are left: the largest of each group, so that no peak is lost. */
export function squeeze(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: Math.max(0, width) }, (_, i) => {
    const from = Math.floor((i * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / width));
    return values.slice(from, to).reduce((most, value) => Math.max(most, value), 0);
  });
}

/**
 * A character for each value, from `▁` to `█` for the largest; a blank for 0, so that nothing and little are told
 * apart. Negative values and NaN count as 0.
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = squeeze(values, width);
  const most = shown.reduce((all, value) => Math.max(all, value), 0);
  return shown
    .map((value) => {
      if (!(value > 0)) return ' ';
      const level = Math.ceil((value / most) * LEVELS.length) - 1;
      return LEVELS.charAt(Math.max(0, Math.min(level, LEVELS.length - 1)));
    })
    .join('');
}

/** A bar in exactly `width` cells, in eighths of a cell. What is not 0 shows at least an eighth. */
export function bar(value: number, most: number, width: number): string {
  if (width <= 0) return '';
  const share = value > 0 && most > 0 ? Math.min(1, value / most) : 0;
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * width * 8));
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8 === 0 ? '' : PARTS.charAt(eighths % 8);
  return `${'█'.repeat(full)}${rest}`.padEnd(width);
}

/** `[#####.....]`, where blocks are not wanted, in exactly `width` cells. */
export function meter(share: number, width: number): string {
  const inner = Math.max(0, width - 2);
  const full = Math.round(Math.max(0, Math.min(1, share)) * inner);
  return `[${'#'.repeat(full)}${'.'.repeat(inner - full)}]`;
}
