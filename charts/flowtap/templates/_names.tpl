{{/* What names of objects begin with. */}}
{{- define "flowtap.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "flowtap" .Release.Name -}}
{{- .Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-flowtap" (.Release.Name | replace "." "-" | trunc 32 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* The name of a part's objects: (list $ "webhook"). */}}
{{- define "flowtap.name" -}}
{{- printf "%s-%s" (include "flowtap.fullname" (index . 0)) (index . 1) -}}
{{- end -}}

{{/*
Labels of a part's object: (list $ "webhook"). By app.kubernetes.io/name the webhook knows what it may change, and by
app.kubernetes.io/part-of what gets no probe.
*/}}
{{- define "flowtap.labels" -}}
{{- $root := index . 0 -}}
{{- include "flowtap.podLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of a part's pods: without versions, with which they would start anew: (list $ "webhook"). */}}
{{- define "flowtap.podLabels" -}}
{{- with (index . 0).Values.commonLabels }}{{ toYaml . }}
{{ end -}}
{{ include "flowtap.selector" . }}
app.kubernetes.io/part-of: flowtap
{{- end -}}

{{/* Labels by which a part's pods are found: (list $ "webhook"). */}}
{{- define "flowtap.selector" -}}
app.kubernetes.io/name: flowtap
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* metadata of a part's object in the release's namespace: (list $ "webhook" "name of the object"). */}}
{{- define "flowtap.metadata" -}}
name: {{ index . 2 }}
namespace: {{ (index . 0).Release.Namespace }}
labels:
  {{- include "flowtap.labels" . | nindent 2 }}
{{- end -}}

{{/* An image's name: (list $ .Values.images.probe "the tag where there is none"). */}}
{{- define "flowtap.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- with $root.Values.imageRegistry | default $image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}
