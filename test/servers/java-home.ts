import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Elasticsearch 9 needs this one or a newer one. */
const MIN_JAVA = 21;

/** The home of a whole JDK that can run Elasticsearch: ES_JAVA_HOME, JAVA_HOME, or one in /usr/lib/jvm. */
export function javaHome(): string | undefined {
  const { ES_JAVA_HOME, JAVA_HOME } = process.env;
  return [ES_JAVA_HOME, JAVA_HOME, ...globSync('/usr/lib/jvm/*').sort()].find(
    (home): home is string => home !== undefined && isNewJdk(home),
  );
}

/** It attaches to its own virtual machine, so a run-time environment is not enough. */
function isNewJdk(home: string): boolean {
  if (!existsSync(join(home, 'bin/javac')) || !existsSync(join(home, 'release'))) return false;
  const release = readFileSync(join(home, 'release'), 'utf8');
  const version = Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0);
  return version >= MIN_JAVA && release.includes('jdk.jdi');
}
