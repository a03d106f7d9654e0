package bedrock

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

func Invoke(ctx context.Context, client *bedrockruntime.Client, body []byte) ([]byte, error) {
	out, err := client.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{
		ModelId:     aws.String("meta.llama3-1-8b-instruct-v1:0"),
		ContentType: aws.String("application/json"),
		Body:        body,
	})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}
