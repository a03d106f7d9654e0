import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const modelId = config.get("modelId") ?? "us.meta.llama3-1-8b-instruct-v1:0";

// The 405B (meta.llama3-1-405b-instruct-v1:0) needs a support ticket.
export const fn = new aws.lambda.Function("llama3-1-answer", {
  runtime: "nodejs22.x",
  handler: "index.handler",
  role: role.arn,
  environment: { variables: { MODEL_ID: modelId } },
});
