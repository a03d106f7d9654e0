{{/*
Arguments of an engine; was meta-llama/Llama-3.1-70B-Instruct when there was one engine alone.
*/}}
{{- define "engine.args" -}}
- "--model"
- {{ .model | default "meta-llama/Llama-3.1-8B-Instruct" | quote }}
- "--max-model-len"
- {{ .maxModelLen | default 8192 | quote }}
- "--tensor-parallel-size"
- {{ .gpus | default 2 | quote }}
- "--served-model-name"
- {{ .name | quote }}
{{- end -}}
