/**
 * Collects what a key file holds, within bounds: parsers of all formats put their findings here.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import { MAX_REPLAY_WINDOW, MIN_REPLAY_WINDOW } from '../state/replay-window.ts';
import {
  MAX_ASSOCIATIONS,
  SecurityAssociation,
  type AssociationMode,
} from '../state/security-association.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import { AssociationConflicts, conflictCode, conflictMessage } from './association-conflicts.ts';
import type {
  AssociationEntry,
  IkeKey,
  KeyFileContent,
  ListedChild,
  PolicyEntry,
} from './key-file.ts';
import { KeyMaterial } from './key-material.ts';
import type { KeyProblem } from './key-problem.ts';

/** Problems kept for one file; a file that is no key file must not fill the memory. */
const MAX_PROBLEMS = 1000;
/** Conflicts told of one file: a log of keys may hold thousands with one cause, and is read to its end. */
const MAX_CONFLICTS = 50;
/** Notes kept for one file. */
const MAX_NOTES = 1000;

/** Where in the file; `column` 0 means the whole line. */
export interface KeyPlace {
  readonly line: number;
  readonly column: number;
}

/** Values of an association without a mistake: key lengths were judged. */
export interface AssociationValues {
  /** `undefined`: any. */
  readonly spi: number | undefined;
  readonly source: Prefix;
  readonly destination: Prefix;
  readonly encryption: EncryptionTransform;
  readonly encryptionKey: Uint8Array;
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
  readonly mode?: AssociationMode;
  readonly extendedSequence?: boolean;
  readonly initialSequenceHigh?: number;
  readonly replayWindow?: number | undefined;
  readonly selector?: TrafficSelector | undefined;
  readonly name?: string | undefined;
  readonly careOfAddress?: Uint8Array | undefined;
  readonly requestId?: number | undefined;
  readonly encapsulation?: AssociationEntry['encapsulation'];
}

/** What a parser fills. */
export class KeyFileBuilder {
  readonly content: KeyFileContent = {
    entries: [],
    policies: [],
    sections: [],
    ikeKeys: [],
    children: [],
    problems: [],
    notes: [],
  };
  readonly #file: string;
  /** What the file was taken for, for the message of one that is something else. */
  readonly #format: string;
  readonly #conflicts = new AssociationConflicts();
  #conflictCount = 0;
  #isFull = false;

  constructor(file: string, format: string) {
    this.#file = file;
    this.#format = format;
  }

