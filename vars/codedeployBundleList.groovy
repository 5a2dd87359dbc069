// Made by go run ./internal/gen from the step's Inputs and Outputs.
// List what a bundle holds, or what one of a folder would.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'bundle list',
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
            source: 'text',
            largest: 'text',
        ],
        outputs: [:],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps bundle list', script: 'exec codedeploy-steps bundle list', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps bundle list', script: '@codedeploy-steps bundle list', returnStatus: true)
    }
}
