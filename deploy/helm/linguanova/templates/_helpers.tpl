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

{{- define "linguanova.secretName" -}}
{{- .Values.secret.existingSecret | default (include "linguanova.name" .) }}
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
envFrom:
  - configMapRef:
      name: {{ include "linguanova.name" . }}
  - secretRef:
      name: {{ include "linguanova.secretName" . }}
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
