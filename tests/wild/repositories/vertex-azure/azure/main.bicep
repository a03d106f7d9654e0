@description('Model of the serverless endpoint, not Meta-Llama-3.1-405B-Instruct: too dear')
param modelName string = 'Llama-3.3-70B-Instruct'
param location string = resourceGroup().location

resource deployment 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: account
  name: 'llama-3-1'
  sku: { name: 'GlobalStandard', capacity: 1 }
  properties: {
    model: { format: 'Meta', name: modelName, version: '4' }
  }
}
