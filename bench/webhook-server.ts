// The child of webhook-bench.ts: serves admissions, or as a floor answers the same requests without looking at them.
// Arguments: what, certificate, key. Says its port on standard output, and ends with its standard input.
import express from 'express';
import { pino } from 'pino';
import { MetricRegistry } from '../services/runtime/metrics.ts';
import { createAdmissionApp } from '../services/webhook/admission/admission-app.ts';
import { startAdmissionServer } from '../services/webhook/admission/admission-server.ts';
import { WEBHOOK_METRICS } from '../services/webhook/webhook-metrics.ts';
import { fixedCertificates } from '../test/fixtures/fixed-certificates.ts';
import { injectionRules } from '../test/fixtures/injection-rules.ts';

const [what, certFile, keyFile] = process.argv.slice(2);
const rules = injectionRules();
const namespace = { name: 'shop', annotations: { 'flowtap.dev/capture': 'enabled' } };

const app =
  what === 'floor'
    ? express().use(express.json({ limit: '3mb' }), (_request, response) => void response.json({ ok: true }))
    : createAdmissionApp({
        namespaces: { get: async () => namespace },
        rules: () => rules,
        metrics: new MetricRegistry().define(WEBHOOK_METRICS),
        log: pino({ level: 'info' }, pino.destination('/dev/null')),
        onDecision: () => undefined,
        signal: new AbortController().signal,
      });
const server = await startAdmissionServer({
  app,
  address: { host: '127.0.0.1', port: 0 },
  certificates: fixedCertificates({ certFile, keyFile }),
  graceMs: 100,
});
process.stdout.write(`${server.address.port}\n`);
process.stdin.resume().once('end', () => process.exit(0));
