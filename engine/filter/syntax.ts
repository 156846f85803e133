/**
 * What a display filter says, before names and values are looked up.
 */

/** Characters of the filter that something stands at. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** What a comparison has on a side. */
export type Operand =
  /** A field, or a value that is not quoted. */
  | (Span & { readonly kind: 'word'; readonly text: string })
  | (Span & { readonly kind: 'string' | 'character'; readonly text: string })
  /** Octets of something; `text` is what stands between the brackets, at `inner`. */
  | (Span & {
      readonly kind: 'slice';
      readonly of: Operand;
      readonly text: string;
      readonly inner: Span;
    })
  | (Span & { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[] })
  | (Span & {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Operand;
      readonly right: Operand;
    })
  | (Span & { readonly kind: 'negative'; readonly of: Operand });

export type ArithmeticOperator = '&' | '+' | '-' | '*' | '/' | '%';

/** `===`: all values equal; `!==`: any value differs; `!=`: none is equal. */
export type ComparisonOperator =
  | '=='
  | '!='
  | '==='
  | '!=='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'contains'
  | 'matches';

/** How many of a field's values have to fit; undefined = as the operator says. */
export type Quantifier = 'any' | 'all' | undefined;

/** One element of a set, or a range when `to` is there. */
export interface SetItem {
  readonly from: Operand;
  readonly to: Operand | undefined;
}

/** What is asked of one packet without looking at others; `key` is the same for tests that ask the same. */
export type Test = Span & { readonly key: string } & (
    | { readonly kind: 'presence'; readonly operand: Operand }
    | {
        readonly kind: 'comparison';
        readonly quantifier: Quantifier;
        readonly operator: ComparisonOperator;
        readonly left: Operand;
        readonly right: Operand;
      }
    | {
        readonly kind: 'membership';
        readonly quantifier: Quantifier;
        readonly left: Operand;
        readonly items: readonly SetItem[];
      }
  );

/** A filter as a tree. */
export type Expression =
  | Test
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or' | 'xor'; readonly parts: readonly Expression[] };
