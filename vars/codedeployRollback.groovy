// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Go back to the deployment group's last good revision.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'rollback',
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
            to: 'text',
            deploymentConfig: 'text',
            fileExistsBehavior: 'text',
            wait: 'text',
            dryRun: 'text',
            onCancel: 'text',
            onTimeout: 'text',
            ifBusy: 'text',
            timeout: 'text',
            report: 'list',
            githubToken: 'secret',
            githubDeployment: 'text',
            githubEnvironment: 'text',
            githubEnvironmentUrl: 'text',
            githubComment: 'text',
            gitlabToken: 'secret',
            gitlabNote: 'text',
        ],
        outputs: [
            'deployment-id': 'deploymentId',
            'revision': 'revision',
            'status': 'status',
            'rollback-deployment-id': 'rollbackDeploymentId',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps rollback', script: 'exec codedeploy-steps rollback', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps rollback', script: '@codedeploy-steps rollback', returnStatus: true)
    }
}
