{{/* Egress to one of the release's own components: dict root, component, port. */}}
{{- define "wegen.network.to" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "wegen.selector" . | nindent 10 }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{/* Egress to an address outside: dict cidrs, port. */}}
{{- define "wegen.network.outside" -}}
- ports:
    - {protocol: TCP, port: {{ int64 .port }}}
  {{- with .cidrs }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  {{- end }}
{{- end }}

{{/* Egress to one that is either in the chart or outside: dict root, component, port, values. */}}
{{- define "wegen.network.dependency" -}}
{{- if .values.inChart.enabled }}
{{- include "wegen.network.to" . }}
{{- else }}
{{- include "wegen.network.outside" .values.external }}
{{- end }}
{{- end }}

{{- define "wegen.network.database" -}}
{{- include "wegen.network.dependency" (dict "root" . "component" "postgresql" "port" 5432 "values" .Values.postgresql) }}
{{- end }}

{{- define "wegen.network.dependencies" -}}
{{ include "wegen.network.database" . }}
{{ include "wegen.network.dependency" (dict "root" . "component" "redis" "port" 6379 "values" .Values.redis) }}
{{ include "wegen.network.dependency" (dict "root" . "component" "s3" "port" 7070 "values" .Values.objectStore) }}
{{ include "wegen.network.to" (dict "root" . "component" "triton" "port" 8001) }}
{{- end }}

{{/* Where traces are exported to. */}}
{{- define "wegen.network.traces" -}}
{{- if .Values.telemetry.traces.endpoint }}
- ports:
    - {protocol: TCP, port: {{ int64 .Values.telemetry.traces.port }}}
  {{- with .Values.networkPolicy.tracesTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Ingress from components of the release: dict root, components, port. */}}
{{- define "wegen.network.from" -}}
- from:
    {{- range .components }}
    - podSelector:
        matchLabels:
          {{- include "wegen.selector" (dict "root" $.root "component" .) | nindent 10 }}
    {{- end }}
  ports:
    - {protocol: TCP, port: {{ .port }}}
{{- end }}

{{/* Ingress from given peers, or from anybody: dict peers, port. */}}
{{- define "wegen.network.peers" -}}
- ports:
    - {protocol: TCP, port: {{ .port }}}
  {{- with .peers }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* A whole policy: dict root, component, ingress, egress (YAML, empty: none). */}}
{{- define "wegen.network.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "wegen.fullname" .root }}-{{ .component }}
  labels:
    {{- include "wegen.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "wegen.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress | trim }}
  ingress:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .egress | trim }}
  egress:
    {{- . | nindent 4 }}
  {{- end }}
{{- end }}
