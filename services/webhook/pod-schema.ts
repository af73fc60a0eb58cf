import * as z from 'zod/mini';
import type { Pod } from './pod.ts';

// What is looked at must be of the kind that core/v1 says; everything else passes through. `null` is as good as nothing.

const orNothing = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.pipe(
    z.nullish(schema),
    z.transform((value) => value ?? undefined),
  );

const texts = z.record(z.string(), z.string());
const quantities = z.record(z.string(), z.union([z.string(), z.number()]));
const resources = z.looseObject({ requests: orNothing(quantities), limits: orNothing(quantities) });
const port = z.looseObject({ containerPort: orNothing(z.number()), protocol: orNothing(z.string()) });
const capabilities = z.looseObject({
  add: orNothing(z.array(z.string())),
  drop: orNothing(z.array(z.string())),
});

const container = z.looseObject({
  name: z.string(),
  restartPolicy: orNothing(z.string()),
  ports: orNothing(z.array(port)),
  resources: orNothing(resources),
  env: orNothing(z.array(z.looseObject({ name: z.string() }))),
  volumeMounts: orNothing(z.array(z.looseObject({ mountPath: z.string() }))),
  securityContext: orNothing(z.looseObject({ capabilities: orNothing(capabilities) })),
});

const owner = z.looseObject({
  kind: z.string(),
  name: z.string(),
  uid: orNothing(z.string()),
  controller: orNothing(z.boolean()),
});

const metadata = z.looseObject({
  name: orNothing(z.string()),
  generateName: orNothing(z.string()),
  namespace: orNothing(z.string()),
  labels: orNothing(texts),
  annotations: orNothing(texts),
  ownerReferences: orNothing(z.array(owner)),
});

const spec = z.looseObject({
  containers: z.array(container).check(z.minLength(1)),
  initContainers: orNothing(z.array(container)),
  volumes: orNothing(z.array(z.looseObject({ name: z.string() }))),
  imagePullSecrets: orNothing(z.array(z.looseObject({ name: orNothing(z.string()) }))),
  restartPolicy: orNothing(z.string()),
  hostNetwork: orNothing(z.boolean()),
  os: orNothing(z.looseObject({ name: orNothing(z.string()) })),
  nodeSelector: orNothing(texts),
  resources: orNothing(resources),
});

const pod = z.looseObject({ metadata: orNothing(metadata), spec });

/** A pod, or what of it is not as core/v1 says: `spec.containers.0.name: Invalid input`. */
export function readPod(
  value: unknown,
): { readonly pod: Pod; readonly fault?: never } | { readonly pod?: never; readonly fault: string } {
  const result = pod.safeParse(value);
  if (result.success) return { pod: result.data as Pod };
  const [{ path, message }] = result.error.issues;
  return { fault: `${path.join('.') || 'pod'}: ${message}` };
}
