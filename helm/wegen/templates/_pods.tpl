{{/* What every pod has: dict root, priority (serving or work), own (values with scheduling). */}}
{{- define "wegen.podSpec" -}}
{{- if not .early -}}
serviceAccountName: {{ include "wegen.serviceAccountName" .root }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ default 10001 .user }}
  runAsGroup: {{ default 10001 .user }}
  fsGroup: {{ default 10001 .user }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- if not .early }}
{{- with include "wegen.priorityClass" (dict "root" .root "own" (default "" .own.priorityClassName) "class" .priority) }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
{{- with .own.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Apart from its like: dict root, own, selector (labels as YAML). */}}
{{- define "wegen.spread" -}}
affinity:
{{- if .own.affinity }}
  {{- toYaml .own.affinity | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- .selector | nindent 14 }}
{{- end }}
{{- if .root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: {{ $.root.Values.topologySpread.whenUnsatisfiable }}
    # A new version is spread by itself, not beside the pods that go.
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- $.selector | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "wegen.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Authorities of the operator's own. OpenSSL, libpq and the exporter of traces each ask for them by a name of theirs. */}}
{{- define "wegen.trust.env" -}}
{{- with .Values.trust.configMapName }}
{{- range list "SSL_CERT_FILE" "PGSSLROOTCERT" "OTEL_EXPORTER_OTLP_CERTIFICATE" }}
- {name: {{ . }}, value: /etc/wegen/trust/ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{- define "wegen.trust.mount" -}}
{{- if .Values.trust.configMapName }}
- {name: trust, mountPath: /etc/wegen/trust, readOnly: true}
{{- end }}
{{- end }}

{{- define "wegen.trust.volume" -}}
{{- with .Values.trust }}
{{- if .configMapName }}
- name: trust
  configMap:
    name: {{ .configMapName }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- end }}

{{/* The image of a container: dict root, image. */}}
{{- define "wegen.containerImage" -}}
image: {{ include "wegen.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{/* Waits until the tables are those of this version: dict root, image. */}}
{{- define "wegen.waitForTables" -}}
- name: wait-for-tables
  {{- include "wegen.containerImage" . | nindent 2 }}
  command: [python, -m, services.migrations, wait, --seconds, {{ include "wegen.scalar" .root.Values.migrations.waitSeconds | quote }}]
  env:
    {{- include "wegen.databaseEnv" .root | nindent 4 }}
  securityContext:
    {{- include "wegen.containerSecurity" . | nindent 4 }}
  resources:
    {{- toYaml .root.Values.migrations.resources | nindent 4 }}
  {{- with include "wegen.trust.mount" .root }}
  volumeMounts:
    {{- . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "wegen.databaseEnv" -}}
- name: WEGEN_DATABASE_URL
  valueFrom:
    secretKeyRef:
      {{- if .Values.postgresql.inChart.enabled }}
      name: {{ default (printf "%s-postgresql" (include "wegen.fullname" .)) .Values.postgresql.inChart.existingSecret }}
      key: database-url
      {{- else }}
      name: {{ .Values.postgresql.external.secretName }}
      key: {{ .Values.postgresql.external.urlKey }}
      {{- end }}
{{- include "wegen.trust.env" . }}
{{- end }}

{{/* The secrets of gateway and worker. */}}
{{- define "wegen.secretEnv" -}}
{{ include "wegen.databaseEnv" . }}
- name: WEGEN_REDIS_URL
  valueFrom:
    secretKeyRef:
      {{- if .Values.redis.inChart.enabled }}
      name: {{ default (printf "%s-redis" (include "wegen.fullname" .)) .Values.redis.inChart.existingSecret }}
      key: redis-url
      {{- else }}
      name: {{ .Values.redis.external.secretName }}
      key: {{ .Values.redis.external.urlKey }}
      {{- end }}
{{- $store := .Values.objectStore }}
{{- range $name, $key := dict "WEGEN_S3_ACCESS_KEY" "access-key" "WEGEN_S3_SECRET_KEY" "secret-key" }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      {{- if $store.inChart.enabled }}
      name: {{ default (printf "%s-s3" (include "wegen.fullname" $)) $store.inChart.existingSecret }}
      key: {{ $key }}
      {{- else }}
      name: {{ $store.external.secretName }}
      key: {{ ternary $store.external.accessKeyKey $store.external.secretKeyKey (eq $key "access-key") }}
      {{- end }}
{{- end }}
{{- end }}

{{/* Settings that gateway and worker share, as a ConfigMap's data. */}}
{{- define "wegen.sharedConfig" -}}
WEGEN_LOG_LEVEL: {{ .Values.logLevel }}
WEGEN_STORE: s3
WEGEN_S3_BUCKET: {{ .Values.objectStore.bucket | quote }}
WEGEN_S3_REGION: {{ .Values.objectStore.region | quote }}
{{- if .Values.objectStore.inChart.enabled }}
WEGEN_S3_ENDPOINT: {{ include "wegen.fullname" . }}-s3:7070
WEGEN_S3_SECURE: "false"
WEGEN_S3_CREATE_BUCKET: "true"
{{- else }}
WEGEN_S3_ENDPOINT: {{ .Values.objectStore.external.endpoint | quote }}
WEGEN_S3_SECURE: {{ .Values.objectStore.external.secure | quote }}
WEGEN_S3_CREATE_BUCKET: {{ .Values.objectStore.external.createBucket | quote }}
{{- end }}
{{- with .Values.objectStore.publicEndpoint }}
WEGEN_S3_PUBLIC_ENDPOINT: {{ . | quote }}
WEGEN_S3_PUBLIC_SECURE: {{ $.Values.objectStore.publicSecure | quote }}
{{- end }}
{{- with .Values.telemetry.traces.endpoint }}
WEGEN_TRACES_ENDPOINT: {{ . | quote }}
WEGEN_TRACES_RATIO: {{ include "wegen.scalar" $.Values.telemetry.traces.ratio | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
WEGEN_{{ upper $name }}: {{ include "wegen.scalar" $value | quote }}
{{- end }}
{{- end }}
