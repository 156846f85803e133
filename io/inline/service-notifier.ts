/**
 * Tells the service manager how a service is: sd_notify(3), datagrams to the socket of NOTIFY_SOCKET.
 */
import { HostError } from '../native/host-error.ts';
import { errorName } from '../native/kernel.ts';
import type { Kernel } from '../native/kernel.ts';
import { openKernel } from '../native/koffi-kernel.ts';
import { AF_UNIX, MSG_DONTWAIT, SOCK_DGRAM } from '../native/linux.ts';

/** struct sockaddr_un: family, and a path of 108 octets. */
const PATH_OFFSET = 2;
const PATH_OCTETS = 108;
/** Octets of one message. */
const MESSAGE_OCTETS = 4096;

/** A service manager that listens. */
export interface ServiceNotifier {
  /**
   * Sends variables; never throws, and never waits: what the manager does not take is lost.
   * @param variables `['READY=1', 'STATUS=...']`, without line feeds
   */
  send(variables: readonly string[]): void;
  /** Milliseconds within which the manager wants to hear `WATCHDOG=1`; undefined = it does not. */
  readonly watchdog: number | undefined;
  close(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Milliseconds that WATCHDOG_USEC asks for, when it is about this process. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | undefined {
  const microseconds = Number(WATCHDOG_USEC);
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  return isOurs && microseconds > 0 ? microseconds / 1000 : undefined;
}

/**
 * Opens the way to the service manager.
 * @param environment NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of it
 * @returns undefined without NOTIFY_SOCKET: nobody wants to know
 * @throws HostError when the socket cannot be reached
 */
export function openServiceNotifier(
  environment: Environment,
  kernel?: Kernel,
): ServiceNotifier | undefined {
  const { NOTIFY_SOCKET: name } = environment;
  if (name === undefined || name === '') return undefined;
  const path = Buffer.from(name, 'utf8');
  if (!/^[@/]/.test(name) || path.length >= PATH_OCTETS) {
    throw new HostError('ERR_HOST_OPTION', `NOTIFY_SOCKET is ${name}, which is no socket`, {
      hint: 'systemd sets it for units with Type=notify; unset it otherwise.',
    });
  }
  // An abstract name begins with an octet 0, which is written as @.
  if (name.startsWith('@')) path[0] = 0;
  const calls = kernel ?? openKernel();
  const address = calls.allocate(PATH_OFFSET + PATH_OCTETS);
  address.view.setUint16(0, AF_UNIX, true);
  address.bytes.set(path, PATH_OFFSET);
  const descriptor = calls.socket(AF_UNIX, SOCK_DGRAM, 0);
  if (descriptor < 0) throw unreachable(name, descriptor);
  const result = calls.connect(descriptor, address, PATH_OFFSET + path.length);
  if (result < 0) {
    calls.close(descriptor);
    throw unreachable(name, result);
  }
  const memory = calls.allocate(MESSAGE_OCTETS);
  let isOpen = true;
  return {
    watchdog: watchdogOf(environment),
    send(variables) {
      if (!isOpen) return;
      const text = variables.map((each) => each.replaceAll('\n', ' ')).join('\n');
      const { written } = new TextEncoder().encodeInto(text, memory.bytes);
      calls.send(descriptor, memory, 0, written, MSG_DONTWAIT);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      calls.close(descriptor);
    },
  };
}

/** Feeds the watchdog of the manager, where it has one, twice as often as it asks. @returns ends that */
export function feedWatchdog(notifier: ServiceNotifier): () => void {
  const { watchdog } = notifier;
  if (watchdog === undefined) return () => undefined;
  const timer = setInterval(() => {
    notifier.send(['WATCHDOG=1']);
  }, watchdog / 2);
  return () => {
    clearInterval(timer);
  };
}

function unreachable(name: string, result: number): HostError {
  return new HostError(
    'ERR_HOST_OPEN',
    `the service manager cannot be told at ${name}: ${errorName(result)}`,
    { hint: 'NOTIFY_SOCKET names the socket; unset it when there is no service manager.' },
  );
}
