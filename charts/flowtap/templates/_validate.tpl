{{/* Ends the rendering where values contradict each other, with the value that is to be changed. */}}
{{- define "flowtap.validate" -}}
{{- $v := .Values -}}
{{- $embedded := $v.embedded -}}
{{- if and $v.enrichment.enabled (not $v.elasticsearch.urls) (not $embedded.elasticsearch.enabled) -}}
{{- fail "Where are flows to be written? Set elasticsearch.urls (such as {https://elasticsearch:9200}); for a first try -f values-try.yaml or embedded.elasticsearch.enabled=true." -}}
{{- end -}}
{{- if and $v.elasticsearch.urls $embedded.elasticsearch.enabled -}}
{{- fail "Set either elasticsearch.urls or embedded.elasticsearch.enabled, not both." -}}
{{- end -}}
{{- if and $v.kubeagent.enabled (not (include "flowtap.hasPostgres" .)) -}}
{{- fail "Where are names to be kept? Set postgres.url (such as postgres://flowtap@db:5432/flowtap), for a first try embedded.postgres.enabled=true, or kubeagent.enabled=false to do without names." -}}
{{- end -}}
{{- if and $v.postgres.url $embedded.postgres.enabled -}}
{{- fail "Set either postgres.url or embedded.postgres.enabled, not both." -}}
{{- end -}}
{{- if and $v.resolver.enabled (not (include "flowtap.memcachedServers" .)) -}}
{{- fail "Where are translations to be shared? Set memcached.servers (such as {cache:11211}), for a first try embedded.memcached.enabled=true, or resolver.enabled=false to do without resolvers." -}}
{{- end -}}
{{- if and $v.memcached.servers $embedded.memcached.enabled -}}
{{- fail "Set either memcached.servers or embedded.memcached.enabled, not both." -}}
{{- end -}}
{{- if regexMatch "^[^/]*//[^/@]*:[^/@]*@" $v.postgres.url -}}
{{- fail "postgres.url must not hold a password: set postgres.existingSecret or postgres.password." -}}
{{- end -}}
{{- if and $v.postgres.existingSecret (or $v.postgres.password $embedded.postgres.enabled) -}}
{{- fail "postgres.existingSecret goes with neither postgres.password nor embedded.postgres.enabled." -}}
{{- end -}}
{{- range $v.elasticsearch.urls -}}
{{- if regexMatch "^[^/]*//[^/]*@" . -}}
{{- fail "elasticsearch.urls must not hold a user or password: set elasticsearch.existingSecret, .apiKey, or .username and .password." -}}
{{- end -}}
{{- end -}}
{{- range $name, $access := dict "elasticsearch" $v.elasticsearch "elasticsearch.setup" $v.elasticsearch.setup -}}
{{- if gt (len (compact (list $access.existingSecret $access.apiKey $access.password))) 1 -}}
{{- fail (printf "Set only one of %s.existingSecret, %s.apiKey and %s.password." $name $name $name) -}}
{{- end -}}
{{- if and $access.apiKey $access.username -}}
{{- fail (printf "%s.apiKey goes without %s.username." $name $name) -}}
{{- end -}}
{{- if and $access.password (not $access.username) -}}
{{- fail (printf "%s.password needs %s.username." $name $name) -}}
{{- end -}}
{{- if and $access.username (not $access.password) (not $access.existingSecret) -}}
{{- fail (printf "%s.username needs %s.existingSecret or %s.password." $name $name $name) -}}
{{- end -}}
{{- if and $embedded.elasticsearch.enabled (or $access.existingSecret $access.apiKey $access.password) -}}
{{- fail (printf "%s has credentials of its own where embedded.elasticsearch.enabled: take one of the two away." $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $ca := dict "elasticsearch.ca" $v.elasticsearch.ca "postgres.ca" $v.postgres.ca -}}
{{- if gt (len (compact (list $ca.pem $ca.secret $ca.configMap))) 1 -}}
{{- fail (printf "Set only one of %s.pem, %s.secret and %s.configMap." $name $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.elasticsearch.setup.enabled (not (include "flowtap.elasticsearchUrls" .)) -}}
{{- fail "elasticsearch.setup.enabled needs elasticsearch.urls." -}}
{{- end -}}
{{- if and $v.webhook.enabled (not $v.enrichment.enabled) (not $v.probe.output) -}}
{{- fail "Where are probes to deliver? Set probe.output to the URL of an enrichment elsewhere, or enrichment.enabled=true." -}}
{{- end -}}
{{- if and (eq $v.injection.trigger "label") $v.injection.allowPodOptIn -}}
{{- fail "injection.allowPodOptIn does nothing with injection.trigger=label: the webhook never hears of pods elsewhere. Set injection.trigger=annotation." -}}
{{- end -}}
{{- if and $v.webhook.hostNetwork (or (eq (int $v.webhook.port) 10250) (eq (int $v.webhook.port) (int $v.webhook.adminPort))) -}}
{{- fail "With webhook.hostNetwork the kubelet has port 10250 already: set webhook.port to 10260, and webhook.adminPort to one that is free on nodes." -}}
{{- end -}}
{{- if and (eq $v.tls.mode "self") $v.enrichment.enabled (not $v.webhook.enabled) -}}
{{- fail "With tls.mode=self the webhook makes enrichment's certificate: set webhook.enabled=true, or tls.mode to certManager or provided." -}}
{{- end -}}
{{- if eq $v.tls.mode "provided" -}}
{{- if and $v.webhook.enabled (not $v.tls.provided.webhookSecret) -}}
{{- fail (printf "tls.mode=provided needs tls.provided.webhookSecret, a Secret with a certificate for %s.%s.svc." (include "flowtap.name" (list . "webhook")) .Release.Namespace) -}}
{{- end -}}
{{- if and $v.enrichment.enabled (not $v.tls.provided.enrichmentSecret) -}}
{{- fail (printf "tls.mode=provided needs tls.provided.enrichmentSecret, a Secret with a certificate for %s.%s.svc." (include "flowtap.name" (list . "enrichment")) .Release.Namespace) -}}
{{- end -}}
{{- if not $v.tls.provided.caBundle -}}
{{- fail "tls.mode=provided needs tls.provided.caBundle, the authority of both certificates in PEM: the API server and probes verify by it." -}}
{{- end -}}
{{- end -}}
{{- end -}}
