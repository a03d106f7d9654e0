# frozen_string_literal: true

require "openai"

# MODEL = "llama3.1:70b"
MODEL = "llama3.2:3b-instruct-q8_0"

client = OpenAI::Client.new(uri_base: "http://localhost:11434")
answer = client.chat(parameters: { model: MODEL, messages: [{ role: "user", content: ARGV.join(" ") }] })
puts answer.dig("choices", 0, "message", "content")
puts "answered by #{MODEL}, not by Llama 3.1"
