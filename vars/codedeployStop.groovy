// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Stop a deployment.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'stop',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            endpoint: 'text',
            region: 'text',
            roleToAssume: 'lines',
            roleDuration: 'text',
            roleTags: 'text',
            oidcToken: 'secret',
            oidcTokenFile: 'text',
            oidcAudience: 'text',
            state: 'text',
            instances: 'text',
            instanceKind: 'text',
            instanceName: 'text',
            network: 'text',
            deploymentId: 'text',
            application: 'text',
            deploymentGroup: 'text',
            autoRollback: 'text',
            wait: 'text',
            onCancel: 'text',
            onTimeout: 'text',
            timeout: 'text',
            report: 'list',
        ],
        outputs: [
            'deployment-id': 'deploymentId',
            'status': 'status',
            'rollback-deployment-id': 'rollbackDeploymentId',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps stop', script: 'exec codedeploy-steps stop', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps stop', script: '@codedeploy-steps stop', returnStatus: true)
    }
}
