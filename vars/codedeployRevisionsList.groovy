// Made by go run ./internal/gen from the step's Inputs and Outputs.
// List the revisions that are registered with an application, newest first.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'revisions list',
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
            limit: 'text',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps revisions list', script: 'exec codedeploy-steps revisions list', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps revisions list', script: '@codedeploy-steps revisions list', returnStatus: true)
    }
}
