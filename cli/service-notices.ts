/**
 * The service manager hears that a command works, and goes on hearing it.
 */
import { feedWatchdog, openServiceNotifier } from '../io/inline/index.ts';
import type { Opened } from './opened.ts';

/**
 * Tells the service manager that the command is ready, and feeds its watchdog until what is opened is closed. Nothing happens
 * where nobody listens (no NOTIFY_SOCKET). Throws HostError when it cannot be reached.
 */
export function tellServiceManager(
  environment: Readonly<Record<string, string | undefined>>,
  opened: Opened,
): void {
  const notifier = openServiceNotifier(environment);
  if (notifier === undefined) return;
  const stopFeeding = feedWatchdog(notifier);
  opened.add(() => {
    stopFeeding();
    notifier.send(['STOPPING=1']);
    notifier.close();
  });
  notifier.send(['READY=1']);
}
