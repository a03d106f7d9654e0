-- Answers of the night; databricks-meta-llama-3-1-8b-instruct was not good enough.
CREATE OR REPLACE TABLE support.answers AS
SELECT
  id,
  ai_query(
    'databricks-meta-llama-3-3-70b-instruct',
    CONCAT('Answer briefly: ', text),
    modelParameters => named_struct('max_tokens', 256)
  ) AS answer
FROM support.tickets
WHERE answered_at IS NULL;
