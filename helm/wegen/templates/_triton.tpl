{{/* The models of what a pool serves: dict serves. An ensemble's members are loaded with it by name. */}}
{{- define "wegen.triton.models" -}}
{{- $models := list }}
{{- if has "chat" .serves }}
{{- $models = concat $models (list "llama_feature_generator" "reference_encoder" "image_preprocess" "eva_clip") }}
{{- end }}
{{- if has "pictures" .serves }}
{{- $models = concat $models (list "sdxl_denoiser" "image_decoder" "vae_decoder" "image_encode") }}
{{- end }}
{{- if and (has "chat" .serves) (has "pictures" .serves) }}
{{- $models = append $models "image_synthesizer" }}
{{- end }}
{{- join " " $models }}
{{- end }}

{{/* Labels by which a pool's pods are found: dict root, name. */}}
{{- define "wegen.triton.selector" -}}
{{ include "wegen.selector" (dict "root" .root "component" "triton") }}
wegen/pool: {{ .name }}
{{- end }}

{{- define "wegen.triton.container" -}}
{{- $pool := .pool -}}
- name: triton
  {{- include "wegen.containerImage" (dict "root" .root "image" "triton") | nindent 2 }}
  args:
    - --repository={{ include "wegen.models.path" .root }}
    - --config-name={{ ternary "cpu" "" (eq $pool.runtime "cpu") }}
    - --exit-seconds={{ int64 $pool.drain.exitSeconds }}
    - --connection-age-seconds={{ int64 $pool.connectionAgeSeconds }}
    - --verbose={{ int64 $pool.verbose }}
    - --models
    {{- range splitList " " (include "wegen.triton.models" $pool) }}
    - {{ . }}
    {{- end }}
  {{- with .root.Values.telemetry.traces.endpoint }}
  env:
    - {name: WEGEN_TRITON_TRACES_ENDPOINT, value: {{ . | quote }}}
  {{- end }}
  ports:
    - {name: grpc, containerPort: 8001}
    - {name: metrics, containerPort: 8002}
  # Triton opens its ports when the engines are loaded. HTTP listens on loopback only, so the question is asked inside.
  startupProbe:
    exec:
      command: [python3, -m, deploy.healthprobe, "http://127.0.0.1:8000/v2/health/live"]
    periodSeconds: 10
    timeoutSeconds: 8
    failureThreshold: {{ div (add $pool.startupSeconds 9) 10 }}
  # Alive is not ready: a model that the watch loads anew does not restart the others.
  livenessProbe:
    exec:
      command: [python3, -m, deploy.healthprobe, "http://127.0.0.1:8000/v2/health/live"]
    periodSeconds: 20
    timeoutSeconds: 10
    failureThreshold: 6
  readinessProbe:
    grpc: {port: 8001}
    periodSeconds: 5
    timeoutSeconds: 3
    failureThreshold: 2
  lifecycle:
    preStop:
      exec: {command: [sleep, {{ include "wegen.scalar" $pool.drain.preStopSeconds | quote }}]}
  securityContext:
    {{- include "wegen.containerSecurity" . | nindent 4 }}
  resources:
    {{- include "wegen.triton.resources" $pool | nindent 4 }}
  volumeMounts:
    {{- include "wegen.models.mount" .root | nindent 4 }}
    - {name: tmp, mountPath: /tmp}
    - {name: shared-memory, mountPath: /dev/shm}
{{- end }}

{{/* A pool's resources, with its GPU among the limits. */}}
{{- define "wegen.triton.resources" -}}
{{- $resources := deepCopy .resources }}
{{- if gt (int .gpu.count) 0 }}
{{- $_ := set $resources "limits" (merge (dict .gpu.resource (int .gpu.count)) (default dict $resources.limits)) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{- define "wegen.triton.watch" -}}
{{- $pool := .pool -}}
- name: watch
  {{- include "wegen.containerImage" (dict "root" .root "image" "triton") | nindent 2 }}
  command: [python3, -m, deploy.triton.watch]
  args:
    - --url=127.0.0.1:8001
    - --interval={{ $pool.watch.interval }}
    - --timeout={{ $pool.watch.timeout }}
    - --models
    {{- range splitList " " (include "wegen.triton.models" $pool) }}
    {{- if not (has . (list "reference_encoder" "image_decoder" "image_synthesizer")) }}
    - {{ . }}
    {{- end }}
    {{- end }}
  securityContext:
    {{- include "wegen.containerSecurity" . | nindent 4 }}
  resources:
    {{- toYaml $pool.watch.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end }}
