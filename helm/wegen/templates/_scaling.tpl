{{/* Slow to leave, quick to come: dict seconds. */}}
{{- define "wegen.scaling.behavior" -}}
scaleUp:
  stabilizationWindowSeconds: 30
  policies:
    - {type: Percent, value: 100, periodSeconds: 60}
    - {type: Pods, value: 2, periodSeconds: 60}
scaleDown:
  stabilizationWindowSeconds: {{ int64 .seconds }}
  policies:
    - {type: Pods, value: 1, periodSeconds: 120}
{{- end }}

{{/* A trigger whose value, divided by the target, is the number of pods: dict root, query, target. */}}
{{- define "wegen.scaling.trigger" -}}
- type: prometheus
  metricType: AverageValue
  metadata:
    serverAddress: {{ .root.Values.keda.prometheusURL | quote }}
    query: {{ .query | quote }}
    threshold: {{ include "wegen.scalar" .target | quote }}
    # No data is no zero: it leads to the fall-back instead of to the fewest pods.
    ignoreNullValues: "false"
  {{- with .root.Values.keda.authenticationName }}
  authenticationRef: {name: {{ . }}}
  {{- end }}
{{- end }}

{{/* Labels of every query: dict root, more. */}}
{{- define "wegen.scaling.labels" -}}
{{- $labels := list (printf "namespace=%q" .root.Release.Namespace) }}
{{- with .root.Values.keda.extraLabels }}{{ $labels = append $labels . }}{{ end }}
{{- with .more }}{{ $labels = append $labels . }}{{ end }}
{{- printf "{%s}" (join "," $labels) }}
{{- end }}

{{/* Of jobs that somebody waits for; others may wait for hours, and are counted with all. */}}
{{- define "wegen.scaling.queueAge" -}}
max(wegen_gateway_queue_age_seconds{{ include "wegen.scaling.labels" (dict "root" . "more" "priority=\"interactive\"") }})
{{- end }}

{{/* Jobs that wait or run. Every gateway counts the same rows. */}}
{{- define "wegen.scaling.jobs" -}}
sum(max by (state) (wegen_gateway_jobs{{ include "wegen.scaling.labels" (dict "root" . "more" "state=~\"queued|running\"") }}))
{{- end }}

{{/* Slots of a model that are taken or waited for in a pool: dict root, name, model. */}}
{{- define "wegen.scaling.slots" -}}
{{- $pods := printf "pod=~\"%s-triton-%s-[a-z0-9]+-[a-z0-9]+\"" (include "wegen.fullname" .root) .name }}
{{- $labels := include "wegen.scaling.labels" (dict "root" .root "more" (printf "model=%q,%s" .model $pods)) -}}
sum(wegen_slots_in_use{{ $labels }}) + sum(wegen_queue_depth{{ $labels }})
{{- end }}

{{/* A ScaledObject: dict root, component, target, autoscaling, labels, triggers (YAML). */}}
{{- define "wegen.scaling.object" -}}
{{- $scaling := .autoscaling }}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .target }}
  labels:
    {{- include "wegen.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .target }}
  minReplicaCount: {{ int64 $scaling.minReplicas }}
  maxReplicaCount: {{ int64 $scaling.maxReplicas }}
  pollingInterval: {{ int64 .root.Values.keda.pollingSeconds }}
  fallback:
    failureThreshold: 4
    replicas: {{ int64 $scaling.fallbackReplicas }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- include "wegen.scaling.behavior" (dict "seconds" $scaling.scaleDownSeconds) | nindent 8 }}
  triggers:
    {{- .triggers | nindent 4 }}
{{- end }}
