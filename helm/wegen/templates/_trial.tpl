{{/* A StatefulSet of one pod and its Service: dict root, component, values, port, user, container (YAML), mount. */}}
{{- define "wegen.trial.server" -}}
{{- $name := printf "%s-%s" (include "wegen.fullname" .root) .component }}
{{- $context := dict "root" .root "component" .component }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  labels:
    {{- include "wegen.labels" $context | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ $name }}
  selector:
    matchLabels:
      {{- include "wegen.selector" $context | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "wegen.podLabels" $context | nindent 8 }}
    spec:
      {{- include "wegen.podSpec" (dict "root" .root "own" dict "priority" "serving" "user" .user) | nindent 6 }}
      terminationGracePeriodSeconds: 60
      containers:
        - name: {{ .component }}
          {{- include "wegen.containerImage" (dict "root" .root "image" .image) | nindent 10 }}
          ports:
            - {name: {{ .component }}, containerPort: {{ .port }}}
          securityContext:
            {{- include "wegen.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          {{- .container | nindent 10 }}
          volumeMounts:
            - {name: data, mountPath: {{ .mount }}}
            - {name: tmp, mountPath: /tmp}
            {{- if eq .component "postgresql" }}
            - {name: run, mountPath: /var/run/postgresql}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 1Gi}
        {{- if eq .component "postgresql" }}
        - name: run
          emptyDir: {sizeLimit: 16Mi}
        {{- end }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .values.className }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests: {storage: {{ .values.size }}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "wegen.labels" $context | nindent 4 }}
spec:
  selector:
    {{- include "wegen.selector" $context | nindent 4 }}
  ports:
    - {name: {{ .component }}, port: {{ .port }}, targetPort: {{ .component }}}
{{- end }}

{{/* A generated Secret that later upgrades find again: dict root, component, data (name to text with %s for the password). */}}
{{- define "wegen.trial.secret" -}}
{{- $name := printf "%s-%s" (include "wegen.fullname" .root) .component }}
{{- $found := default dict (lookup "v1" "Secret" .root.Release.Namespace $name).data }}
{{- $password := randAlphaNum 32 }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ $name }}
  labels:
    {{- include "wegen.labels" (dict "root" .root "component" .component) | nindent 4 }}
  annotations:
    # As long-lived as the volume that was made with it.
    helm.sh/resource-policy: keep
type: Opaque
data:
  {{- range $key, $text := .data }}
  {{ $key }}: {{ default (replace "%s" $password $text | b64enc) (get $found $key) }}
  {{- end }}
{{- end }}
