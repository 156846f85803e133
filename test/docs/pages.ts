/**
 * The pages people read, and what a test can hold against the program: blocks of code, links, headings.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Root of the repository. */
export const ROOT = path.join(import.meta.dirname, '..', '..');

/** All pages, relative to the root. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'rules/README.md',
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A fenced block of a page. */
export interface Block {
  /** `README.md:120`, the line of the fence. */
  readonly place: string;
  /** What follows the fence: `console`, `yaml`, `sh`. */
  readonly language: string;
  readonly lines: readonly string[];
}

/** Text of a page. */
export function pageText(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

/** Fenced blocks of a page. */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { place: string; language: string; lines: string[] } | undefined;
  for (const [i, line] of pageText(page).split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) {
      open = { place: `${page}:${i + 1}`, language: fence[1] ?? '', lines: [] };
    } else {
      blocks.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${open.place}: the block is never closed`);
  return blocks;
}

/** A page without its fenced blocks and without code in the line. */
export function prose(page: string): string {
  return pageText(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

/** Targets of the links of a page. */
export function linksOf(page: string): readonly string[] {
  return [...prose(page).matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '');
}

/** Names that links to headings of a page may have, as the usual renderers make them. */
export function anchorsOf(page: string): readonly string[] {
  const withoutBlocks = pageText(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...withoutBlocks.matchAll(/^#+ +(.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** One command of a `console` block with the output shown under it. */
export interface ShownCommand {
  readonly command: string;
  readonly output: readonly string[];
}

/** Commands of a `console` block: each begins with `$ `; a line that ends with `\` goes on in the next. */
export function commandsOf({ place, lines }: Block): readonly ShownCommand[] {
  const commands: { command: string; output: string[] }[] = [];
  let isOpen = false;
  for (const line of lines) {
    const last = commands.at(-1);
    if (isOpen && last !== undefined) last.command += `\n${line}`;
    else if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else if (last === undefined) throw new Error(`${place}: output before the first command`);
    else {
      last.output.push(line);
      continue;
    }
    isOpen = line.endsWith('\\');
  }
  return commands;
}

/** Stands for lines that are left out. */
export const LEFT_OUT = '...';

/**
 * Where shown output is not what a command wrote.
 * @param shown `...` lines stand for any lines; everything else must be there, in order and without gaps
 * @returns the first shown lines that are not there; undefined when all are
 */
export function firstDifference(
  shown: readonly string[],
  written: readonly string[],
): readonly string[] | undefined {
  const parts: string[][] = [[]];
  for (const line of shown) {
    if (line === LEFT_OUT) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  let from = 0;
  for (const [i, part] of parts.entries()) {
    const isLast = i === parts.length - 1;
    // What follows nothing left out begins here; what nothing follows ends at the end.
    const least = isLast && i > 0 ? Math.max(from, written.length - part.length) : from;
    const most = i === 0 ? from : written.length - part.length;
    let at = least;
    while (at <= most && part.some((line, k) => written[at + k] !== line)) at++;
    if (at > most || (isLast && at + part.length !== written.length)) return part;
    from = at + part.length;
  }
  return undefined;
}
