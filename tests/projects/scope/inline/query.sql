-- llama-advisor: ignore LA301 small on purpose
SELECT complete('meta-llama/Llama-3.2-1B-Instruct');
