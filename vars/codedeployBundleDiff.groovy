// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Compare two bundles, or a bundle and a folder.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'bundle diff',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            include: 'list',
            exclude: 'list',
            linksOutside: 'text',
            followLinks: 'text',
            appspec: 'text',
            source: 'lines',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps bundle diff', script: 'exec codedeploy-steps bundle diff', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps bundle diff', script: '@codedeploy-steps bundle diff', returnStatus: true)
    }
}
