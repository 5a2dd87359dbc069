// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Create a deployment; with --wait, follow it to its end.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'deploy',
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
            application: 'text',
            deploymentGroup: 'text',
            revision: 'text',
            deploymentConfig: 'text',
            description: 'text',
            autoRollback: 'text',
            fileExistsBehavior: 'text',
            wait: 'text',
            dryRun: 'text',
            ifBusy: 'text',
            timeout: 'text',
            onCancel: 'text',
            onTimeout: 'text',
            report: 'list',
            githubAccount: 'text',
            githubToken: 'secret',
            githubDeployment: 'text',
            githubEnvironment: 'text',
            githubEnvironmentUrl: 'text',
            githubComment: 'text',
            gitlabToken: 'secret',
            gitlabNote: 'text',
        ],
        outputs: [
            'application': 'application',
            'deployment-group': 'deploymentGroup',
            'revision': 'revision',
            'deployment-id': 'deploymentId',
            'status': 'status',
            'rollback-deployment-id': 'rollbackDeploymentId',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps deploy', script: 'exec codedeploy-steps deploy', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps deploy', script: '@codedeploy-steps deploy', returnStatus: true)
    }
}
