// pm2 start ecosystem.config.js
module.exports = {
  apps: [
    {
      name: "chat",
      script: "vllm",
      args: "serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 16384",
      interpreter: "none",
      env: { CUDA_VISIBLE_DEVICES: "0" },
    },
    {
      name: "web",
      script: "server.js",
      env: { OLLAMA_MODEL: "llama3.2:3b", PORT: 3000 },
    },
  ],
};
