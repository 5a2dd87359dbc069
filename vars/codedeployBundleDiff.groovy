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
            source: 'lines',
        ],
        outputs: [:],
    ])
}
