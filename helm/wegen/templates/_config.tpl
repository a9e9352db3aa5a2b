{{- define "wegen.gateway.config" -}}
{{ include "wegen.sharedConfig" . }}
WEGEN_GATEWAY_ADDRESS: 0.0.0.0:50051
WEGEN_GATEWAY_METRICS_ADDRESS: 0.0.0.0
WEGEN_GATEWAY_METRICS_PORT: "9101"
WEGEN_GATEWAY_GRACE: {{ include "wegen.scalar" .Values.gateway.drain.graceSeconds | quote }}
WEGEN_TRITON_URL: {{ include "wegen.fullname" . }}-triton-chat:8001
WEGEN_MODEL_REPOSITORY: {{ include "wegen.models.path" . }}
{{- range $name, $value := .Values.gateway.settings }}
WEGEN_{{ upper $name }}: {{ include "wegen.scalar" $value | quote }}
{{- end }}
{{- end }}

{{- define "wegen.worker.config" -}}
{{ include "wegen.sharedConfig" . }}
WEGEN_WORKER_METRICS_ADDRESS: 0.0.0.0
WEGEN_WORKER_METRICS_PORT: "9102"
WEGEN_WORKER_GRACE_S: {{ include "wegen.scalar" .Values.worker.drain.graceSeconds | quote }}
WEGEN_TRITON_URL: {{ include "wegen.fullname" . }}-triton-pictures:8001
{{- range $name, $value := .Values.worker.settings }}
WEGEN_{{ upper $name }}: {{ include "wegen.scalar" $value | quote }}
{{- end }}
{{- end }}
