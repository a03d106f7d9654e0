# Starts what the service needs on a Windows machine.
param([string]$Model = "llama3.1:8b")

$env:OLLAMA_CONTEXT_LENGTH = "8192"
Start-Process ollama -ArgumentList "serve"
Start-Sleep -Seconds 5
ollama pull $Model
if ($LASTEXITCODE -ne 0) {
    Write-Error "could not pull $Model; try llama3.2:3b on a small card"
    exit 1
}
dotnet run --project src
