{{/* The pod that sets Elasticsearch up. */}}
{{- define "flowtap.setupPod" -}}
{{- $setup := .Values.elasticsearch.setup -}}
{{- $access := list . $setup "elasticsearch-setup" -}}
{{- $defaults := dict "FLOWTAP_WAIT" "10m" -}}
{{- if .Values.embedded.elasticsearch.enabled }}{{ $_ := set $defaults "FLOWTAP_REPLICAS" "0" }}{{ end -}}
{{- $login := include "flowtap.elasticsearchLogin" $access | fromYaml -}}
{{- $elasticsearch := list . "elasticsearch" $login.secret $login.key .Values.elasticsearch.ca -}}
metadata:
  labels:
    {{- include "flowtap.podLabels" (list . "setup") | nindent 4 }}
  annotations:
    # Also with new templates under the same image, once.
    flowtap.dev/version: {{ .Chart.AppVersion | quote }}
spec:
  {{- include "flowtap.podBasics" (list . "setup" false) | nindent 2 }}
  restartPolicy: OnFailure
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  containers:
    - name: setup
      image: {{ include "flowtap.image" (list . .Values.images.webhook) }}
      imagePullPolicy: {{ .Values.images.webhook.pullPolicy }}
      args: [setup, elasticsearch]
      env:
        {{- include "flowtap.env" (dict "where" "elasticsearch.setup" "owned" (include "flowtap.elasticsearchEnv" $access | fromYaml) "defaults" $defaults "settings" $setup.settings) | trim | nindent 8 }}
      resources:
        {{- toYaml $setup.resources | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      {{- with include "flowtap.storeMount" $elasticsearch }}
      volumeMounts:
        {{- trim . | nindent 8 }}
      {{- end }}
  {{- with include "flowtap.storeVolume" $elasticsearch }}
  volumes:
    {{- trim . | nindent 4 }}
  {{- end }}
{{- end -}}
