import type { ServerCacheRule } from '../cache-rule.ts';
import { redisDocs } from '../redis-facts.ts';
import { redisCli } from '../server-command.ts';

export default {
  id: 'redis.login.open',
  about: 'redis',
  help: 'Everybody who reaches its port may do everything.',
  source: `${redisDocs.insight} (setPassword); https://redis.io/docs/latest/operate/oss_and_stack/management/security/`,
  check(facts) {
    const { config, after } = facts;
    const flags = (after.more.acl?.flags ?? '').split(' ');
    if (!flags.includes('on') || !flags.includes('nopass')) return undefined;
    // On the loopback interface alone the users of the machine are all there are; protected mode keeps others out too.
    const bound = (config.bind ?? '').split(' ').filter((each) => each !== '');
    const onlyHere = bound.length > 0 && bound.every((each) => /^-?(127\.|::1$|localhost$)/.test(each));
    if (config.bind === undefined || onlyHere || config['protected-mode'] === 'yes') return undefined;
    return {
      severity: 'warning',
      summary: 'Everybody who reaches its port may do everything.',
      value: `the default user has no password, bind = ${config.bind === '' ? '*' : config.bind}, protected-mode = no`,
      reason: 'Open servers are found within hours, emptied, and used to take over their machine.',
      command: redisCli(facts, 'CONFIG', 'SET', 'protected-mode', 'yes'),
    };
  },
} satisfies ServerCacheRule;
