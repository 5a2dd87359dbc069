// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Register a revision with its application.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'register',
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
            description: 'text',
            dryRun: 'text',
            githubToken: 'secret',
        ],
        outputs: [
            'application': 'application',
            'revision': 'revision',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps register', script: 'exec codedeploy-steps register', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps register', script: '@codedeploy-steps register', returnStatus: true)
    }
}
