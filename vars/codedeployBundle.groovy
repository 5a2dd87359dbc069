// Made by go run ./internal/gen from the step's Inputs and Outputs.
// Pack a revision into an archive: the same content gives the same bytes.
def call(Map given = [:]) {
    return codedeployStep(given, [
        name: 'bundle',
        inputs: [
            format: 'text',
            outputs: 'text',
            dotenv: 'text',
            verbose: 'text',
            source: 'text',
            appspec: 'text',
            include: 'list',
            exclude: 'list',
            linksOutside: 'text',
            followLinks: 'text',
            bundleType: 'text',
            bundleOutput: 'text',
            compressionLevel: 'text',
            cache: 'text',
            verify: 'text',
            state: 'text',
            dryRun: 'text',
        ],
        outputs: [
            'bundle': 'bundle',
            'bundle-digest': 'bundleDigest',
            'bundle-size': 'bundleSize',
        ],
    ]) { boolean unix ->
        if (unix) { // exec leaves one process, which gets the signal when the build is aborted
            return sh(label: 'codedeploy-steps bundle', script: 'exec codedeploy-steps bundle', returnStatus: true)
        }
        return bat(label: 'codedeploy-steps bundle', script: '@codedeploy-steps bundle', returnStatus: true)
    }
}
