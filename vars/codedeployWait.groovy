// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Follow a deployment to its end, and its rollback.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'wait',
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
            onCancel: 'text',
            onTimeout: 'text',
            timeout: 'text',
            report: 'list',
            githubToken: 'secret',
            githubDeployment: 'text',
            githubEnvironment: 'text',
            githubEnvironmentUrl: 'text',
            githubComment: 'text',
            application: 'text',
            deploymentGroup: 'text',
            gitlabToken: 'secret',
            gitlabNote: 'text',
        ],
        outputs: [
            'deployment-id': 'deploymentId',
            'status': 'status',
            'rollback-deployment-id': 'rollbackDeploymentId',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps wait', script: 'exec codedeploy-steps wait', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps wait', script: '@codedeploy-steps wait', returnStatus: true)
    }
}
