// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Delete old revisions from S3, never one that a group of the application runs or could go back to.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'revisions prune',
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
            keep: 'text',
            olderThan: 'text',
            delete: 'text',
            dryRun: 'text',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps revisions prune', script: 'exec codedeploy-steps revisions prune', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps revisions prune', script: '@codedeploy-steps revisions prune', returnStatus: true)
    }
}
