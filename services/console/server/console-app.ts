import { createHash } from 'node:crypto';
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import type { CONSOLE_METRICS } from '../console-metrics.ts';
import type { FlowSource } from '../flow-source.ts';
import type { Access } from './access.ts';
import { guard } from './access.ts';
import { answersOf } from './answers.ts';
import { PAGE_FILES } from './page-files.ts';
import { Refusal } from './refusal.ts';
import { securityHeaders } from './security-headers.ts';
import { Turns } from './turns.ts';

export interface ConsoleAppOptions {
  readonly source: FlowSource;
  readonly about: ConsoleAbout;
  readonly access: Access;
  /** Questions to the source at once. */
  readonly maxQuestions: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  readonly metrics: MetricsOf<typeof CONSOLE_METRICS>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each question. */
  readonly onQuestion?: () => void;
}

/** What the page says of where its numbers come from. */
export interface ConsoleAbout {
  readonly version: string;
  readonly source: string;
  /** What is shown at first: `15m`, or `all`. */
  readonly last: string;
  /** Seconds between two questions of a page. */
  readonly refresh: string;
}

/** The page at `/`, and what it asks below `/api/`. Reads only. */
export function createConsoleApp(options: ConsoleAppOptions): Express {
  const app = express();
  app.disable('x-powered-by').set('query parser', 'simple').set('etag', false);
  app.use(securityHeaders, guard(options.access), readingOnly);
  for (const [path, { type, read }] of PAGE_FILES) {
    app.get(path, async (request: Request, response: Response) =>
      send(request, response, type, await read()),
    );
  }
  app.get('/api/about', (request, response) => sendJson(request, response, options.about));
  addQuestions(app, options);
  app.use((_request: Request, _response: Response, next: NextFunction) => {
    next(new Refusal(404, 'not_found', 'There is nothing at this path; the console is at /.'));
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const { status, code, message, headers } = asRefusal(error);
    if (status >= 500) options.log.warn({ error, 'error.code': code }, 'a question was not answered');
    if (response.headersSent) return;
    response.set(headers).set('cache-control', 'no-store').status(status).json({ error: { code, message } });
  });
  return app;
}

function addQuestions(app: Express, options: ConsoleAppOptions): void {
  const { source, clock, metrics, maxQuestions, timeoutMs, onQuestion } = options;
  const turns = new Turns(maxQuestions);
  for (const [view, answer] of Object.entries(answersOf(source))) {
    app.get(`/api/${view}`, async (request: Request, response: Response) => {
      onQuestion?.();
      const startedMs = clock.now();
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const late = AbortSignal.timeout(timeoutMs);
      try {
        const asked = answer(request.query, clock.now());
        const given = await turns.take(() => asked(AbortSignal.any([gone.signal, late])));
        metrics.questions.add(1, { view, outcome: 'answered' });
        metrics.questionSeconds.observe((clock.now() - startedMs) / 1000);
        sendJson(request, response, given);
      } catch (error) {
        const reason = late.aborted ? tooLate(timeoutMs) : error;
        metrics.questions.add(1, { view, outcome: gone.signal.aborted ? 'gone' : asRefusal(reason).code });
        throw reason;
      }
    });
  }
}

function sendJson(request: Request, response: Response, value: unknown): void {
  send(request, response, 'application/json; charset=utf-8', JSON.stringify(value));
}

/** A browser keeps it, but asks each time whether it is still so. */
function send(request: Request, response: Response, type: string, body: string): void {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  response.set({ 'cache-control': 'private, no-cache', etag });
  if (request.headers['if-none-match']?.includes(etag)) return void response.status(304).end();
  response.set('content-type', type).send(Buffer.from(body));
}

function readingOnly({ method }: Request, response: Response, next: NextFunction): void {
  if (method === 'GET' || method === 'HEAD') {
    next();
    return;
  }
  response.set('allow', 'GET, HEAD');
  next(new Refusal(405, 'reading_only', 'The console only reads: GET.'));
}

function tooLate(timeoutMs: number): Refusal {
  const message = `No answer within ${timeoutMs / 1000} s. Ask for a shorter time, or for one namespace.`;
  return new Refusal(504, 'too_late', message);
}

/** What the source and express throw, as an answer. Texts of failures that nobody foresaw stay in the log. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof FlowtapError) {
    const status = error.code === 'ELASTICSEARCH_UNAVAILABLE' ? 503 : 502;
    return new Refusal(status, error.code.toLowerCase(), error.message);
  }
  const { status = 500 } = error as { readonly status?: number };
  if (status >= 400 && status < 500) return new Refusal(status, 'bad_request', 'The request cannot be read.');
  return new Refusal(500, 'internal', 'The console failed; its log says why.');
}
