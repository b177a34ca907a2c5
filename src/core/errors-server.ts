/** What is wrong with a cache server, and what to do. */
import type { CatalogueEntry } from './error-catalogue-entry.ts';
import { ExitCode } from './exit-code.ts';

/** A part of the catalogue of `errors.ts`. */
export const serverErrors = {
  BAD_SERVER_ADDRESS: {
    text: "'{address}' is no address of a {kind} server: {detail}",
    exitCode: ExitCode.usage,
    remedy: '{fix}',
  },
  SERVER_UNREACHABLE: {
    text: 'cannot reach {name}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: 'Check the address, that the server runs and listens there, and that no firewall is between.',
  },
  SERVER_TIMEOUT: {
    text: '{name} did not answer {command} within {seconds} s',
    exitCode: ExitCode.unreachable,
    remedy:
      'It may be busy with a slow command, be swapped out, or be stopped: look at its CPU and log on its own machine.',
  },
  SERVER_TLS: {
    text: 'no secure connection to {name}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_AUTH: {
    text: '{name} did not accept the login: {reason}',
    exitCode: ExitCode.permission,
    remedy: '{fix}',
  },
  SERVER_PERMISSION: {
    text: '{name} does not let this user run {command}: {reason}',
    exitCode: ExitCode.permission,
    remedy: '{fix}',
  },
  SERVER_READ_ONLY: {
    text: '{name} is a read-only replica, so nothing was cleared in it',
    exitCode: ExitCode.permission,
    remedy: 'Clear its master instead ({master}): replicas follow.',
  },
  SERVER_LOADING: {
    text: '{name} is still loading its data{progress}',
    exitCode: ExitCode.unreachable,
    remedy: 'Try again when it is done.',
  },
  SERVER_REFUSED: {
    text: '{name} refused {command}: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_DROPPED: {
    text: '{name} closed the connection {when}',
    exitCode: ExitCode.unreachable,
    remedy: 'See its log: it was restarted, has reached its limit of clients, or something between drops connections.',
  },
  SERVER_REPLY_TOO_LARGE: {
    text: '{name} answered {command} with more than {limit}, which was not read to its end',
    exitCode: ExitCode.unreachable,
    remedy: 'Check that it is the server you meant; a {kind} server never says that much.',
  },
  SERVER_OF_OTHER_KIND: {
    text: 'what listens at {name} is not a {kind} server: {reason}',
    exitCode: ExitCode.unreachable,
    remedy: '{fix}',
  },
  SERVER_WITHOUT_STATS: {
    text: '{name} does not tell its statistics: {reason}',
    exitCode: ExitCode.unreachable,
    remedy:
      'Ask the Memcached servers themselves: proxies such as twemproxy and mcrouter have no statistics of a cache.',
  },
  SERVER_KEYS_HIDDEN: {
    text: '{name} does not list its keys ({reason}), and without that {what}',
    exitCode: ExitCode.permission,
    remedy: 'Start Memcached without -X and with the LRU crawler (the default); all its items can be cleared without.',
  },
} as const satisfies Record<string, CatalogueEntry>;
