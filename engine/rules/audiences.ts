/**
 * Which rules are asked about which event.
 */
import type { EngineEvent, MobilityEvent } from '../events.ts';
import type { Link } from '../packet.ts';
import type { AlertDraft, MessageKind, RuleContext, RuleDefinition } from '../rule-api.ts';
import type { Site } from '../site.ts';
import { Guard, HOLDING, isAlwaysAsked, isUnaskedCondition } from './guards.ts';
import type { Held } from './guards.ts';
import {
  bindingTraits,
  espTraits,
  mobilityTraits,
  repeatedTunnelTraits,
  siteTraits,
  traitBit,
  tunnelledTraits,
} from './traits.ts';
import type { TraitKnowledge } from './traits.ts';

/** Audiences of one kind of events or messages, by traits; more are gathered anew. */
const MAX_AUDIENCES = 256;

/** A rule that is asked, as far as asking needs it. */
export interface Asked {
  readonly rule: RuleDefinition;
  readonly state: {
    readonly context: RuleContext;
    readonly held: Held;
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
  /** Of rules that are asked only while they hold something. */
  readonly guards: readonly (Guard | undefined)[];
  /** Events since `addUp`. */
  events: number;
  /** Whether there was ever an event. */
  wasAsked: boolean;
}

/** Rules that listen to one kind of events, or one message, by the traits of the event. */
interface Listeners<R extends Asked> {
  readonly members: readonly Member<R>[];
  /** Bits that any of them asks for. */
  readonly mask: number;
  readonly byTraits: Map<number, Audience<R>>;
}

/** A rule that listens, and when it is to be asked. */
interface Member<R extends Asked> {
  readonly active: R;
  /** 0 with a guard; without one it is always asked. */
  readonly traits: number;
  readonly guard: Guard | undefined;
}

/** Audiences of a set of rules; each is gathered when its first event comes. */
export class Audiences<R extends Asked> {
  readonly #rules: readonly R[];
  readonly #knowledge: TraitKnowledge;
  readonly #siteTraits: number;
  readonly #byKind = new Map<EngineEvent['kind'], Listeners<R>>();
  /** Of `mobility` and `icmpv6` events, by message. */
  readonly #byMessage = {
    mobility: new Map<MessageKind, Listeners<R>>(),
    icmpv6: new Map<MessageKind, Listeners<R>>(),
  };
  #ofExpectedTunnels: Listeners<R> | undefined;

  /** @param rules in the order in which they are asked */
  constructor(rules: readonly R[], site: Site, knowledge: TraitKnowledge) {
    this.#rules = rules;
    this.#knowledge = knowledge;
    this.#siteTraits = siteTraits(site);
  }

  /** Whether any rule listens to this kind of event. */
  has(kind: EngineEvent['kind']): boolean {
    return this.#rules.some(({ rule }) => rule.on.includes(kind));
  }

  /** The rules that judge an event. */
  of(event: EngineEvent): Audience<R> {
    switch (event.kind) {
      case 'mobility':
        return this.#ofMobility(event);
      case 'icmpv6':
        return audienceOf(this.#ofMessage('icmpv6', event.message.kind), 0);
      case 'esp':
        return audienceOf(this.#ofKind('esp'), espTraits(event));
      case 'binding':
        return audienceOf(this.#ofKind('binding'), bindingTraits(event));
      case 'tunnelled': {
        const traits = tunnelledTraits(event, this.#siteTraits, this.#knowledge);
        return audienceOf(
          event.isExpected ? this.#expectedTunnels : this.#ofKind('tunnelled'),
          traits,
        );
      }
      default:
        return audienceOf(this.#ofKind(event.kind), 0);
    }
  }

  /** Whether any rule is to be asked about payload in its own tunnel on a link, of which the same was told. */
  wantsRepeats(link: Link): boolean {
    const traits = repeatedTunnelTraits(this.#siteTraits, link);
    for (const { guard, traits: own } of this.#expectedTunnels.members) {
      if (guard === undefined || guard.isOpen || (own & traits) !== 0) return true;
    }
    return false;
  }

  get #expectedTunnels(): Listeners<R> {
    this.#ofExpectedTunnels ??= this.#gather(
      'tunnelled',
      undefined,
      ({ ignoresExpectedTunnels }) => ignoresExpectedTunnels !== true,
    );
    return this.#ofExpectedTunnels;
  }

  #ofMobility(event: MobilityEvent): Audience<R> {
    const listeners = this.#ofMessage('mobility', event.header.message.kind);
    const { mask } = listeners;
    const traits = mask === 0 ? 0 : mobilityTraits(event, this.#knowledge, mask);
    return audienceOf(listeners, traits);
  }

  #ofKind(kind: EngineEvent['kind']): Listeners<R> {
    let listeners = this.#byKind.get(kind);
    if (listeners === undefined) {
      listeners = this.#gather(kind, undefined, () => true);
      this.#byKind.set(kind, listeners);
    }
    return listeners;
  }

  #ofMessage(kind: 'mobility' | 'icmpv6', message: MessageKind): Listeners<R> {
    const all = this.#byMessage[kind];
    let listeners = all.get(message);
    if (listeners === undefined) {
      listeners = this.#gather(
        kind,
        message,
        ({ messages }) => messages?.includes(message) !== false,
      );
      all.set(message, listeners);
    }
    return listeners;
  }

  #gather(
    kind: EngineEvent['kind'],
    message: MessageKind | undefined,
    isMeant: (rule: RuleDefinition) => boolean,
  ): Listeners<R> {
    const members = this.#rules
      .filter(({ rule, state }) => rule.on.includes(kind) && !state.isBroken && isMeant(rule))
      .map((active) => memberOf(active, kind, message));
    const mask = members.reduce((bits, { traits }) => bits | traits, 0);
    return { members, mask, byTraits: new Map() };
  }

