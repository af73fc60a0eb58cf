{{/* What a service must know of PostgreSQL: variables, as a dict in YAML. */}}
{{- define "flowtap.postgresEnv" -}}
{{- if include "flowtap.hasPostgres" . -}}
FLOWTAP_POSTGRES_URL: {{ include "flowtap.postgresUrl" . }}
{{- if include "flowtap.postgresSecret" . }}
FLOWTAP_POSTGRES_PASSWORD_FILE: /etc/flowtap/postgres/password
{{- end }}
{{- if include "flowtap.hasCa" .Values.postgres.ca }}
FLOWTAP_POSTGRES_CA_FILE: /etc/flowtap/postgres/ca.crt
{{- end }}
{{- end -}}
{{- end -}}

{{- define "flowtap.hasPostgres" -}}
{{- if or .Values.postgres.url .Values.embedded.postgres.enabled }}yes{{ end -}}
{{- end -}}

{{- define "flowtap.postgresUrl" -}}
{{- if .Values.embedded.postgres.enabled -}}
postgres://flowtap@{{ include "flowtap.name" (list . "postgres") }}:5432/flowtap
{{- else -}}
{{ .Values.postgres.url }}
{{- end -}}
{{- end -}}

{{/* The Secret with the password of PostgreSQL, if there is one. */}}
{{- define "flowtap.postgresSecret" -}}
{{- if .Values.postgres.existingSecret -}}
{{ .Values.postgres.existingSecret }}
{{- else if or .Values.postgres.password .Values.embedded.postgres.enabled -}}
{{ include "flowtap.name" (list . "postgres") }}
{{- end -}}
{{- end -}}

{{- define "flowtap.memcachedServers" -}}
{{- if .Values.embedded.memcached.enabled -}}
{{ include "flowtap.name" (list . "memcached") }}:11211
{{- else -}}
{{ join "," .Values.memcached.servers }}
{{- end -}}
{{- end -}}

{{- define "flowtap.elasticsearchUrls" -}}
{{- if .Values.embedded.elasticsearch.enabled -}}
http://{{ include "flowtap.name" (list . "elasticsearch") }}:9200
{{- else -}}
{{ join "," .Values.elasticsearch.urls }}
{{- end -}}
{{- end -}}

{{/*
Who enrichment or setup is in Elasticsearch, as a dict in YAML: (list $ .Values.elasticsearch "elasticsearch"). `key` is
that of the Secret, and the name of the file.
*/}}
{{- define "flowtap.elasticsearchLogin" -}}
{{- $root := index . 0 -}}
{{- $access := index . 1 -}}
{{- if $root.Values.embedded.elasticsearch.enabled -}}
{ username: elastic, secret: {{ include "flowtap.name" (list $root "elasticsearch") }}, key: password }
{{- else if or $access.existingSecret $access.apiKey $access.password -}}
{ username: {{ $access.username | quote }}, secret: {{ $access.existingSecret | default (include "flowtap.name" (list $root (index . 2))) }}, key: {{ ternary "password" "api-key" (ne $access.username "") }} }
{{- else -}}
{}
{{- end -}}
{{- end -}}

{{/* What enrichment or setup must know of Elasticsearch: variables, as a dict in YAML; as above. */}}
{{- define "flowtap.elasticsearchEnv" -}}
{{- $root := index . 0 -}}
{{- $login := include "flowtap.elasticsearchLogin" . | fromYaml -}}
FLOWTAP_ELASTICSEARCH_URL: {{ include "flowtap.elasticsearchUrls" $root }}
{{- if $login.secret }}
{{- if eq $login.key "password" }}
FLOWTAP_ELASTICSEARCH_USERNAME: {{ $login.username | quote }}
FLOWTAP_ELASTICSEARCH_PASSWORD_FILE: /etc/flowtap/elasticsearch/password
{{- else }}
FLOWTAP_ELASTICSEARCH_API_KEY_FILE: /etc/flowtap/elasticsearch/api-key
{{- end }}
{{- end }}
{{- if include "flowtap.hasCa" $root.Values.elasticsearch.ca }}
FLOWTAP_ELASTICSEARCH_CA_FILE: /etc/flowtap/elasticsearch/ca.crt
{{- end }}
{{- end -}}

{{/* A volume with what is secret and whom to trust: (list $ "postgres" "Secret" "key" .Values.postgres.ca); nothing where there is neither. */}}
{{- define "flowtap.storeVolume" -}}
{{- $root := index . 0 -}}
{{- $secret := index . 2 -}}
{{- $ca := index . 4 -}}
{{- if or $secret (include "flowtap.hasCa" $ca) }}
- name: {{ index . 1 }}
  projected:
    defaultMode: 0440
    sources:
      {{- if $secret }}
      - secret: { name: {{ $secret }}, items: [{ key: {{ index . 3 }}, path: {{ index . 3 }} }] }
      {{- end }}
      {{- if $ca.pem }}
      - configMap: { name: {{ include "flowtap.name" (list $root "authorities") }}, items: [{ key: {{ index . 1 }}.crt, path: ca.crt }] }
      {{- else if $ca.secret }}
      - secret: { name: {{ $ca.secret }}, items: [{ key: {{ $ca.key }}, path: ca.crt }] }
      {{- else if $ca.configMap }}
      - configMap: { name: {{ $ca.configMap }}, items: [{ key: {{ $ca.key }}, path: ca.crt }] }
      {{- end }}
{{- end }}
{{- end -}}

{{/* Where the volume above is mounted; as above. */}}
{{- define "flowtap.storeMount" -}}
{{- if include "flowtap.storeVolume" . }}
- { name: {{ index . 1 }}, mountPath: /etc/flowtap/{{ index . 1 }}, readOnly: true }
{{- end }}
{{- end -}}

{{/* A password for an embedded store: the one that is given, else the one that is there, else a new one: (list $ "given" "Secret"). */}}
{{- define "flowtap.password" -}}
{{- $root := index . 0 -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace (index . 2) -}}
{{- if index . 1 -}}
{{ index . 1 }}
{{- else if and $there $there.data -}}
{{ index $there.data "password" | b64dec }}
{{- else -}}
{{ randAlphaNum 32 }}
{{- end -}}
{{- end -}}

{{/*
A digest of what a program reads at its start only: (list .Values.postgres.ca). Passwords that the chart makes are not in it:
it would be another at each rendering.
*/}}
{{- define "flowtap.checksum" -}}
{{- toJson . | sha256sum | trunc 16 -}}
{{- end -}}

{{/* Whether an authority is given: .Values.elasticsearch.ca. */}}
{{- define "flowtap.hasCa" -}}
{{- if or .pem .secret .configMap }}yes{{ end -}}
{{- end -}}

{{/* Whether Elasticsearch is set up by a Job. */}}
{{- define "flowtap.hasSetup" -}}
{{- if or .Values.elasticsearch.setup.enabled .Values.embedded.elasticsearch.enabled }}yes{{ end -}}
{{- end -}}
