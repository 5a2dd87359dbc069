// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Download a revision's bundle and check it.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'revisions download',
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
            revision: 'text',
            bundleOutput: 'text',
            extract: 'text',
        ],
        outputs: [
            'bundle': 'bundle',
            'bundle-size': 'bundleSize',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps revisions download', script: 'exec codedeploy-steps revisions download', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps revisions download', script: '@codedeploy-steps revisions download', returnStatus: true)
    }
}
