{{/* One of two: dict name, inChart, external (what is set of it), key. */}}
{{- define "wegen.check.either" -}}
{{- if and .inChart .external }}
{{- fail (printf "%s.inChart.enabled and %s are both set: switch the one off, or empty the other" .name .key) }}
{{- else if not (or .inChart .external) }}
{{- fail (printf "%s is empty and %s.inChart.enabled is off: name the Secret with your %s, or run the trial's" .key .name .name) }}
{{- end }}
{{- end }}

{{/* An autoscaler owns the number of pods: dict name, own (replicas, autoscaling). */}}
{{- define "wegen.check.scaling" -}}
{{- $scaling := .own.autoscaling }}
{{- if $scaling.enabled }}
{{- if not (kindIs "invalid" .own.replicas) }}
{{- fail (printf "%s.replicas is set, but %s.autoscaling.enabled is too: leave the number of pods to one of them" .name .name) }}
{{- end }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{- fail (printf "%s.autoscaling.minReplicas is greater than its maxReplicas" .name) }}
{{- end }}
{{- if and .keda (or (lt (int $scaling.fallbackReplicas) (int $scaling.minReplicas)) (gt (int $scaling.fallbackReplicas) (int $scaling.maxReplicas))) }}
{{- fail (printf "%s.autoscaling.fallbackReplicas is not between its minReplicas and its maxReplicas" .name) }}
{{- end }}
{{- if and .keda (not .root.Values.keda.prometheusURL) }}
{{- fail (printf "keda.prometheusURL is empty, but %s.autoscaling.enabled is set: KEDA asks Prometheus" .name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "wegen.check.dependencies" -}}
{{- include "wegen.check.either" (dict "name" "redis" "inChart" .Values.redis.inChart.enabled "external" .Values.redis.external.secretName "key" "redis.external.secretName") }}
{{- include "wegen.check.either" (dict "name" "postgresql" "inChart" .Values.postgresql.inChart.enabled "external" .Values.postgresql.external.secretName "key" "postgresql.external.secretName") }}
{{- include "wegen.check.either" (dict "name" "objectStore" "inChart" .Values.objectStore.inChart.enabled "external" .Values.objectStore.external.secretName "key" "objectStore.external.secretName") }}
{{- $external := .Values.objectStore.external }}
{{- if and $external.secretName (not $external.endpoint) }}
{{- fail "objectStore.external.endpoint is empty: say where the S3 is whose keys objectStore.external.secretName holds" }}
{{- else if and $external.endpoint (not $external.secretName) }}
{{- fail "objectStore.external.endpoint is set, but objectStore.external.secretName is empty: name the Secret with its keys" }}
{{- end }}
{{- if and .Values.migrations.hook .Values.postgresql.inChart.enabled }}
{{- fail "migrations.hook is set, but postgresql.inChart.enabled is too: a hook runs before the chart's own database is there" }}
{{- end }}
{{- end }}

{{- define "wegen.check.pool" -}}
{{- $name := printf "triton.pools.%s" .name }}
{{- include "wegen.check.scaling" (dict "root" .root "name" $name "own" .pool "keda" true) }}
{{- $gpus := int .pool.gpu.count }}
{{- if and (eq .pool.runtime "cpu") (gt $gpus 0) }}
{{- fail (printf "%s.gpu.count is %d, but its runtime is cpu: ask for no GPU, or serve plans with the runtime tensorrt" $name $gpus) }}
{{- else if and (eq .pool.runtime "tensorrt") (lt $gpus 1) }}
{{- fail (printf "%s.gpu.count is 0, but its runtime is tensorrt: give it a GPU, or the runtime cpu" $name) }}
{{- end }}
{{- $retry := default 60 .root.Values.worker.settings.worker_retry_s }}
{{- if and (has "pictures" .pool.serves) (lt (int $retry) (int .pool.startupSeconds)) }}
{{- fail (printf "worker.settings.worker_retry_s is %d, less than the startupSeconds of %s (%d): jobs would fail while its engines load" (int $retry) $name (int .pool.startupSeconds)) }}
{{- end }}
{{- $models := .root.Values.models }}
{{- if and (eq $models.source "build") (ne (eq $models.build.engines "onnx") (eq .pool.runtime "cpu")) }}
{{- fail (printf "models.build.engines is %s, but the runtime of %s is %s: build what the pools serve" $models.build.engines $name .pool.runtime) }}
{{- end }}
{{- end }}

{{- define "wegen.check.pools" -}}
{{- $served := list }}
{{- range $name, $own := include "wegen.pools" . | fromYaml }}
{{- $pool := include "wegen.pool" (dict "root" $ "name" $name) | fromYaml }}
{{- include "wegen.check.pool" (dict "root" $ "name" $name "pool" $pool) }}
{{- $served = concat $served $pool.serves }}
{{- end }}
{{- range $role := list "chat" "pictures" }}
{{- if not (has $role $served) }}
{{- fail (printf "triton.pools: no pool serves %s" $role) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "wegen.check.models" -}}
{{- $models := .Values.models }}
{{- $build := $models.build }}
{{- if and (eq $models.source "claim") (not $models.claim.name) }}
{{- fail "models.claim.name is empty, but models.source is claim: name the PersistentVolumeClaim with the model repository" }}
{{- else if and (ne $models.source "claim") $models.claim.name }}
{{- fail (printf "models.claim.name is set, but models.source is %s: empty the one, or make the other claim" $models.source) }}
{{- end }}
{{- if eq $models.source "fetch" }}
{{- range $key := list "location" "endpoint" }}
{{- if not (index $models.fetch $key) }}
{{- fail (printf "models.fetch.%s is empty, but models.source is fetch: say where the model repository was published" $key) }}
{{- end }}
{{- end }}
{{- else if $models.fetch.location }}
{{- fail (printf "models.fetch.location is set, but models.source is %s: empty the one, or make the other fetch" $models.source) }}
{{- end }}
{{- if eq $models.source "build" }}
{{- if and (eq $build.preset "wegen-7b") (not $build.checkpoint.claimName) }}
{{- fail "models.build.checkpoint.claimName is empty: wegen-7b is built from the authors' folder, name the claim that holds it" }}
{{- end }}
{{- if and $build.pool (not (hasKey (include "wegen.pools" . | fromYaml) $build.pool)) }}
{{- fail (printf "models.build.pool is %s, which is no pool of triton.pools" $build.pool) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "wegen.check.routing" -}}
{{- $tls := .Values.tls }}
{{- if and $tls.secretName $tls.certManager.enabled }}
{{- fail "tls.secretName and tls.certManager.enabled are both set: bring a certificate, or have one made" }}
{{- end }}
{{- if .Values.ingress.enabled }}
{{- if not .Values.ingress.host }}
{{- fail "ingress.host is empty, but ingress.enabled is set: name the host that clients call" }}
{{- end }}
{{- if not (or $tls.secretName $tls.certManager.enabled) }}
{{- fail "ingress.enabled needs tls.secretName or tls.certManager.enabled: gRPC through an Ingress is HTTP/2 over TLS" }}
{{- end }}
{{- end }}
{{- if and .Values.gatewayAPI.enabled (not .Values.gatewayAPI.parentRefs) }}
{{- fail "gatewayAPI.parentRefs is empty, but gatewayAPI.enabled is set: name the Gateway that the route belongs to" }}
{{- end }}
{{- if $tls.certManager.enabled }}
{{- if not $tls.certManager.issuerName }}
{{- fail "tls.certManager.issuerName is empty, but tls.certManager.enabled is set: name the issuer" }}
{{- end }}
{{- if not (or .Values.ingress.enabled .Values.gatewayAPI.hostnames) }}
{{- fail "tls.certManager.enabled is set, but neither ingress.host nor gatewayAPI.hostnames names a host to certify" }}
{{- end }}
{{- end }}
{{- end }}
