/**
 * What is wrong with rows of a YAML key file, with their places. Never a value of the file: values are keys.
 */
import type { z } from 'zod';
import type { KeyProblem } from '../engine/keys/key-problem.ts';
import { pathText } from './site-checks.ts';
import { nearest } from './suggestion.ts';
import type { ValuePath, YamlDocument } from './yaml-document.ts';

/** Collects problems of one part of a file; a row with one does not count, the others do. */
export class YamlKeyProblems {
  readonly all: KeyProblem[] = [];
  readonly #document: YamlDocument;
  readonly #file: string;
  readonly #code: string;

  /**
   * @param file as the user named it
   * @param code of the problems, for example `KEYS_IKE`
   */
  constructor(document: YamlDocument, file: string, code: string) {
    this.#document = document;
    this.#file = file;
    this.#code = code;
  }

  /** @param isKey the last step is a key that is wrong itself. */
  add(at: ValuePath, message: string, isKey = false): void {
    const { line, column } = this.#document.placeOf(at, isKey);
    const field = at.length === 0 ? undefined : pathText(at);
    const [file, code] = [this.#file, this.#code];
    this.all.push({ severity: 'error', code, file, line, column, field, message });
  }

  /**
   * @param row where in the file the schema was held against
   * @param known keys, for suggestions
   */
  addIssues(issues: readonly z.core.$ZodIssue[], row: ValuePath, known: readonly string[]): void {
    for (const issue of issues) {
      const steps = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
      const at = [...row, ...steps];
      if (issue.code !== 'unrecognized_keys') {
        this.add(at, `expected ${issue.message}`);
        continue;
      }
      for (const name of issue.keys) {
        const meant = nearest(name, known);
        const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
        this.add([...at, name], `unknown key${hint}`, true);
      }
    }
  }
}
