/**
 * What keeps a session from being followed further, for people; each thing once.
 */
import type { AssociationOrigin } from '../state/security-association.ts';

/** Notices kept. */
export const MAX_NOTICES = 100;

/** Why something of an IKE session stays closed. */
export interface IkeNotice {
  readonly code:
    | 'IKE_NO_NONCES'
    | 'IKE_NO_SK_D'
    | 'IKE_NO_PRF'
    | 'IKE_NO_SECRET'
    | 'IKE_NO_KEY'
    | 'IKE_NO_SKEYID_D'
    | 'IKE_UNSUPPORTED'
    | 'IKE_KEY'
    | 'IKE_LIMIT';
  readonly origin: AssociationOrigin;
  readonly message: string;
}

/** Collects notices. */
export class IkeNotices {
  readonly #byText = new Map<string, IkeNotice>();
  /** Notices that were not kept. */
  dropped = 0;

  /** All, in the order they came. */
  get all(): readonly IkeNotice[] {
    return [...this.#byText.values()];
  }

  /** Adds a notice; the message must hold nothing of a key. */
  add(code: IkeNotice['code'], origin: AssociationOrigin, message: string): void {
    const text = `${origin.file}:${origin.line}: ${message}`;
    if (this.#byText.has(text)) return;
    if (this.#byText.size >= MAX_NOTICES) this.dropped++;
    else this.#byText.set(text, { code, origin, message });
  }
}

/** One line: `keys.yaml:3: the nonces of ... are not in the capture`. */
export function formatIkeNotice({ origin, message }: IkeNotice): string {
  return `${origin.file}:${origin.line}: ${message}`;
}
