{{- define "wegen.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 36 | trimSuffix "-" }}
{{- end }}

{{- define "wegen.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 36 | trimSuffix "-" }}
{{- else if contains (include "wegen.name" .) .Release.Name }}
{{- .Release.Name | trunc 36 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "wegen.name" .) | trunc 36 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "wegen.serviceAccountName" -}}
{{- default (ternary (include "wegen.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{/* What never changes while a release lives: dict root, component. */}}
{{- define "wegen.selector" -}}
app.kubernetes.io/name: {{ include "wegen.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of an object: dict root, component. */}}
{{- define "wegen.labels" -}}
{{ include "wegen.selector" . }}
app.kubernetes.io/part-of: wegen
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of a pod: dict root, component. Without versions, so that only what a pod is made of replaces it. */}}
{{- define "wegen.podLabels" -}}
{{ include "wegen.selector" . }}
app.kubernetes.io/part-of: wegen
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Reference of an image: dict root, image (a key of .Values.images). */}}
{{- define "wegen.image" -}}
{{- $image := index .root.Values.images .image }}
{{- $repository := $image.repository }}
{{- with .root.Values.image.registry }}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}
{{- end }}
{{- $reference := printf "%s:%s" $repository (default .root.Chart.AppVersion $image.tag) }}
{{- if $image.digest }}
{{- $reference = printf "%s@%s" $reference $image.digest }}
{{- else if .root.Values.image.requireDigests }}
{{- fail (printf "images.%s.digest is empty, but image.requireDigests is set: give the digest that your registry shows for %s" .image $reference) }}
{{- end }}
{{- $reference }}
{{- end }}

{{/* A number as a setting has it: values come as floats, and large ones would be written with an exponent. */}}
{{- define "wegen.scalar" -}}
{{- if kindIs "float64" . }}
{{- if eq . (floor .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- else if or (kindIs "slice" .) (kindIs "map" .) }}
{{- toJson . }}
{{- else }}
{{- toString . }}
{{- end }}
{{- end }}

{{/* Every pool's own values by name, as YAML. */}}
{{- define "wegen.pools" -}}
{{- toYaml (default (dict "main" dict) .Values.triton.pools) }}
{{- end }}

{{/* A pool's values over the defaults, as YAML: dict root, name. */}}
{{- define "wegen.pool" -}}
{{- $pool := default dict (get (include "wegen.pools" .root | fromYaml) .name) }}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.triton.defaults) (deepCopy $pool)) }}
{{- end }}

{{/* Waiting is not failing: a rollout may take as long as the model repository, the tables and the engines together. */}}
{{- define "wegen.progressSeconds" -}}
{{- $startup := 0 }}
{{- range $name, $_ := include "wegen.pools" . | fromYaml }}
{{- $startup = max $startup (include "wegen.pool" (dict "root" $ "name" $name) | fromYaml).startupSeconds }}
{{- end }}
{{- add $startup .Values.migrations.waitSeconds 900 (ternary 0 .Values.models.deadlineSeconds (eq .Values.models.source "claim")) }}
{{- end }}

{{/* PriorityClass of a component: dict root, own, class (serving or work). */}}
{{- define "wegen.priorityClass" -}}
{{- default (ternary (printf "%s-%s" (include "wegen.fullname" .root) .class) "" .root.Values.priorityClasses.create) .own }}
{{- end }}
