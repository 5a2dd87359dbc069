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
    ])
}