  /** Adds the evaluations to the costs of the rules. */
  addUp(): void {
    const { mobility, icmpv6 } = this.#byMessage;
    const all = [...this.#byKind.values(), ...mobility.values(), ...icmpv6.values()];
    if (this.#ofExpectedTunnels !== undefined) all.push(this.#ofExpectedTunnels);
    for (const { byTraits } of all) {
      for (const audience of byTraits.values()) addUpAudience(audience);
    }
  }
}

function addUpAudience<R extends Asked>(audience: Audience<R>): void {
  for (const [i, { state }] of audience.rules.entries()) {
    const guard = audience.guards[i];
    if (guard === undefined) state.cost.evaluations += audience.events;
  }
  audience.events = 0;
}

/** The conditions of a rule for a kind of events, or for a message. */
function conditionsOf(
  { asksOnly }: RuleDefinition,
  kind: EngineEvent['kind'],
  message: MessageKind | undefined,
): readonly string[] | undefined {
  const all: Readonly<Record<string, readonly string[] | undefined>> = asksOnly ?? {};
  return (message === undefined ? undefined : all[message]) ?? all[kind];
}

function memberOf<R extends Asked>(
  active: R,
  kind: EngineEvent['kind'],
  message: MessageKind | undefined,
): Member<R> {
  const conditions = conditionsOf(active.rule, kind, message);
  if (conditions === undefined || isAlwaysAsked(conditions)) {
    return { active, traits: 0, guard: undefined };
  }
  let traits = 0;
  const names: string[] = [];
  let isForUnasked = false;
  for (const condition of conditions) {
    if (condition.startsWith(HOLDING)) names.push(condition.slice(HOLDING.length));
    else if (isUnaskedCondition(condition)) isForUnasked = true;
    else traits |= traitBit(kind, condition);
  }
  const guard = new Guard(active.state.held, names, isForUnasked);
  return { active, traits, guard };
}

/** The audience for an event with these traits. */
function audienceOf<R extends Asked>(listeners: Listeners<R>, traits: number): Audience<R> {
  const { byTraits, mask } = listeners;
  const known = byTraits.get(traits & mask);
  return known ?? addAudience(listeners, traits & mask);
}

function addAudience<R extends Asked>(
  { byTraits, members }: Listeners<R>,
  traits: number,
): Audience<R> {
  if (byTraits.size >= MAX_AUDIENCES) {
    for (const audience of byTraits.values()) addUpAudience(audience);
    byTraits.clear();
  }
  const asked: R[] = [];
  const guards: (Guard | undefined)[] = [];
  for (const { active, traits: own, guard } of members) {
    const isAlways = guard === undefined || (own & traits) !== 0;
    if (!isAlways && !guard.mayOpen) continue;
    asked.push(active);
    guards.push(isAlways ? undefined : guard);
  }
  const evaluate = asked.map(({ rule }) => rule.evaluate.bind(rule));
  const contexts = asked.map(({ state }) => state.context);
  const audience = { rules: asked, evaluate, contexts, guards, events: 0, wasAsked: false };
  byTraits.set(traits, audience);
  return audience;
}
