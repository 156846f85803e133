/**
 * What becomes of an update, told to its sender, or only to whoever runs the home agent.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import { outermostSource } from '../../mobility/binding-update.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { acknowledge } from './acknowledgements.ts';
import type { AcknowledgementContents } from './acknowledgements.ts';
import { STATUS } from './constants.ts';

/** Why an update is thrown away without an answer. Alarms are named `binding-update-` and the reason. */
export type DiscardReason =
  | 'not-to-this-node'
  | 'unprotected'
  | 'other-association'
  | 'nonce-indices'
  | 'home-address-option-missing'
  | 'care-of-address-unprotected'
  | 'deregistration-layout'
  | 'deregistration-ingress'
  /** A later one is under way. No alarm: packets overtake each other. */
  | 'superseded';

/** Answers and counts. */
export class Answers {
  /** Updates thrown away without an answer, by reason. */
  readonly discarded = new Map<DiscardReason, number>();
  /** Acknowledgements sent, by status. */
  readonly acknowledged = new Map<number, number>();
  readonly #context: HomeAgentContext;

  constructor(context: HomeAgentContext) {
    this.#context = context;
  }

  answer(
    update: ReceivedBindingUpdate,
    status: number,
    contents: Omit<AcknowledgementContents, 'status'> = {},
  ): void {
    const { host, extensions } = this.#context;
    const options = [...(contents.options ?? [])];
    if (extensions.length > 0) {
      const entry = host.bindings.find(update.homeAddress);
      for (const each of extensions) {
        options.push(...(each.acknowledging?.(update, status, entry) ?? []));
      }
    }
    this.acknowledged.set(status, (this.acknowledged.get(status) ?? 0) + 1);
    if (status >= STATUS.reasonUnspecified) {
      host.tell('info', 'binding-update-refused', { status, ...detailsOf(update) });
    }
    acknowledge(this.#context, update, { ...contents, status, options });
  }

  /** Says nothing to the sender: whoever relayed or forged it learns nothing. */
  discard(
    update: ReceivedBindingUpdate,
    reason: DiscardReason,
    details: Readonly<Record<string, string>> = {},
  ): void {
    this.discarded.set(reason, (this.discarded.get(reason) ?? 0) + 1);
    if (reason === 'superseded') return;
    this.#context.alarm(`binding-update-${reason}`, { ...detailsOf(update), ...details });
  }
}

function detailsOf(update: ReceivedBindingUpdate): Record<string, string | number> {
  return {
    homeAddress: formatAddress(update.homeAddress),
    source: formatAddress(outermostSource(update.packet)),
    sequence: update.sequence,
  };
}
