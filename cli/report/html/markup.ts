/**
 * HTML that cannot be broken by what a capture holds: every value that goes into a template is escaped.
 */
import { safeText } from '../safe-text.ts';

/** Text that is HTML already. Made by `markup` and, for the style and script of the page alone, by `trusted`. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, markup is not, lists are joined, `undefined` is nothing. */
export type Part = string | number | Markup | undefined | readonly Part[];

/** Nothing. */
export const NOTHING = new Markup('');

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute; what could turn its direction or break its line is shown as `\x1b`. */
export function escapeHtml(text: string): string {
  return safeText(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeHtml(part);
  return part.map(textOf).join('');
}

/** A template of HTML; attributes must stand in quotes. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? '';
  for (const [i, part] of parts.entries()) text += textOf(part) + (strings[i + 1] ?? '');
  return new Markup(text);
}

/** Text of this program that is HTML, CSS or script; never of a capture. */
export function trusted(text: string): Markup {
  return new Markup(text);
}
