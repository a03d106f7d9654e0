{ config, pkgs, ... }:
{
  # services.ollama.loadModels = [ "llama3.1:70b" ];
  services.ollama = {
    enable = true;
    acceleration = "cuda";
    loadModels = [ "llama3.2:3b" "qwen2.5:7b" ];
    environmentVariables = { OLLAMA_CONTEXT_LENGTH = "8192"; };
  };
  services.open-webui.enable = true;
}
