/**
 * Keys as they come, for what takes all of them: a prompt, a dialog, help.
 */
import { createContext, useContext, useLayoutEffect, useRef } from 'react';

/** Takes a key by its name. */
export type KeyHandler = (key: string) => void;

/** Who takes keys as they come; the one added last gets them. */
export class RawKeys {
  readonly #takers: { readonly current: KeyHandler }[] = [];

  /** @returns takes it away */
  add(taker: { readonly current: KeyHandler }): () => void {
    this.#takers.push(taker);
    return () => {
      const index = this.#takers.indexOf(taker);
      if (index >= 0) this.#takers.splice(index, 1);
    };
  }

  /** Who gets the next key; undefined when keys are for actions. */
  get taker(): KeyHandler | undefined {
    return this.#takers.at(-1)?.current;
  }
}

/** The takers of the interface. */
export const RawKeyContext = createContext<RawKeys>(new RawKeys());

/** Takes all keys while mounted. */
export function useRawKeys(handler: KeyHandler): void {
  const takers = useContext(RawKeyContext);
  const newest = useRef(handler);
  useLayoutEffect(() => {
    newest.current = handler;
  });
  useLayoutEffect(() => takers.add(newest), [takers]);
}
