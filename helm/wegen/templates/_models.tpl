{{/* Where gateway and Triton find the repository. */}}
{{- define "wegen.models.path" -}}
{{- ternary "/models" "/models/repository" (eq .Values.models.source "claim") }}
{{- end }}

{{/* The file that is written last: with it, the repository is whole. */}}
{{- define "wegen.models.mark" -}}
{{- include "wegen.models.path" . }}/{{ ternary "index.json" "manifest.json" (eq .Values.models.source "fetch") }}
{{- end }}

{{- define "wegen.models.inPod" -}}
{{- if and (eq .Values.models.source "fetch") (eq .Values.models.fetch.into "pod") }}true{{ end }}
{{- end }}

{{/* The claim's name holds all that decides what is in it: another model is another claim, and the old one stays. */}}
{{- define "wegen.models.claim" -}}
{{- $models := .Values.models }}
{{- if eq $models.source "claim" }}
{{- $models.claim.name }}
{{- else }}
{{- $made := dict "revision" $models.revision }}
{{- if eq $models.source "fetch" }}
{{- $made = merge $made (pick $models.fetch "location" "endpoint") }}
{{- else }}
{{- $made = merge $made (omit $models.build "resources" "pool") (dict "image" (include "wegen.image" (dict "root" . "image" "export"))) }}
{{- end }}
{{- printf "%s-models-%s" (include "wegen.fullname" .) (toJson $made | sha256sum | trunc 10) }}
{{- end }}
{{- end }}

{{- define "wegen.models.volume" -}}
- name: models
  {{- if include "wegen.models.inPod" . }}
  emptyDir: {sizeLimit: {{ .Values.models.storage.size }}}
  {{- else }}
  persistentVolumeClaim:
    claimName: {{ include "wegen.models.claim" . }}
    {{- if eq .Values.models.source "claim" }}
    # Not where a Job fills it: a volume attached for reading alone may not be formatted yet.
    readOnly: true
    {{- end }}
  {{- end }}
{{- end }}

{{- define "wegen.models.mount" -}}
- name: models
  mountPath: /models
  readOnly: true
  {{- if and (eq .Values.models.source "claim") .Values.models.claim.subPath }}
  subPath: {{ .Values.models.claim.subPath }}
  {{- end }}
{{- end }}

{{/* An init container that ends when the repository is whole: dict root, image, resources. */}}
{{- define "wegen.models.init" -}}
{{- if include "wegen.models.inPod" .root }}
{{ include "wegen.models.fetch" .root }}
{{- else if ne .root.Values.models.source "claim" }}
- name: wait-for-models
  {{- include "wegen.containerImage" (dict "root" .root "image" .image) | nindent 2 }}
  command: [sh, -c]
  args:
    - until test -f {{ include "wegen.models.mark" .root }}; do echo "waiting for the model repository"; sleep 5; done
  securityContext:
    {{- include "wegen.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 16Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    {{- include "wegen.models.mount" .root | nindent 4 }}
{{- end }}
{{- end }}

{{/* The container that fetches. Begun again it goes on where it ended, and does nothing where all is there. */}}
{{- define "wegen.models.fetch" -}}
{{- $fetch := .Values.models.fetch -}}
- name: fetch-models
  {{- include "wegen.containerImage" (dict "root" . "image" "gateway") | nindent 2 }}
  command: [python, -m, services.models, fetch, {{ $fetch.location | quote }}, /models/repository]
  env:
    - {name: WEGEN_LOG_LEVEL, value: {{ .Values.logLevel }}}
    - {name: WEGEN_MODELS_ENDPOINT, value: {{ $fetch.endpoint | quote }}}
    - {name: WEGEN_MODELS_REGION, value: {{ $fetch.region | quote }}}
    - {name: WEGEN_MODELS_SECURE, value: {{ $fetch.secure | quote }}}
    - {name: WEGEN_MODELS_THREADS, value: {{ include "wegen.scalar" $fetch.threads | quote }}}
    {{- include "wegen.trust.env" . | nindent 4 }}
    {{- if $fetch.secretName }}
    - name: WEGEN_MODELS_ACCESS_KEY
      valueFrom: {secretKeyRef: {name: {{ $fetch.secretName }}, key: {{ $fetch.accessKeyKey }}}}
    - name: WEGEN_MODELS_SECRET_KEY
      valueFrom: {secretKeyRef: {name: {{ $fetch.secretName }}, key: {{ $fetch.secretKeyKey }}}}
    {{- end }}
  securityContext:
    {{- include "wegen.containerSecurity" . | nindent 4 }}
  resources:
    requests: {cpu: 250m, memory: 256Mi}
    limits: {memory: 512Mi}
  volumeMounts:
    - {name: models, mountPath: /models}
    - {name: tmp, mountPath: /tmp}
    {{- include "wegen.trust.mount" . | nindent 4 }}
{{- end }}
