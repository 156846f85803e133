/**
 * Which rules are asked about which event.
 */
import type { EngineEvent } from '../events.ts';
import type { AlertDraft, MessageKind, RuleContext, RuleDefinition } from '../rule-api.ts';

/** A rule that is asked, as far as asking needs it. */
export interface Asked {
  readonly rule: RuleDefinition;
  readonly state: {
    readonly context: RuleContext;
    readonly isBroken: boolean;
    readonly cost: { evaluations: number };
  };
}

/** A rule at work. */
type Evaluate = (
  event: EngineEvent,
  context: RuleContext,
) => AlertDraft | readonly AlertDraft[] | undefined;

/**
 * The rules that are asked about one sort of event. What asking takes lies side by side, and evaluations are counted once
 * for all: a hundred rules are gone through for one message.
 */
export interface Audience<R extends Asked> {
  readonly rules: readonly R[];
  readonly evaluate: readonly Evaluate[];
  readonly contexts: readonly RuleContext[];
  /** Events since `addUp`. */
  events: number;
}

/** Audiences of a set of rules; each is gathered when its first event comes. */
export class Audiences<R extends Asked> {
  readonly #rules: readonly R[];
  readonly #byKind = new Map<EngineEvent['kind'], Audience<R>>();
  /** Of `mobility` and `icmpv6` events, by message. */
  readonly #byMessage = {
    mobility: new Map<MessageKind, Audience<R>>(),
    icmpv6: new Map<MessageKind, Audience<R>>(),
  };
  #ofExpectedTunnels: Audience<R> | undefined;

  /** @param rules in the order in which they are asked */
  constructor(rules: readonly R[]) {
    this.#rules = rules;
  }

  /** Whether any rule listens to this kind of event. */
  has(kind: EngineEvent['kind']): boolean {
    return this.#rules.some(({ rule }) => rule.on.includes(kind));
  }

  /** The rules that judge an event. */
  of(event: EngineEvent): Audience<R> {
    const { kind } = event;
    if (kind === 'mobility') return this.#ofMessage(kind, event.header.message.kind);
    if (kind === 'icmpv6') return this.#ofMessage(kind, event.message.kind);
    if (kind === 'tunnelled' && event.isExpected) {
      this.#ofExpectedTunnels ??= this.#gather(
        kind,
        ({ ignoresExpectedTunnels }) => ignoresExpectedTunnels !== true,
      );
      return this.#ofExpectedTunnels;
    }
    let audience = this.#byKind.get(kind);
    if (audience === undefined) {
      audience = this.#gather(kind, () => true);
      this.#byKind.set(kind, audience);
    }
    return audience;
  }

  #ofMessage(kind: 'mobility' | 'icmpv6', message: MessageKind): Audience<R> {
    const audiences = this.#byMessage[kind];
    let audience = audiences.get(message);
    if (audience === undefined) {
      audience = this.#gather(kind, ({ messages }) => messages?.includes(message) !== false);
      audiences.set(message, audience);
    }
    return audience;
  }

  #gather(kind: EngineEvent['kind'], isMeant: (rule: RuleDefinition) => boolean): Audience<R> {
    const rules = this.#rules.filter(
      ({ rule, state }) => rule.on.includes(kind) && !state.isBroken && isMeant(rule),
    );
    const evaluate = rules.map(({ rule }) => rule.evaluate.bind(rule));
    return { rules, evaluate, contexts: rules.map(({ state }) => state.context), events: 0 };
  }

  /** Adds the evaluations to the costs of the rules. */
  addUp(): void {
    const { mobility, icmpv6 } = this.#byMessage;
    const all = [...this.#byKind.values(), ...mobility.values(), ...icmpv6.values()];
    if (this.#ofExpectedTunnels !== undefined) all.push(this.#ofExpectedTunnels);
    for (const audience of all) {
      for (const { state } of audience.rules) state.cost.evaluations += audience.events;
      audience.events = 0;
    }
  }
}
