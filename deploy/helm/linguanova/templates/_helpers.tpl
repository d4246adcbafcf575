{{- define "linguanova.selector" -}}
app.kubernetes.io/name: linguanova
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "linguanova.labels" -}}
{{ include "linguanova.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "linguanova.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "linguanova.migrationName" -}}
{{- include "linguanova.name" . | trunc 53 }}-migration
{{- end }}

{{/* The variables, as the gateway and the job read them. */}}
{{- define "linguanova.config" -}}
HOST: 0.0.0.0
PORT: "8787"
{{- range $name, $value := .Values.config }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "linguanova.secret" -}}
{{- if not .Values.secret.values.DATABASE_URL }}
{{- fail "secret.values.DATABASE_URL is required, as postgres://...: a pod keeps no database of its own" }}
{{- end }}
{{- range $name, $value := .Values.secret.values }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "linguanova.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* What the containers of the deployment and of the job have in common. */}}
{{- define "linguanova.container" -}}
image: {{ include "linguanova.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: state
    mountPath: /var/lib/linguanova
{{- end }}

{{- define "linguanova.pod" -}}
# Variables of service links would be taken for the gateway's own.
enableServiceLinks: false
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: state
    emptyDir: {}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
