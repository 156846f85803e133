/**
 * De-registrations: strict layouts, ingress, sequence, and the end of a binding. RFC 6275 section 10.3.2.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import { isSequenceGreater } from '../../../engine/mobility/sequence.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { DeregistrationMode, HomeAgentContext } from '../home-agent-parts.ts';
import type { Answers } from './answers.ts';
import type { BindingWriter } from './binding-writer.ts';
import { STATUS } from './constants.ts';
import { testDeregistration } from './deregistration-test.ts';
import type { FormerBindings } from './former-bindings.ts';
import type { PendingRegistrations } from './pending-registrations.ts';
import type { StoredBindings } from './stored-bindings.ts';

/** What de-registrations work with. */
export interface DeregistrationParts {
  readonly context: HomeAgentContext;
  readonly answers: Answers;
  readonly writer: BindingWriter;
  readonly stored: StoredBindings;
  readonly former: FormerBindings;
  readonly pending: PendingRegistrations;
}

/** Judges authorised de-registrations. */
export class Deregistrations {
  readonly #parts: DeregistrationParts;

  constructor(parts: DeregistrationParts) {
    this.#parts = parts;
  }

  handle(update: ReceivedBindingUpdate, mode: DeregistrationMode): void {
    const { answers } = this.#parts;
    const { case: kind, faults } = testDeregistration(update, mode, this.#careOfAddresses(update));
    if (faults.length > 0) {
      // Silent: an acknowledgement would be handed to whoever relayed it.
      answers.discard(update, 'deregistration-layout', { case: kind, faults: faults.join(' ') });
      return;
    }
    if (kind === 'home' && !this.#isFromHomeLink(update)) {
      answers.discard(update, 'deregistration-ingress', ingressOf(update));
      return;
    }
    this.#judge(update);
  }

  #judge(update: ReceivedBindingUpdate): void {
    const { context, answers, former, pending } = this.#parts;
    const { homeAddress, sequence } = update;
    const entry = context.host.bindings.find(homeAddress);
    const waiting = pending.find(homeAddress);
    const before = former.find(homeAddress);
    const last = (entry ?? before)?.sequence;
    if (waiting !== undefined && !isSequenceGreater(sequence, waiting.update.sequence)) {
      answers.discard(update, 'superseded');
      return;
    }
    if (last !== undefined && !isSequenceGreater(sequence, last)) {
      answers.answer(update, STATUS.sequenceNumberOutOfWindow, { sequence: last });
      return;
    }
    // A registration that waits is given up before it was one.
    if (waiting !== undefined) pending.cancel(homeAddress);
    if (entry === undefined) {
      // While the entry of a de-registered binding is kept, the acknowledgement may have been lost: it was so.
      const isSentAgain = before !== undefined && waiting === undefined;
      if (waiting !== undefined || isSentAgain) former.remember(homeAddress.slice(), sequence);
      answers.answer(update, isSentAgain ? STATUS.accepted : STATUS.notHomeAgentForThisMobileNode);
    } else if (!entry.isHomeRegistration) {
      answers.answer(update, STATUS.registrationTypeChangeDisallowed);
    } else this.#end(update, entry);
  }

  #end(update: ReceivedBindingUpdate, entry: BindingCacheEntry): void {
    const { context, answers, writer, stored } = this.#parts;
    const previous = entry.careOfAddress;
    entry.sequence = update.sequence;
    for (const extension of context.extensions) {
      const verdict = extension.deregistering?.(update, entry);
      if (verdict === undefined) continue;
      stored.save(entry);
      if (verdict === 'partial') {
        writer.follow(entry, previous);
        answers.answer(update, STATUS.accepted);
      } else answers.answer(update, verdict);
      return;
    }
    const hasKeyMobility = writer.leave(update, entry);
    // What follows from it does so wherever it is removed from.
    context.host.bindings.remove(entry.homeAddress, 'deregistered');
    answers.answer(update, STATUS.accepted, {
      hasKeyMobility,
      isMobileRouter: entry.isMobileRouter,
    });
  }

  /** Care-of addresses that a de-registration may come from. */
  #careOfAddresses({ homeAddress }: ReceivedBindingUpdate): Uint8Array[] {
    const { context, pending } = this.#parts;
    const entry = context.host.bindings.find(homeAddress);
    if (entry !== undefined) {
      return [entry.careOfAddress, ...(entry.careOfAddresses?.values() ?? [])];
    }
    const waiting = pending.find(homeAddress);
    return waiting === undefined ? [] : [waiting.update.careOfAddress];
  }

  /** Whether an update from the home address itself came in where that is at home. */
  #isFromHomeLink(update: ReceivedBindingUpdate): boolean {
    const { context } = this.#parts;
    const { packet, homeAddress } = update;
    const link = context.prefixes.of(homeAddress)?.interface;
    if (link !== undefined && packet.interface === link) return true;
    if (context.options.registration?.ingress !== 'alarm') return false;
    context.alarm('deregistration-from-other-link', {
      homeAddress: formatAddress(homeAddress),
      ...ingressOf(update),
    });
    return true;
  }
}

function ingressOf({ packet }: ReceivedBindingUpdate): { interface: string } {
  return { interface: packet.interface?.name ?? 'none' };
}
