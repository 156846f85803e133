/**
 * What lies over a screen: one prompt or one dialog at a time; further ones wait.
 */
import type { Choice, PromptRequest } from '../screen.ts';

/** What asks for keys before the screen does. */
export type Layer =
  | { readonly kind: 'help' }
  | { readonly kind: 'prompt'; readonly request: PromptRequest }
  | {
      readonly kind: 'ask';
      readonly question: string;
      readonly answer: (isYes: boolean) => void;
    }
  | {
      readonly kind: 'choose';
      readonly title: string;
      readonly choices: readonly Choice[];
      readonly answer: (choice: Choice | undefined) => void;
    }
  | { readonly kind: 'show'; readonly title: string; readonly lines: readonly string[] };

/** A layer with a number, so that two of a kind are not one to React. */
export interface OpenLayer {
  readonly id: number;
  readonly layer: Layer;
}

/** Texts given to prompts, by name of the history. */
export class Histories {
  readonly #texts = new Map<string, string[]>();

  /** @param filters given to the filter box before, the newest last */
  constructor(filters: readonly string[] = []) {
    for (const filter of filters) this.add('filter', filter);
  }

  /** Oldest first. */
  of(name: string): readonly string[] {
    return this.#texts.get(name) ?? [];
  }

  /** Adds a text; one that is there moves to the end. The oldest of 100 goes. */
  add(name: string, text: string): void {
    if (text.trim() === '') return;
    const texts = this.of(name).filter((known) => known !== text);
    texts.push(text);
    this.#texts.set(name, texts.slice(-100));
  }
}
