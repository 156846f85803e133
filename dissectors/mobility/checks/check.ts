/**
 * What a check of a whole mobility message is given, and how one is declared.
 */
import type { DiagnosticCode } from '../../core/diagnostic.ts';
import type { KnownMessage, MessageOf } from '../messages/index.ts';
import type { MobilityOption } from '../options/index.ts';

/** Options of a message as they came, padding among them. */
export class OptionList {
  readonly options: readonly MobilityOption[];
  /** Option Types, in order; 0 of Pad1. An option that its row cannot take has its type as well. */
  readonly types: readonly number[];
  /** Bit n: type n is there, of types below 32. Most questions are about options that are not there. */
  readonly #present: number;

  constructor(options: readonly MobilityOption[], types: readonly number[]) {
    this.options = options;
    this.types = types;
    let present = 0;
    for (const type of types) if (type < 32) present |= 1 << type;
    this.#present = present;
  }

  has(type: number): boolean {
    return type < 32 ? (this.#present & (1 << type)) !== 0 : this.types.includes(type);
  }

  count(type: number): number {
    let count = 0;
    for (const item of this.types) if (item === type) count++;
    return count;
  }

  /** Index of the first option of a type after `from`; -1 = none. */
  indexOf(type: number, from = -1): number {
    if (!this.has(type)) return -1;
    return this.types.indexOf(type, from + 1);
  }

  /** Whether nothing but padding follows the option at `index`. RFC 6275 sections 6.2.2 and 6.2.3. */
  isLast(index: number): boolean {
    for (let i = index + 1; i < this.types.length; i++)
      if ((this.types[i] ?? 0) > PADN) return false;
    return true;
  }
}

const PADN = 1;

/**
 * Takes a finding.
 * @param detail what is wrong, in words.
 * @param option index of the option it is about; default: the message itself.
 */
export type ReportFinding = (code: DiagnosticCode, detail: string, option?: number) => void;

/** A check of the messages of one kind. */
export interface MessageCheck {
  readonly kind: KnownMessage['kind'];
  readonly run: (message: KnownMessage, list: OptionList, report: ReportFinding) => void;
}

/** Declares a check. */
export function check<K extends KnownMessage['kind']>(
  kind: K,
  run: (message: MessageOf<K>, list: OptionList, report: ReportFinding) => void,
): MessageCheck {
  return {
    kind,
    // Only messages of this kind are handed to it.
    run: (message, list, report) => {
      run(message as MessageOf<K>, list, report);
    },
  };
}
