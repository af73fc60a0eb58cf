import type { About } from './address.ts';
import { ask } from './ask.ts';
import { Page } from './page.ts';

/** What a server that does not answer would have said. */
const UNKNOWN: About = { version: '', source: 'nowhere yet', last: '15m', refresh: '5' };

const about = await ask<About>('about', '').catch(() => UNKNOWN);
new Page(document.body, about).start();
