-- SELECT SNOWFLAKE.CORTEX.COMPLETE('llama3.1-405b', text) FROM tickets;
CREATE OR REPLACE TABLE labels AS
SELECT id, SNOWFLAKE.CORTEX.COMPLETE('llama3.1-8b', CONCAT('Label: ', text)) AS label
FROM tickets;

SELECT AI_COMPLETE(model => 'mistral-large2', prompt => 'Is llama3.1-70b better?') AS answer;
