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
    ])
}
