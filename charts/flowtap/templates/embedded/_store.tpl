{{/* What pods of embedded stores have in common: (dict "root" $ "user" 999 "group" 999). */}}
{{- define "flowtap.storePod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user }}
  runAsGroup: {{ .group }}
  fsGroup: {{ .user }}
  seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* The source of a volume for data: (list "name of the claim" .persistence). */}}
{{- define "flowtap.dataVolume" -}}
{{- if (index . 1).enabled }}
persistentVolumeClaim: { claimName: {{ index . 0 }} }
{{- else }}
emptyDir: {}
{{- end }}
{{- end -}}

{{/* The claim itself: (list $ "postgres" "name" .persistence). As an object of the release it goes with it. */}}
{{- define "flowtap.dataClaim" -}}
{{- $persistence := index . 3 }}
{{- if $persistence.enabled }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "flowtap.metadata" . | nindent 2 }}
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: {{ $persistence.size }} } }
  {{- with $persistence.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
