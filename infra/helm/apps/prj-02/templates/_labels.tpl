{{- /* What says which application an object belongs to, and that Helm looks after it. Never in a selector. */}}
{{- define "labels" -}}
{{ include "podLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* A pod's labels stay as they are when the chart gets another version: nothing would roll but for that. */}}
{{- define "podLabels" -}}
app: {{ .Chart.Name }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/part-of: kubernetes-lab
{{- end }}

{{- define "image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}
