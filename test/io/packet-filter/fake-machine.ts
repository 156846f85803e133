/**
 * A machine whose packet filters are text.
 */
import type { CommandResult, RunCommand } from '../../../io/inline/ip-command.ts';
import type { FilterCommands } from '../../../io/packet-filter/filter-command.ts';

/** What a machine has. */
export interface FakeMachineOptions {
  /** Output of the `-save` of each variant; undefined: its programs are missing. */
  readonly legacy?: string;
  readonly nft?: string;
  /** Which of both `ip6tables` stands for. */
  readonly usual?: 'legacy' | 'nf_tables';
  /** Output of `nft list ruleset`; undefined: no `nft`. */
  readonly ruleset?: string;
  readonly hasQueue?: boolean;
  /** Text in rules that the kernel refuses. */
  readonly lacks?: readonly string[];
  /** What every program says instead of working. */
  readonly refusal?: string;
}

function result(code: number, stdout = '', stderr = ''): CommandResult {
  return { code, stdout: Buffer.from(stdout), stderr };
}

/** Programs that remember what they were asked. */
export class FakeMachine {
  readonly asked: string[] = [];
  /** Input of each `-restore` and `nft -f` that worked. */
  readonly loaded: string[] = [];
  readonly #options: FakeMachineOptions;

  constructor(options: FakeMachineOptions) {
    this.#options = options;
  }

  get commands(): FilterCommands {
    return { run: this.#run, start: (program, args) => Promise.resolve(this.#run(program, args)) };
  }

  readonly #run: RunCommand = (file, args, input) => {
    const program = file.slice(file.lastIndexOf('/') + 1);
    const answer = this.#answer(program, args, input instanceof Uint8Array ? input.toString() : '');
    if (answer !== undefined) {
      this.asked.push([program, ...args].join(' '));
      return answer;
    }
    const error = Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT' });
    return { code: undefined, stdout: Buffer.alloc(0), stderr: '', error };
  };

  #answer(program: string, args: readonly string[], input: string): CommandResult | undefined {
    const { legacy, nft, usual, ruleset, refusal } = this.#options;
    const isVersion = args[0] === '--version';
    if (program === 'nft') return ruleset === undefined ? undefined : this.#nft(args, input);
    const [, variant, action] =
      /^ip6tables(?:-(legacy|nft))?(?:-(save|restore))?$/.exec(program) ?? [];
    if (variant === undefined) {
      return usual === undefined || !isVersion
        ? undefined
        : result(0, `ip6tables v1.8.9 (${usual})\n`);
    }
    const saved = variant === 'legacy' ? legacy : nft;
    if (saved === undefined) return undefined;
    if (isVersion) return result(0, 'ip6tables v1.8.9\n');
    if (refusal !== undefined) return result(4, '', refusal);
    return action === 'save' ? result(0, saved) : this.#load(input);
  }

  #nft(args: readonly string[], input: string): CommandResult {
    const { ruleset = '', hasQueue = false, refusal } = this.#options;
    if (args[0] === '--version') return result(0, 'nftables v1.0.6\n');
    if (refusal !== undefined) return result(1, '', refusal);
    if (args.includes('table')) return result(1, '', 'Error: No such file or directory\n');
    if (args.includes('list')) return result(0, ruleset);
    const isRefused = input.includes(' queue ') && !hasQueue;
    const unknown = 'Error: Could not process rule: No such file or directory\n';
    if (args.includes('-c')) return isRefused ? result(1, '', unknown) : result(0);
    return isRefused ? result(1, '', unknown) : this.#load(input);
  }

  #load(input: string): CommandResult {
    const lack = this.#options.lacks?.find((text) => input.includes(text));
    if (lack !== undefined) return result(1, '', `ip6tables-restore: line 7 failed: ${lack}\n`);
    this.loaded.push(input);
    return result(0);
  }
}
