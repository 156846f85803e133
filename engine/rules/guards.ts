/**
 * Rules that are asked about some events only while they hold something, or until they were asked once.
 */

/** How the name of what a rule holds begins as a condition: `holding waiting`. */
export const HOLDING = 'holding ';
/** Condition of a rule that was not asked yet. */
const UNASKED = 'unasked';

/** Condition of a rule that is asked in any case. */
const ALWAYS = 'always';

/** Whether a condition is that of rules that were not asked yet. */
export function isUnaskedCondition(condition: string): condition is typeof UNASKED {
  return condition === UNASKED;
}

/** Whether a condition is one by what the rule holds, not by what the event is. */
export function isStateCondition(condition: string): boolean {
  return condition === ALWAYS || condition === UNASKED || condition.startsWith(HOLDING);
}

/** Whether a rule with these conditions is asked in any case. */
export function isAlwaysAsked(conditions: readonly string[] | undefined): boolean {
  return conditions === undefined || conditions.includes(ALWAYS);
}

/** Something that has entries, counted without looking whether they are still valid. */
export interface Countable {
  readonly entries: number;
}

/** What a rule holds, by the names of its tables and counters. */
export class Held {
  /** Whether the rule was ever asked. */
  wasAsked = false;
  readonly #places = new Map<string, Place>();

  /** Where what has this name will be. */
  place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place: Place = { tables: [] };
    this.#places.set(name, place);
    return place;
  }

  /** A table or counter is there now. */
  add(name: string, table: Countable): void {
    this.place(name).tables.push(table);
  }
}

/** What a rule holds under one name: a table, and counters that may have its name as well. */
interface Place {
  readonly tables: Countable[];
}

/** Whether a rule is to be asked, by what it holds. */
export class Guard {
  readonly #held: Held;
  readonly #places: readonly Place[];
  readonly #isForUnasked: boolean;

  /** @param names of tables and counters: one with an entry is enough */
  constructor(held: Held, names: readonly string[], isForUnasked: boolean) {
    this.#held = held;
    this.#places = names.map((name) => held.place(name));
    this.#isForUnasked = isForUnasked;
  }

  /** Whether it can ever be open. */
  get mayOpen(): boolean {
    return this.#places.length > 0 || (this.#isForUnasked && !this.#held.wasAsked);
  }

  /** Whether the rule is to be asked now. */
  get isOpen(): boolean {
    if (this.#isForUnasked && !this.#held.wasAsked) return true;
    for (const { tables } of this.#places) {
      for (const table of tables) if (table.entries > 0) return true;
    }
    return false;
  }
}
