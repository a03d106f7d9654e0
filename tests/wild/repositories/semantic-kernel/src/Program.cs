using Microsoft.SemanticKernel;

// The tests use llama3.2:1b.
var builder = Kernel.CreateBuilder();
#pragma warning disable SKEXP0070
builder.AddOllamaChatCompletion(
    modelId: "llama3.1:8b",
    endpoint: new Uri("http://localhost:11434"));
builder.AddAzureAIInferenceChatCompletion(
    modelId: "Llama-3.3-70B-Instruct",
    endpoint: new Uri(Environment.GetEnvironmentVariable("AZURE_AI_ENDPOINT")!),
    apiKey: Environment.GetEnvironmentVariable("AZURE_AI_KEY"));
var kernel = builder.Build();
Console.WriteLine("Default model: Llama 3.1 8B");