  /** Nothing further has to be read. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Adds a problem. `field` is the name of the field as the documentation calls it. */
  problem(
    severity: KeyProblem['severity'],
    code: string,
    place: KeyPlace,
    field: string | undefined,
    message: string,
  ): void {
    const { problems } = this.content;
    const { line, column } = place;
    const where = { file: this.#file, line, column, field };
    if (problems.length < MAX_PROBLEMS - 1) {
      problems.push({ severity, code, ...where, message });
      return;
    }
    if (problems.length < MAX_PROBLEMS) {
      problems.push({
        severity: 'error',
        code: 'KEYS_TOO_MANY_PROBLEMS',
        ...where,
        message: `${MAX_PROBLEMS} problems; the rest of the file is not read. Is it ${this.#format}?`,
      });
    }
    this.#isFull = true;
  }

  error(code: string, place: KeyPlace, field: string | undefined, message: string): void {
    this.problem('error', code, place, field, message);
  }

  warning(code: string, place: KeyPlace, field: string | undefined, message: string): void {
    this.problem('warning', code, place, field, message);
  }

  /** Adds a note; no more than a bounded number is kept. The message must hold nothing of the file. */
  note(line: number, message: string): void {
    const { notes } = this.content;
    if (notes.length < MAX_NOTES) notes.push({ file: this.#file, line, message });
  }

  /** Whether there is room for one more of a list; says so when there is none. */
  #hasRoom(list: readonly unknown[], place: KeyPlace): boolean {
    if (list.length < MAX_ASSOCIATIONS) return true;
    this.error(
      'KEYS_TOO_MANY',
      { line: place.line, column: 0 },
      undefined,
      `more than ${MAX_ASSOCIATIONS} rows; this one and all after it are left out. Remove rows the capture does not need`,
    );
    this.#isFull = true;
    return false;
  }

  /** Adds an association. The crypto backend may lack a transform: that is a problem, not an exception. */
  association(values: AssociationValues, place: KeyPlace): void {
    const { entries } = this.content;
    if (!this.#hasRoom(entries, place)) return;
    const { replayWindow, initialSequenceHigh = 0 } = values;
    if (replayWindow !== undefined && replayWindow > MAX_REPLAY_WINDOW) {
      const message = `a replay window of ${replayWindow} sequence numbers; ${MAX_REPLAY_WINDOW} are kept`;
      this.note(place.line, message);
    }
    const association = new SecurityAssociation({
      ...withoutUndefined(values),
      initialSequenceHigh,
      ...(replayWindow === undefined || replayWindow === 0
        ? {}
        : {
            replayWindow: Math.min(Math.max(replayWindow, MIN_REPLAY_WINDOW), MAX_REPLAY_WINDOW),
          }),
      origin: { file: this.#file, line: place.line },
    });
    if (!association.esp.isSupported) {
      this.error(
        'KEYS_NOT_AVAILABLE',
        { line: place.line, column: 0 },
        'encryption',
        'this Node.js was built without one of the two algorithms; packets of the association stay closed',
      );
      return;
    }
    this.#noteConflict(association, place);
    entries.push({
      association,
      encryptionKey: new KeyMaterial(values.encryptionKey),
      integrityKey: new KeyMaterial(values.integrityKey),
      name: values.name,
      replayWindow,
      initialSequenceHigh,
      careOfAddress: values.careOfAddress,
      requestId: values.requestId === 0 ? undefined : values.requestId,
      encapsulation: values.encapsulation,
    });
  }

  #noteConflict(association: SecurityAssociation, place: KeyPlace): void {
    const conflict = this.#conflicts.add(association);
    if (conflict === undefined || ++this.#conflictCount > MAX_CONFLICTS) return;
    const { kind } = conflict;
    const message = conflictMessage(kind, `line ${conflict.with.line}`);
    this.warning(conflictCode(kind), { line: place.line, column: 0 }, 'spi', message);
  }

  policy(policy: Omit<PolicyEntry, 'origin'>, place: KeyPlace): void {
    const { policies } = this.content;
    if (this.#hasRoom(policies, place)) policies.push({ ...policy, origin: this.#origin(place) });
  }

  ikeKey(key: IkeKey, place: KeyPlace): void {
    if (this.#hasRoom(this.content.ikeKeys, place)) this.content.ikeKeys.push(key);
  }

  child(child: ListedChild, place: KeyPlace): void {
    if (this.#hasRoom(this.content.children, place)) this.content.children.push(child);
  }

  /** Place of something in the file, as what is kept of it has it. */
  origin(line: number): { file: string; line: number } {
    return { file: this.#file, line };
  }

  #origin({ line }: KeyPlace): { file: string; line: number } {
    return this.origin(line);
  }
}

/** Parameters of an association: absent instead of undefined, and without what only the entry holds. */
function withoutUndefined(values: AssociationValues): Pick<
  AssociationValues,
  'spi' | 'source' | 'destination' | 'encryption' | 'encryptionKey' | 'integrity' | 'integrityKey'
> & {
  mode?: AssociationMode;
  extendedSequence?: boolean;
  selector?: TrafficSelector;
  label?: string;
} {
  const { spi, source, destination, encryption, encryptionKey, integrity, integrityKey } = values;
  const { mode, extendedSequence, selector, name } = values;
  return {
    spi,
    source,
    destination,
    encryption,
    encryptionKey,
    integrity,
    integrityKey,
    ...(mode === undefined ? {} : { mode }),
    ...(extendedSequence === undefined ? {} : { extendedSequence }),
    ...(selector === undefined ? {} : { selector }),
    ...(name === undefined ? {} : { label: name }),
  };
}
