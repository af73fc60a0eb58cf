{{/*
Environment variables: (dict "where" "webhook" "owned" … "defaults" … "settings" …). What the chart itself decides is
owned, and in no settings; defaults give way to them.
*/}}
{{- define "flowtap.env" -}}
{{- $all := dict -}}
{{- range $name, $value := .defaults }}{{ $_ := set $all $name $value }}{{ end -}}
{{- range $name, $value := .settings -}}
{{- if hasKey $.owned $name -}}
{{- fail (printf "%s.settings.%s is set by the chart, from a value of its own: docs/helm.md says which." $.where $name) -}}
{{- end -}}
{{- $_ := set $all $name $value -}}
{{- end -}}
{{- range $name, $value := .owned }}{{ $_ := set $all $name $value }}{{ end -}}
{{- range $name, $value := $all }}
{{- $text := include "flowtap.text" $value }}
{{- if $text }}
- name: {{ $name }}
  value: {{ $text | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A value as a program reads it: whole numbers without exponents, lists with commas, nothing for null. */}}
{{- define "flowtap.text" -}}
{{- if kindIs "slice" . -}}{{ join "," . }}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}
{{- else if not (kindIs "invalid" .) -}}{{ toString . }}
{{- end -}}
{{- end -}}

{{/* Where a service's pods run: (list $ "webhook" .Values.webhook). */}}
{{- define "flowtap.placement" -}}
{{- $values := index . 2 -}}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $selector := include "flowtap.selector" . }}
{{- with $values.spread }}
{{- if or .node .zone }}
topologySpreadConstraints:
  {{- range $key, $strictness := dict "kubernetes.io/hostname" .node "topology.kubernetes.io/zone" .zone }}
  {{- if $strictness }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $strictness }}
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
    # Of the same version only: an upgrade would have no room else.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* metadata of a service's pods: (list $ "webhook" .Values.webhook (dict of checksums)). */}}
{{- define "flowtap.podMetadata" -}}
{{- $values := index . 2 -}}
labels:
  {{- include "flowtap.podLabels" . | nindent 2 }}
  {{- with $values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (index . 3) ($values.podAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What all pods of flowtap say of themselves, whether they use the API or not: (list $ "webhook" true). */}}
{{- define "flowtap.podBasics" -}}
{{- $root := index . 0 -}}
serviceAccountName: {{ include "flowtap.name" . }}
automountServiceAccountToken: {{ index . 2 }}
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Probes of the kubelet, at the port of health and metrics. */}}
{{- define "flowtap.health" -}}
startupProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: admin }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: admin }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{/* A list as YAML that begins with a line end; nothing for none. */}}
{{- define "flowtap.yaml" -}}
{{- with . }}
{{ toYaml . }}
{{- end }}
{{- end -}}
