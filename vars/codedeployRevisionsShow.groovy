// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Show a revision: what it holds, and which deployments used it.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'revisions show',
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
            revision: 'text',
            files: 'text',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps revisions show', script: 'exec codedeploy-steps revisions show', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps revisions show', script: '@codedeploy-steps revisions show', returnStatus: true)
    }
}
