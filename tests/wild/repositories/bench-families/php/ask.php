<?php
// Asks two providers with the same words; llama3.1:70b timed out.
require 'vendor/autoload.php';

$ollama = ArdaGnsrn\Ollama\Ollama::client('http://localhost:11434');
$local = $ollama->chat()->create([
    'model' => 'llama3.1:8b',
    'messages' => [['role' => 'user', 'content' => $argv[1]]],
]);
$hosted = OpenAI::factory()->withBaseUri('https://api.groq.com/openai/v1')->make()->chat()->create([
    'model' => 'llama-3.2-11b-vision-preview',
    'messages' => [['role' => 'user', 'content' => $argv[1]]],
]);
echo $local->message->content, "\n", $hosted->choices[0]->message->content, "\n";
